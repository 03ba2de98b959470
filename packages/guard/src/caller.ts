/** Whoever a request speaks for, and what they may do: the same for all five kinds of credential, made in one place, frozen. */
import { type Environment, isObject, permits, type VerifiedJwt } from '@keyhouse/protocol';

export type CallerKind = 'token' | 'key' | 'jwt' | 'session' | 'application';

export interface Caller {
  readonly kind: CallerKind;
  readonly accountId: number;
  /** The user of a token or a session; null for keys, for JWTs minted from them, and for applications that act by themselves. */
  readonly userId: number | null;
  /** `user:7`, `account:12`, `account:12:customer-77`, or a client id. */
  readonly subject: string;
  /** The token or key; of a minted JWT the key that it came from. */
  readonly credentialId: number | null;
  readonly jti: string | null;
  /** The application, of sessions and of applications. */
  readonly clientId: string | null;
  readonly sessionId: string | null;
  /** `openid` and its like. */
  readonly scopes: readonly string[];
  /** Null: everything of the account. */
  readonly permissions: readonly string[] | null;
  readonly environment: Environment;
  /** CIDR blocks that it may be used from; null: anywhere. The guard has seen to it. */
  readonly addresses: readonly string[] | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
}

/** Whether the caller may do this one thing; `may(request.caller, 'invoices.write')`. */
export const may = (caller: Caller, permission: string): boolean => permits(caller.permissions, permission);

/** Of a JWT whose signature was good. */
export function callerOfJwt({ claims, holder, issuedAtMs }: VerifiedJwt): Caller {
  return Object.freeze({
    kind: holder.kind,
    accountId: claims.account,
    userId: holder.kind === 'session' ? holder.userId : null,
    subject: claims.sub,
    credentialId: holder.kind === 'jwt' ? holder.keyId : null,
    jti: claims.jti,
    clientId: holder.kind === 'jwt' ? null : holder.clientId,
    sessionId: holder.kind === 'session' ? holder.sessionId : null,
    scopes: Object.freeze(holder.kind === 'session' ? [...holder.scopes] : []),
    permissions: Object.freeze([...claims.permissions]),
    environment: claims.environment,
    addresses: claims.addresses === undefined ? null : Object.freeze([...claims.addresses]),
    issuedAtMs,
    expiresAtMs: claims.exp * 1000,
  });
}

const USER = /^user:([1-9][0-9]{0,15})$/;
const CREDENTIAL = /^(?:key|token):([1-9][0-9]{0,15})$/;

/** Out of an answer of introspection (RFC 7662); `inactive`, or null when it is nothing that Keyhouse answers. */
export function callerOfIntrospection(answer: unknown, issuer: string): Caller | 'inactive' | null {
  if (!isObject(answer) || typeof answer.active !== 'boolean') return null;
  if (!answer.active) return 'inactive';
  const { kind, sub, client_id, account, permissions, scope, environment, addresses, iss, iat, exp, jti, sid } = answer;
  if (iss !== issuer || !isKind(kind) || typeof sub !== 'string' || typeof client_id !== 'string') return null;
  if (!isId(account) || (environment !== 'live' && environment !== 'test')) return null;
  if (!isTextsOrNull(permissions) || !isTextsOrNull(addresses)) return null;
  if (typeof iat !== 'number' || !(exp === undefined || typeof exp === 'number')) return null;
  const isOfApplication = kind === 'session' || kind === 'application';
  const credentialId = isOfApplication ? null : Number(CREDENTIAL.exec(client_id)?.[1] ?? Number.NaN);
  if (credentialId !== null && !isId(credentialId)) return null;
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((name) => !(permissions ?? []).includes(name)) : [];
  return Object.freeze({
    ...{ kind, accountId: account, userId: Number(USER.exec(sub)?.[1] ?? 0) || null, subject: sub, credentialId, environment },
    jti: typeof jti === 'string' ? jti : null,
    clientId: isOfApplication ? client_id : null,
    sessionId: typeof sid === 'string' ? sid : null,
    scopes: Object.freeze(kind === 'session' ? scopes : []),
    permissions: permissions === null ? null : Object.freeze([...permissions]),
    addresses: addresses === null ? null : Object.freeze([...addresses]),
    issuedAtMs: iat * 1000,
    expiresAtMs: exp === undefined ? null : exp * 1000,
  });
}

const isKind = (value: unknown): value is CallerKind =>
  value === 'token' || value === 'key' || value === 'jwt' || value === 'session' || value === 'application';
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
const isTextsOrNull = (value: unknown): value is readonly string[] | null =>
  value === null || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
