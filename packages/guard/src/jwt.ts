/**
 * JWTs of ours, verified without asking Keyhouse (RFC 7519 §7.2, RFC 9068 §4, RFC 8725): form, signature and claims as the server
 * judges them, with the server's own code. One that was verified before costs one look-up by its signature; the whole text must
 * be identical, and issuer, audience, time and key are checked again each time. The caller judges revocations.
 */
import { type CompactJws, faultOfClaims, JWS_MAX_LENGTH, type ReadClaims, readCompactJws, readJwt } from '@keyhouse/protocol';
import { type Caller, callerOfJwt } from './caller.ts';
import type { SignatureKey } from './jwk.ts';
import type { KeySet } from './jwks.ts';
import { createMemory } from './memory.ts';

/** The server's words for reasons. */
export type JwtVerdict =
  | { readonly ok: true; readonly caller: Caller }
  /** `caller`: whose it was, if the signature was valid. `isAway`: the issuer could not be asked for the key. */
  | { readonly ok: false; readonly reason: string; readonly caller: Caller | null; readonly isAway?: boolean };

interface Seen {
  /** The whole `Authorization` header as honest clients write it, to be compared character by character. */
  readonly header: string;
  readonly key: SignatureKey;
  readonly read: ReadClaims;
  readonly verdict: JwtVerdict & { ok: true };
}

interface Ports {
  readonly keys: KeySet;
  readonly issuer: string;
  readonly audience: string;
  readonly nowMs: () => number;
}

/** Characters, so that long ones cannot fill the memory: about 20,000 JWTs of usual size. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
const OVERHEAD = 512;
const BEARER = 'Bearer ';

export interface VerifyJwt {
  (text: string): JwtVerdict | Promise<JwtVerdict>;
  /** For a whole `Authorization` header whose JWT was verified before, at the cost of one look-up; undefined if it was not. */
  seen(header: string): JwtVerdict | undefined;
}

export function createVerifyJwt({ keys, issuer, audience, nowMs }: Ports): VerifyJwt {
  const seen = createMemory<Seen>(MAX_CHARACTERS);
  const expected = { issuer, audience };

  const judge = ({ read, verdict }: Seen): JwtVerdict => {
    const reason = faultOfClaims(read, expected, nowMs());
    return reason === null ? verdict : refuse(reason, verdict.caller);
  };

  const verifyWith = (key: SignatureKey, text: string, jws: CompactJws): JwtVerdict | Promise<JwtVerdict> => {
    // RFC 8725 §3.1: the algorithm is the key's own.
    if (jws.header.alg !== key.alg) return refuse('signature');
    const accept = (isGood: boolean): JwtVerdict => {
      if (!isGood) return refuse('signature');
      const read = readJwt(jws.header, jws.payload);
      if (typeof read === 'string') return refuse(read);
      const caller = callerOfJwt({ ...read, signingKeyId: key.kid });
      const entry: Seen = { header: BEARER + text, key, read, verdict: Object.freeze({ ok: true, caller }) };
      const judged = judge(entry);
      if (judged.ok) seen.set(signatureOf(text), entry, text.length + OVERHEAD);
      return judged;
    };
    const verified = key.verify(jws.signingInput, jws.signature);
    return verified instanceof Promise ? verified.then(accept) : accept(verified);
  };

  const find = (text: string): Seen | undefined => {
    const known = seen.get(signatureOf(text));
    return known !== undefined && keys.find(known.key.kid) === known.key ? known : undefined;
  };

  const verify = (text: string): JwtVerdict | Promise<JwtVerdict> => {
    if (text.length > JWS_MAX_LENGTH) return refuse('malformed');
    const known = find(text);
    if (known?.header.endsWith(text) && known.header.length === BEARER.length + text.length) return judge(known);
    const jws = readCompactJws(text);
    if (jws === null) return refuse('malformed');
    const { kid } = jws.header;
    const key = keys.find(kid);
    if (key !== undefined) return verifyWith(key, text, jws);
    return keys.seek(kid).then((found) => {
      if (found === null) return AWAY;
      return found === undefined ? refuse('unknown_key') : verifyWith(found, text, jws);
    });
  };

  return Object.assign(verify, {
    seen: (header: string): JwtVerdict | undefined => {
      if (header.length > JWS_MAX_LENGTH) return undefined;
      const known = find(header);
      return known !== undefined && known.header === header ? judge(known) : undefined;
    },
  });
}

const refuse = (reason: string, caller: Caller | null = null): JwtVerdict => ({ ok: false, reason, caller });

const AWAY: JwtVerdict = Object.freeze({ ok: false, reason: 'issuer_away', caller: null, isAway: true });

/**
 * The key under which a JWT is stored: the end of its signature, 144 bits of ES256's 512. What is found is compared as a whole.
 */
const signatureOf = (text: string): string => text.slice(-24);
