/**
 * The claims of a JWT that we minted, read from what was signed (RFC 9068 §2.2). A signature says that the claims are ours,
 * not that they are whole: each is looked at, claims that tell one thing twice must agree, and a claim that is not known here
 * is refused, because it may be a restriction (`cnf` is one).
 */
import { isPermission, MAX_PERMISSIONS, WILDCARDS } from '@keyhouse/protocol';
import { isObject } from './json.ts';
import { jtiIssuedAtMs } from './jti.ts';
import type { JwtClaims } from './jwt.ts';

/** What a verified JWT says, in forms that cannot disagree with each other. */
export interface ReadClaims {
  readonly claims: JwtClaims;
  /** Not before, in seconds; null when the JWT has none. */
  readonly notBefore: number | null;
  /** The API key that it was minted from. */
  readonly keyId: number;
  /** The account's own name for its end user; null: the JWT speaks for the account. */
  readonly subject: string | null;
  readonly issuedAtMs: number;
}

/** The same, and the key whose signature was good. */
export interface VerifiedJwt extends ReadClaims {
  readonly signingKeyId: string;
}

/** 1 to 128 characters that no account can use to look like another's subject. */
export const isSubject = (text: string): boolean => /^[A-Za-z0-9._@-]{1,128}$/.test(text);

/** A permission that a JWT may carry: one of the grammar, or a wildcard. Never a reserved one. */
export const isJwtPermission = (text: string): boolean => isWildcard(text) || isPermission(text);
export const isWildcard = (text: string): boolean => (WILDCARDS as readonly string[]).includes(text);

export const subjectClaim = (account: number, subject: string | null): string =>
  subject === null ? `account:${account}` : `account:${account}:${subject}`;
export const clientClaim = (keyId: number): string => `key:${keyId}`;
export const scopeClaim = (permissions: readonly string[]): string => permissions.join(' ');

const KNOWN: ReadonlySet<string> = new Set([
  ...['iss', 'aud', 'sub', 'iat', 'nbf', 'exp', 'jti', 'client_id'],
  ...['scope', 'permissions', 'account', 'environment', 'addresses'],
]);
const CLIENT = /^key:([1-9][0-9]{0,15})$/;

/** Reads claims out of a parsed payload; null when anything about them is not as we mint them. */
export const readClaims = (payload: unknown): ReadClaims | null => {
  if (!isObject(payload) || Object.keys(payload).some((name) => !KNOWN.has(name))) return null;
  const { iss, aud, sub, iat, nbf, exp, jti, client_id, scope, permissions, account, environment, addresses } = payload;
  if (!isText(iss) || !isText(aud) || !isText(sub) || !isText(jti) || !isText(client_id)) return null;
  if (!isSecond(iat) || !isSecond(exp) || exp <= iat || !(nbf === undefined || isSecond(nbf))) return null;
  if (!isList(permissions, MAX_PERMISSIONS) || !permissions.every(isJwtPermission)) return null;
  if (scope !== scopeClaim(permissions)) return null;
  if (!isId(account) || (environment !== 'live' && environment !== 'test')) return null;
  if (!(addresses === undefined || isList(addresses, Number.POSITIVE_INFINITY))) return null;
  const keyId = Number(CLIENT.exec(client_id)?.[1]);
  const subject = readSubject(sub, account);
  const issuedAtMs = jtiIssuedAtMs(jti);
  if (!isId(keyId) || subject === undefined || issuedAtMs === null || Math.floor(issuedAtMs / 1000) !== iat) return null;
  const claims = { iss, aud, sub, iat, exp, jti, client_id, scope, permissions, account, environment } as const;
  return { claims: addresses ? { ...claims, addresses } : claims, notBefore: nbf ?? null, keyId, subject, issuedAtMs };
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
/** Seconds up to the year 9999; a fraction is none of ours. */
const isSecond = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 253_402_300_800;
const isList = (value: unknown, most: number): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= most && value.every(isText);

/** The subject within `sub`, null when it is the account itself, undefined when `sub` does not fit the account. */
const readSubject = (sub: string, account: number): string | null | undefined => {
  const ofAccount = subjectClaim(account, null);
  if (sub === ofAccount) return null;
  const subject = sub.slice(ofAccount.length + 1);
  return sub.startsWith(`${ofAccount}:`) && isSubject(subject) ? subject : undefined;
};
