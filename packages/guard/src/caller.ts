/**
 * The one that a request speaks for, and what it may do: the same for all five kinds of credential, created in one place, frozen.
 */
import { type Environment, permits, type VerifiedJwt } from '@keyhouse/protocol';

export type CallerKind = 'token' | 'key' | 'jwt' | 'session' | 'application';

export interface Caller {
  readonly kind: CallerKind;
  readonly accountId: number;
  /** The user of a token or a session; null for keys, for JWTs minted from them, and for applications that act by themselves. */
  readonly userId: number | null;
  /** `user:7`, `account:12`, `account:12:customer-77`, or a client ID. */
  readonly subject: string;
  /** The token or key; of a minted JWT the key that it came from. */
  readonly credentialId: number | null;
  readonly jti: string | null;
  /** The application, of sessions and of applications. */
  readonly clientId: string | null;
  readonly sessionId: string | null;
  /** `openid` and similar. */
  readonly scopes: readonly string[];
  /** Null: everything of the account. */
  readonly permissions: readonly string[] | null;
  readonly environment: Environment;
  /** CIDR blocks that it may be used from; null: anywhere. The guard enforces it. */
  readonly addresses: readonly string[] | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
}

/** Whether the caller may do this one thing; `may(request.caller, 'invoices.write')`. */
export const may = (caller: Caller, permission: string): boolean => permits(caller.permissions, permission);

/** Of a JWT whose signature was valid. */
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
