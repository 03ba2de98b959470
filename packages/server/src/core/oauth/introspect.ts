/**
 * Token introspection (RFC 7662): what a credential is valid for, for those who may ask. A key with `keyhouse.verify` may ask
 * about everything, any other API key about what belongs to its own account; anything else is `{"active":false}`, whatever the
 * reason. A resource server asks because a request came with the credential, so its question counts as use; a question about
 * one's own credential does not.
 */
import { parseCredential, permits, scopeClaim, userClaim } from '@keyhouse/protocol';
import { type Caller, isOpaque, type OpaqueCaller } from '../caller.ts';
import { type SessionPorts, verifyRefreshToken } from '../sessions/refresh.ts';
import { REFRESH_TOKEN_PREFIX } from '../sessions/refresh-token.ts';
import { sessionEndMs } from '../sessions/session.ts';
import type { Verify } from '../verify.ts';
import type { Client } from './checks.ts';
import { currentPermissions, type Grantable } from './scope.ts';

/** The members of RFC 7662 §2.2 and those of Keyhouse. Times are whole seconds. */
export interface ActiveCredential {
  readonly active: true;
  readonly kind: Caller['kind'];
  readonly sub: string;
  readonly client_id: string;
  readonly account: number;
  /** Null: everything of the account. */
  readonly permissions: readonly string[] | null;
  /** The same, joined by spaces; absent when everything is allowed. */
  readonly scope?: string;
  readonly environment: 'live' | 'test';
  /** Where it may be used from; null: anywhere. The asker must enforce it. */
  readonly addresses: readonly string[] | null;
  readonly token_type: 'Bearer';
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp?: number;
  readonly jti?: string;
  readonly sid?: string;
}

export type Introspection = ActiveCredential | { readonly active: false };

const INACTIVE: Introspection = Object.freeze({ active: false });
const NOWHERE = { address: null, userAgent: null };
/** Counting is done here; the address that the credential is used from is judged by the asker. */
const ASKING = { counted: false, address: false };

interface Ports {
  readonly verify: Verify;
  /** When a token or key expires; null: never. */
  readonly endOf: (caller: OpaqueCaller) => number | null;
  readonly issuer: string;
  readonly audience: string;
}

interface RefreshPorts extends Pick<SessionPorts, 'sessions' | 'refreshKeys' | 'clock'> {
  readonly index: () => Grantable;
}

/** An introspection request. */
export interface Asking {
  readonly text: string;
  /** The asker reports its requests (`/auth/usage`); counting the question too would count them twice. */
  readonly reportsUse: boolean;
  /** The permission that the request at the resource server needs; null: not stated. */
  readonly permission: string | null;
}

interface UsePorts {
  /** Counts a use, of this permission if it is known. No write, no wait. */
  readonly countUse: (caller: Caller, permission: string | null) => void;
}

/** `asker` was authenticated as an API key. */
export function introspect(
  ports: Ports & UsePorts,
  asker: OpaqueCaller,
  { text, reportsUse, permission }: Asking,
): Introspection | Promise<Introspection> {
  const mayKnow = (about: Caller): boolean =>
    permits(asker.permissions, 'keyhouse.verify') || asker.accountId === about.accountId;
  const count = (about: Caller): void => {
    if (!reportsUse && !isOwn(asker, about)) ports.countUse(about, permission);
  };
  return introspectFor(ports, mayKnow, text, count);
}

/** A key that asks about itself, or about a JWT minted from it: it was counted when it was presented. */
const isOwn = (asker: OpaqueCaller, about: Caller): boolean =>
  isOpaque(about) ? about.credentialId === asker.credentialId : about.kind === 'jwt' && about.keyId === asker.credentialId;

/** An application asks about what was issued to it, refresh tokens included; it is authenticated. */
export async function introspectAsClient(
  ports: Ports & RefreshPorts,
  client: Pick<Client, 'id' | 'clientId'>,
  text: string,
): Promise<Introspection> {
  if (text.startsWith(REFRESH_TOKEN_PREFIX)) return await introspectRefreshToken(ports, client, text);
  return await introspectFor(ports, (about) => 'clientId' in about && about.clientId === client.clientId, text);
}

function introspectFor(
  ports: Ports,
  mayKnow: (about: Caller) => boolean,
  text: string,
  count: (about: Caller) => void = () => {},
): Introspection | Promise<Introspection> {
  const verdict = ports.verify(parseCredential(text), NOWHERE, ASKING);
  const describe = (settled: Awaited<typeof verdict>): Introspection => {
    if (!settled.ok || !mayKnow(settled.caller)) return INACTIVE;
    // Before it is described: the `exp` of a token that expires without use depends on its last use.
    count(settled.caller);
    return describeCaller(ports, settled.caller);
  };
  return verdict instanceof Promise ? verdict.then(describe) : describe(verdict);
}

/** What a refresh would give now. It does not say whether the token is the newest of its session. */
async function introspectRefreshToken(
  ports: Ports & RefreshPorts,
  client: Pick<Client, 'id' | 'clientId'>,
  text: string,
): Promise<Introspection> {
  const genuine = await verifyRefreshToken(ports, text);
  if (!genuine.ok || genuine.value.applicationId !== client.id) return INACTIVE;
  const sessionState = await ports.sessions.findSessionState(genuine.value.sessionId);
  const endMs = sessionState === null ? null : sessionEndMs(sessionState);
  if (sessionState === null || (endMs !== null && endMs <= ports.clock.now())) return INACTIVE;
  const { session, application, granted, role } = sessionState;
  const permissions = currentPermissions(ports.index(), application, { wanted: session.permissions, granted, role });
  return {
    ...{ active: true, kind: 'session', sub: userClaim(session.userId), client_id: client.clientId, sid: session.id },
    ...{ account: session.accountId, permissions, scope: scopeClaim(permissions, session.scopes) },
    ...{ environment: 'live', addresses: null, token_type: 'Bearer', iss: ports.issuer, aud: ports.audience },
    iat: Math.floor(session.createdAtMs / 1000),
    ...(endMs === null ? {} : { exp: Math.floor(endMs / 1000) }),
  };
}

function describeCaller({ issuer, audience, endOf }: Ports, caller: Caller): ActiveCredential {
  const endsAtMs = isOpaque(caller) ? endOf(caller) : caller.expiresAtMs;
  return {
    active: true,
    kind: caller.kind,
    ...identityOf(caller),
    account: caller.accountId,
    permissions: caller.permissions,
    ...(caller.permissions === null
      ? {}
      : { scope: scopeClaim(caller.permissions, caller.kind === 'session' ? caller.scopes : []) }),
    environment: caller.environment,
    addresses: caller.addresses,
    token_type: 'Bearer',
    iss: issuer,
    aud: audience,
    iat: Math.floor(caller.issuedAtMs / 1000),
    ...(endsAtMs === null ? {} : { exp: Math.floor(endsAtMs / 1000) }),
  };
}

function identityOf(caller: Caller): { sub: string; client_id: string; jti?: string; sid?: string } {
  if (caller.kind === 'jwt') return { sub: caller.subject, client_id: `key:${caller.keyId}`, jti: caller.jti };
  if (caller.kind === 'session')
    return { sub: caller.subject, client_id: caller.clientId, jti: caller.jti, sid: caller.sessionId };
  if (caller.kind === 'application') return { sub: caller.subject, client_id: caller.clientId, jti: caller.jti };
  const sub = caller.userId === null ? `account:${caller.accountId}` : `user:${caller.userId}`;
  return { sub, client_id: `${caller.kind}:${caller.credentialId}` };
}
