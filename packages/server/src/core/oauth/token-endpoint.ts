/** The token endpoint (RFC 6749 §3.2): one function for each grant type, and the answer that they share (§5.1). */

import { scopeClaim } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { issueJwt } from '../jwts/mint.ts';
import { SECOND_MS } from '../lib/clock.ts';
import type { Circumstances } from '../mail/letters.ts';
import type { MailDraft } from '../mail/mail.ts';
import { refreshSession, type SessionPorts, verifyRefreshToken } from '../sessions/refresh.ts';
import { type Session, type SessionState, sessionEndMs, UNRECORDED_JWT_SECONDS } from '../sessions/session.ts';
import type { KeyRing } from '../signing-keys/signing-key.ts';
import type { User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import type { Client } from './checks.ts';
import { type AuthenticatedClient, presenterOf } from './client.ts';
import { type Redemption, redeemCode } from './code.ts';
import type { GrantsStore } from './grant.ts';
import { issueIdToken } from './id-token.ts';
import { currentPermissions, type Grantable, narrowScope, type Scope, scopeNames } from './scope.ts';
import { asksForUserInfo, userInfoOf } from './user-info.ts';

export interface TokenPorts extends SessionPorts {
  readonly grants: GrantsStore;
  readonly index: () => Grantable & { exists(name: string): boolean };
  /**
   * Reads the catalogue again: if `isChanging` in any case, otherwise if this server knows of a change. Permissions that were
   * removed from it are then refused at once.
   */
  readonly renewIndex: (state: { readonly isChanging: boolean }) => Promise<void>;
  readonly keys: () => KeyRing;
  readonly issuer: string;
  readonly audience: string;
  readonly findUser: (id: number) => Promise<User | null>;
  readonly composeReuse: (user: User, facts: Circumstances & { readonly application: string }) => MailDraft;
}

/** RFC 6749 §5.1, OpenID Connect Core §3.1.3.3. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly scope: string;
  readonly id_token?: string;
}

/** RFC 6749 §5.2, RFC 8707 §2. */
export type TokenError = 'invalid_request' | 'invalid_grant' | 'unauthorized_client' | 'invalid_scope' | 'invalid_target';
export type TokenOutcome =
  | { readonly ok: true; readonly value: TokenAnswer }
  | { readonly ok: false; readonly error: TokenError; readonly description: string };

const refuse = (error: TokenError, description: string): TokenOutcome => ({ ok: false, error, description });
const INVALID_CODE = refuse('invalid_grant', 'The code is not valid, is for another client, or was already used.');
const INVALID_TOKEN = refuse('invalid_grant', 'The refresh token is not valid, or its session has ended.');
const BEYOND_SESSION = refuse('invalid_scope', 'The session does not have all of this scope.');

/** `authorization_code` (RFC 6749 §4.1.3). */
export async function tokenByCode(
  ports: TokenPorts,
  client: AuthenticatedClient,
  redemption: Redemption,
  by: By,
): Promise<TokenOutcome> {
  const redeemed = await redeemCode(ports, client, redemption, by);
  if (!redeemed.ok) return INVALID_CODE;
  const { sessionState, refreshToken, data, atMs } = redeemed.value;
  const answered = { sessionState, refreshToken, atMs, nonce: data.nonce, narrowed: null };
  return await answerSession(ports, client.client, answered);
}

/**
 * `refresh_token` (RFC 6749 §6). `scope` makes this one JWT narrower, not the session. It may name everything that was granted
 * once; permissions that were taken back since are left out. More than that is refused before anything changes: an honest client
 * keeps the token that it has.
 */
export async function tokenByRefresh(
  ports: TokenPorts,
  client: AuthenticatedClient,
  { refreshToken, scope }: { refreshToken: string; scope: string | null },
  by: By,
): Promise<TokenOutcome> {
  if (scope !== null && (await isBeyondSession(ports, client, refreshToken, scope))) return BEYOND_SESSION;
  const refreshed = await refreshSession(ports, { token: refreshToken, presenter: presenterOf(client), by });
  if (refreshed.ok) {
    const { sessionState, atMs } = refreshed.value;
    return await answerSession(ports, client.client, {
      ...{ sessionState, atMs, nonce: null, narrowed: scope },
      refreshToken: refreshed.value.refreshToken,
    });
  }
  if (refreshed.reason === 'reused') await endReused(ports, client.client, refreshed.session, by);
  return INVALID_TOKEN;
}

/** False also for a token that is not valid, or not this client's: the refresh itself reports what is wrong with it. */
async function isBeyondSession(
  ports: SessionPorts,
  { client }: AuthenticatedClient,
  refreshToken: string,
  scope: string,
): Promise<boolean> {
  const genuine = await verifyRefreshToken(ports, refreshToken);
  if (!genuine.ok || genuine.value.applicationId !== client.id) return false;
  const session = await ports.sessions.findSession(genuine.value.sessionId);
  return session !== null && session.endedAtMs === null && !narrowScope(session, scope).ok;
}

/** `client_credentials` (RFC 6749 §4.4): the application itself, for the account that owns it. No refresh token (§4.4.3). */
export async function tokenByClientCredentials(
  ports: Pick<TokenPorts, 'index' | 'renewIndex' | 'keys' | 'issuer' | 'audience'>,
  { client, isProved }: AuthenticatedClient,
  scope: string | null,
  nowMs: number,
): Promise<TokenOutcome> {
  const issuedAtMs = await issueMoment(ports, client, nowMs);
  if (!isProved) return refuse('unauthorized_client', 'Only a confidential client can use client_credentials.');
  const held = client.ownPermissions.filter((name) => ports.index().exists(name));
  if (held.length === 0) return refuse('unauthorized_client', 'This application has no machine-to-machine permissions.');
  const wanted = scope === null ? held : scopeNames(scope);
  if (wanted.length === 0 || !wanted.every((name) => held.includes(name)))
    return refuse('invalid_scope', 'The application does not have all of this scope.');
  const narrowed = held.filter((name) => wanted.includes(name));
  const { clientId, accountId } = client;
  const expiresAt = expiryOf(issuedAtMs, null);
  return {
    ok: true,
    value: {
      access_token: issueJwt(ports, { clientId, accountId, permissions: narrowed, issuedAtMs, expiresAt, session: null }),
      token_type: 'Bearer',
      expires_in: secondsUntil(expiresAt, nowMs),
      scope: scopeClaim(narrowed),
    },
  };
}

/**
 * When a JWT counts as issued: now, or just after `jwtsAfterMs`, the moment up to which earlier JWTs are revoked. In that case
 * the catalogue is read again first, because this JWT will not be revoked with the others.
 */
async function issueMoment(
  { renewIndex }: Pick<TokenPorts, 'renewIndex'>,
  { jwtsAfterMs }: { readonly jwtsAfterMs: number },
  nowMs: number,
): Promise<number> {
  const isChanging = jwtsAfterMs >= nowMs;
  await renewIndex({ isChanging });
  return isChanging ? jwtsAfterMs + 1 : nowMs;
}

/** `exp`, in whole seconds: after ten minutes, or when the session ends if that is sooner. */
const expiryOf = (issuedAtMs: number, endMs: number | null): number =>
  Math.floor(Math.min(issuedAtMs + UNRECORDED_JWT_SECONDS * SECOND_MS, endMs ?? Number.POSITIVE_INFINITY) / SECOND_MS);

const secondsUntil = (expiresAt: number, nowMs: number): number => expiresAt - Math.floor(nowMs / SECOND_MS);

interface Answered {
  readonly sessionState: SessionState;
  readonly refreshToken: string;
  readonly atMs: number;
  readonly nonce: string | null;
  /** A narrower scope that was asked for. */
  readonly narrowed: string | null;
}

async function answerSession(
  ports: TokenPorts,
  client: Client,
  { sessionState, refreshToken, atMs, nonce, narrowed }: Answered,
): Promise<TokenOutcome> {
  const { session, application, granted, role } = sessionState;
  const issuedAtMs = await issueMoment(ports, sessionState, atMs);
  const expiresAt = expiryOf(issuedAtMs, sessionEndMs(sessionState));
  // The session ends in less than a second.
  if (expiresAt * SECOND_MS <= issuedAtMs) return INVALID_TOKEN;
  const whole: Scope = { permissions: session.permissions, scopes: session.scopes };
  const scope = narrowed === null ? { ok: true as const, value: whole } : narrowScope(whole, narrowed);
  if (!scope.ok) return BEYOND_SESSION;
  const { scopes } = scope.value;
  const permissions = currentPermissions(ports.index(), application, { wanted: scope.value.permissions, granted, role });
  const { clientId, idTokenAlgorithm: algorithm } = client;
  const accessToken = issueJwt(ports, {
    ...{ clientId, accountId: session.accountId, permissions, issuedAtMs, expiresAt },
    session: { id: session.id, userId: session.userId, scopes },
  });
  const answer = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: secondsUntil(expiresAt, atMs),
    refresh_token: refreshToken,
    scope: scopeClaim(permissions, scopes),
  } as const;
  if (!session.scopes.includes('openid')) return { ok: true, value: answer };
  const user = asksForUserInfo(scopes) ? await ports.findUser(session.userId) : null;
  const userInfo = user === null ? null : userInfoOf(user, scopes);
  const idToken = issueIdToken(ports, { session, clientId, algorithm, nonce, userInfo, atMs });
  return { ok: true, value: { ...answer, id_token: idToken } };
}

/**
 * An old token was presented again: it was copied, and it is not known which of the two clients is the thief. The user is
 * notified.
 */
async function endReused(
  { sessions, clock, findUser, composeReuse }: TokenPorts,
  client: Client,
  session: Session,
  by: By,
): Promise<void> {
  const nowMs = clock.now();
  const user = await findUser(session.userId);
  const mails = user === null ? [] : [composeReuse(user, { ...circumstancesOf(by, nowMs), application: client.name })];
  const details = { application: client.name, client_id: client.clientId, session: session.id };
  const event = happened(by, nowMs, 'session.reused', { details, mails });
  await sessions.endSession({ id: session.id, reason: 'reused', nowMs, event });
}
