/**
 * What a JWT says about a session, and whether an ID token matches. Read, not verified: they came from the issuer itself, over a
 * direct connection.
 */
import { readObject } from './ask.ts';
import { KeyhouseError } from './errors.ts';
import type { Tokens } from './tokens.ts';

export interface Session {
  /** The session's id, `sid`. */
  readonly id: string | null;
  /** Who signed in: `user:7`. */
  readonly subject: string | null;
  /** The account that the user granted access to. */
  readonly account: number | null;
  /** What was granted, which may be less than was asked for. */
  readonly permissions: readonly string[];
}

const NO_PERMISSIONS = new Set(['openid', 'profile', 'email', 'offline_access']);

export function sessionOf({ jwt, scope }: Tokens): Session {
  const { sid, sub, account } = claimsOf(jwt);
  return {
    id: typeof sid === 'string' ? sid : null,
    subject: typeof sub === 'string' ? sub : null,
    account: typeof account === 'number' ? account : null,
    permissions: scope.split(' ').filter((word) => word !== '' && !NO_PERMISSIONS.has(word)),
  };
}

/**
 * OpenID Connect Core §3.1.3.7, as far as possible without the signature, which TLS replaces (step 6): who issued it, whom it is
 * for, and that it answers this request. Its times are not checked: the clock here may be wrong.
 */
export function checkIdToken(
  { idToken, jwt }: Tokens,
  { issuer, clientId, nonce }: { readonly issuer: string; readonly clientId: string; readonly nonce: string | null },
): void {
  if (idToken === null) return;
  const claims = claimsOf(idToken);
  const { sub } = claimsOf(jwt);
  const isGood =
    claims.iss === issuer &&
    [claims.aud].flat().includes(clientId) &&
    (nonce === null || claims.nonce === nonce) &&
    (sub === undefined || claims.sub === sub);
  if (!isGood) throw new KeyhouseError('unexpected_answer', 'The ID token does not belong to this sign-in.');
}

/** Empty if it is not a JWT. */
function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  try {
    const base64 = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return readObject(new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))));
  } catch {
    return {};
  }
}
