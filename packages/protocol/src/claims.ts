/**
 * The claims of a JWT that we minted, read from what was signed (RFC 9068 §2.2). A signature says that the claims are ours, not
 * that they are complete: each is checked, claims that say the same thing twice must agree, and a claim that is not known here is
 * refused, because it may be a restriction (`cnf` is one).
 */
import type { Environment } from './credential.ts';
import { isObject } from './json.ts';
import { jtiIssuedAtMs } from './jti.ts';
import { isPermission, isWildcard, MAX_PERMISSIONS } from './permission.ts';

/** The claims of a JWT (RFC 9068 §2.2 and Keyhouse's own). Times are whole seconds. */
export interface JwtClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** `key:55` for a JWT minted from key 55; otherwise the application's client ID. */
  readonly client_id: string;
  readonly scope: string;
  readonly permissions: readonly string[];
  readonly account: number;
  readonly environment: Environment;
  readonly addresses?: readonly string[];
  /** The session (OpenID Connect Front-Channel Logout §3 names the claim). */
  readonly sid?: string;
}

/** Who holds a JWT: the account by a key of its own, a user by an application, or an application by itself. */
export type Holder =
  | { readonly kind: 'jwt'; readonly keyId: number /** Null: the account itself. */; readonly subject: string | null }
  | {
      readonly kind: 'session';
      readonly clientId: string;
      readonly sessionId: string;
      readonly userId: number;
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'application'; readonly clientId: string };

/** The content of a verified JWT, in a form that cannot contradict itself. */
export interface ReadClaims {
  readonly claims: JwtClaims;
  /** Not before, in seconds; null if the JWT has none. */
  readonly notBefore: number | null;
  readonly holder: Holder;
  readonly issuedAtMs: number;
}

/** The same, and the key that verified its signature. */
export interface VerifiedJwt extends ReadClaims {
  readonly signingKeyId: string;
}

/** 1 to 128 characters that no account can use to look like another's subject. */
export const isSubject = (text: string): boolean => /^[A-Za-z0-9._@-]{1,128}$/.test(text);

/** A permission that a JWT may carry: one of the grammar, or a wildcard. Never a reserved one. */
export const isJwtPermission = (text: string): boolean => isWildcard(text) || isPermission(text);

export const subjectClaim = (account: number, subject: string | null): string =>
  subject === null ? `account:${account}` : `account:${account}:${subject}`;
export const clientClaim = (keyId: number): string => `key:${keyId}`;
export const userClaim = (userId: number): string => `user:${userId}`;
/** Permissions, then scopes that are not permissions, such as `openid`. */
export const scopeClaim = (permissions: readonly string[], scopes: readonly string[] = []): string =>
  [...permissions, ...scopes].join(' ');

/** The scopes of OpenID Connect, and RFC 6749's request for a refresh token, which every session has anyway. */
export const IDENTITY_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const;
export type IdentityScope = (typeof IDENTITY_SCOPES)[number];
export const isIdentityScope = (text: string): text is IdentityScope => (IDENTITY_SCOPES as readonly string[]).includes(text);

const KNOWN: ReadonlySet<string> = new Set([
  ...['iss', 'aud', 'sub', 'iat', 'nbf', 'exp', 'jti', 'client_id'],
  ...['scope', 'permissions', 'account', 'environment', 'addresses', 'sid'],
]);
const KEY = /^key:([1-9][0-9]{0,15})$/;
const USER = /^user:([1-9][0-9]{0,15})$/;
/** Of an application; nothing else begins like this. */
const CLIENT_ID = /^app_[0-9A-Za-z]{22}$/;
const SESSION_ID = /^[\w-]{22}$/;

/** Reads claims from a parsed payload; null if anything about them is not as we mint them. */
export const readClaims = (payload: unknown): ReadClaims | null => {
  if (!isObject(payload) || Object.keys(payload).some((name) => !KNOWN.has(name))) return null;
  const { iss, aud, sub, iat, nbf, exp, jti, client_id, scope, permissions, account, environment, addresses, sid } = payload;
  if (!isText(iss) || !isText(aud) || !isText(sub) || !isText(jti) || !isText(client_id)) return null;
  if (!isSecond(iat) || !isSecond(exp) || exp <= iat || !(nbf === undefined || isSecond(nbf))) return null;
  if (!isText(scope) && scope !== '') return null;
  if (!isTexts(permissions, MAX_PERMISSIONS) || !permissions.every(isJwtPermission)) return null;
  if (!isId(account) || (environment !== 'live' && environment !== 'test')) return null;
  if (!(addresses === undefined || (isTexts(addresses, Number.POSITIVE_INFINITY) && addresses.length > 0))) return null;
  if (!(sid === undefined || isText(sid))) return null;
  const claims: JwtClaims = {
    ...{ iss, aud, sub, iat, exp, jti, client_id, scope, permissions, account },
    environment,
    ...(addresses === undefined ? {} : { addresses }),
    ...(sid === undefined ? {} : { sid }),
  };
  const holder = readHolder(claims);
  const issuedAtMs = jtiIssuedAtMs(jti);
  if (holder === null || issuedAtMs === null || Math.floor(issuedAtMs / 1000) !== iat) return null;
  return { claims, notBefore: nbf ?? null, holder, issuedAtMs };
};

/**
 * Claims of one kind never match another: a client ID that looks like a key's, a session without a user, a key's JWT with a
 * session.
 */
const readHolder = (claims: JwtClaims): Holder | null => {
  if (claims.client_id.startsWith('key:')) return readMinted(claims);
  const { client_id: clientId, sub, sid, permissions, scope, environment, addresses } = claims;
  if (!CLIENT_ID.test(clientId) || environment !== 'live' || addresses !== undefined) return null;
  if (sid === undefined) {
    const isWhole = sub === clientId && permissions.length > 0 && scope === scopeClaim(permissions);
    return isWhole ? { kind: 'application', clientId } : null;
  }
  const userId = Number(USER.exec(sub)?.[1]);
  const scopes = scope.split(' ').filter(isIdentityScope);
  if (!isId(userId) || !SESSION_ID.test(sid) || scope !== scopeClaim(permissions, scopes)) return null;
  return { kind: 'session', clientId, sessionId: sid, userId, scopes };
};

const readMinted = ({ client_id, sub, account, sid, permissions, scope }: JwtClaims): Holder | null => {
  const keyId = Number(KEY.exec(client_id)?.[1]);
  const subject = readSubject(sub, account);
  const isWhole = isId(keyId) && subject !== undefined && sid === undefined && permissions.length > 0;
  return isWhole && scope === scopeClaim(permissions) ? { kind: 'jwt', keyId, subject } : null;
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
/** Seconds up to the year 9999; we never write a fraction. */
const isSecond = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 253_402_300_800;
const isTexts = (value: unknown, max: number): value is readonly string[] =>
  Array.isArray(value) && value.length <= max && value.every(isText);

/** The subject within `sub`, null if it is the account itself, undefined if `sub` does not match the account. */
const readSubject = (sub: string, account: number): string | null | undefined => {
  const ofAccount = subjectClaim(account, null);
  if (sub === ofAccount) return null;
  const subject = sub.slice(ofAccount.length + 1);
  return sub.startsWith(`${ofAccount}:`) && isSubject(subject) ? subject : undefined;
};
