/**
 * Whether a credential of any kind is valid now: the one function behind every door. Tokens and keys are looked up, imported ones
 * included; JWTs are checked by their signature; revocations, owners and addresses are checked for all of them.
 */
import { type AddressBlock, isInBlocks, type PresentedCredential, type VerifiedJwt } from '@keyhouse/protocol';
import type { AnyJwtCaller, RefusalReason, RefusedCredential, Verdict } from './caller.ts';
import type { RequestSource } from './credentials/request-source.ts';
import { blocksOf, type CredentialVerifier, type Judging } from './credentials/verify.ts';
import { type JwtRefusal, type JwtVerdict, type VerifyJwtPorts, verifyJwt } from './jwts/verify.ts';
import type { ChangeFollower } from './revocations/follower.ts';

export type Verify = (presented: PresentedCredential, from: RequestSource, judging?: Judging) => Verdict | Promise<Verdict>;

interface Ports {
  readonly credentials: Pick<CredentialVerifier, 'verify' | 'verifyForeign'>;
  /** Whether anything was imported: texts that do not have our form are looked up only then. */
  readonly hasImports: () => boolean;
  readonly jwts: VerifyJwtPorts;
  readonly follower: ChangeFollower;
}

/** Answers at once when nothing has to be read. Rejects when the store would have to be asked and is not available. */
export function createVerify({ credentials, hasImports, jwts, follower }: Ports): Verify {
  // One for each remembered JWT; it is dropped together with it.
  const callers = new WeakMap<VerifiedJwt, Accepted>();

  const verifyFreshJwt = (text: string, from: RequestSource, judging: Judging): Verdict => {
    const verified = verifyJwt(jwts, text);
    const jwt = verified.ok ? verified.value : verified.jwt;
    const fault = faultOf(verified, judging);
    if (jwt === undefined || fault !== null) return refuse(fault ?? 'malformed', jwt === undefined ? null : accept(jwt).caller);
    let accepted = callers.get(jwt);
    if (accepted === undefined) {
      accepted = accept(jwt);
      callers.set(jwt, accepted);
    }
    const { caller, blocks } = accepted;
    if (judging.revocation !== false && follower.revocations.hasEnded(caller)) return refuse('revoked', caller);
    if (judging.suspension !== false && follower.revocations.isSuspended(caller)) return refuse('account_suspended', caller);
    const isAddressJudged = judging.address !== false && blocks !== null;
    return isAddressJudged && !isInBlocks(from.address, blocks) ? refuse('address_not_allowed', caller) : accepted.verdict;
  };

  return (presented, from, judging = {}) => {
    switch (presented.kind) {
      case 'token':
      case 'key':
        return credentials.verify(presented, from, judging);
      case 'jwt': {
        const waiting = follower.whenFresh();
        if (waiting === undefined) return verifyFreshJwt(presented.text, from, judging);
        return waiting.then(() => verifyFreshJwt(presented.text, from, judging));
      }
      case 'never-bearer':
      case 'malformed':
        return MALFORMED;
      // Nothing foreign can be known before an import, and garbage must stay cheap.
      case 'foreign':
        return hasImports() ? credentials.verifyForeign(presented.text, from, judging) : UNKNOWN;
    }
  };
}

const faultOf = (verified: JwtVerdict, { expiry }: Judging): JwtRefusal | null => {
  if (verified.ok || (verified.reason === 'expired' && expiry === false)) return null;
  return verified.reason;
};

interface Accepted {
  readonly caller: AnyJwtCaller;
  readonly blocks: readonly AddressBlock[] | null;
  readonly verdict: Verdict;
}

function accept({ claims, holder, issuedAtMs }: VerifiedJwt): Accepted {
  const caller: AnyJwtCaller = Object.freeze({
    ...holder,
    jti: claims.jti,
    accountId: claims.account,
    subject: claims.sub,
    permissions: claims.permissions,
    environment: claims.environment,
    addresses: claims.addresses ?? null,
    audience: claims.aud,
    issuedAtMs,
    expiresAtMs: claims.exp * 1000,
  });
  return { caller, blocks: blocksOf(caller.addresses), verdict: Object.freeze({ ok: true, caller }) };
}

const refuse = (reason: RefusalReason, caller: AnyJwtCaller | null): Verdict => ({
  ok: false,
  reason,
  refused: caller === null ? null : refusedJwt(caller),
});

/** What is known of the holder of a JWT that we signed. */
export const refusedJwt = (caller: AnyJwtCaller): RefusedCredential => ({
  kind: caller.kind,
  credentialId: caller.kind === 'jwt' ? caller.keyId : null,
  ...(caller.kind === 'jwt' ? {} : { clientId: caller.clientId }),
  accountId: caller.accountId,
  userId: caller.kind === 'session' ? caller.userId : null,
  permissions: caller.permissions,
  expiresAtMs: caller.expiresAtMs,
  addresses: caller.addresses,
  environment: caller.environment,
});

const MALFORMED: Verdict = Object.freeze({ ok: false, reason: 'malformed', refused: null });
const UNKNOWN: Verdict = Object.freeze({ ok: false, reason: 'unknown', refused: null });
