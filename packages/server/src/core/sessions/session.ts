/**
 * A session: an application's running access under a grant. One row for each session, never one for each refresh: a counter
 * identifies the newest refresh token, and earlier ones have a lower counter.
 */

import type { EventDraft } from '../audit/event.ts';
import { MINUTE_MS, SECOND_MS } from '../lib/clock.ts';
import type { Role } from '../teams/member.ts';

/** Lifetime in seconds of a session's JWT, and of one of client credentials [B8]. They are not recorded. */
export const UNRECORDED_JWT_SECONDS = 600;

/** For how long the previous token is simply answered again: racing tabs, lost answers. */
export const REPEAT_FOR_MS = MINUTE_MS;
/** How often, within that time. */
export const MAX_REPEATS = 1000;
/** How often in a day a public client may come later than that. */
export const MAX_LATE_A_DAY = 3;

export type EndReason =
  | 'signed-out'
  | 'revoked'
  | 'grant-ended'
  | 'application-deleted'
  | 'user-ended'
  | 'password-changed'
  | 'left-account'
  | 'account-deleted'
  | 'reused'
  | 'code-reused'
  | 'idle'
  | 'too-old'
  // Newer sessions of the same user with the same application replaced it.
  | 'too-many';

export interface Session {
  /** 128 random bits, base64url: `sid` in its JWTs. */
  readonly id: string;
  readonly grantId: number;
  readonly applicationId: number;
  readonly userId: number;
  readonly accountId: number;
  readonly permissions: readonly string[];
  /** `openid` and similar: scopes that are not permissions. */
  readonly scopes: readonly string[];
  /** When the user last proved who they are: `auth_time` of OpenID Connect. */
  readonly signedInAtMs: number;
  readonly createdAtMs: number;
  /** When it was opened or refreshed last: its idle limit counts from here. */
  readonly refreshedAtMs: number;
  /** The same, or when one of its JWTs was seen, if that was later; from which address, and with which user agent. */
  readonly lastUsedAtMs: number;
  readonly lastAddress: string | null;
  readonly lastUserAgent: string | null;
  /** How often it was refreshed. */
  readonly refreshes: number;
  readonly endedAtMs: number | null;
  readonly endReason: EndReason | null;
  /** The sign-in in which the user granted it; null: it is older than this record. */
  readonly signInId: number | null;
}

/** A session as its user sees it. */
export interface SessionOfUser extends Session {
  readonly clientId: string;
  readonly applicationName: string;
  readonly accountName: string;
}

/** A session as the owner of its application sees it. */
export interface SessionOfApplication extends Session {
  readonly userName: string;
}

/** What its refresh tokens are verified with; none of it ever changes. */
export interface SessionSeal {
  readonly applicationId: number;
  readonly refreshKeyId: number;
  readonly salt: Uint8Array;
}

/** A session before it is stored. */
export interface NewSession {
  readonly id: string;
  readonly refreshKeyId: number;
  readonly salt: Uint8Array;
  readonly atMs: number;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** What a session may do depends on these, in their current state, at each refresh. */
export interface SessionState {
  readonly session: Session;
  /** What the user's grant still contains. */
  readonly granted: readonly string[];
  /** The role that the user has in the session's account. */
  readonly role: Role;
  /** What its application may ask for now, and how long its sessions may last. */
  readonly application: SessionPolicy;
  /** Its JWTs issued at or before this moment were revoked, because something was taken away from it; 0: none were. */
  readonly jwtsAfterMs: number;
  /** The counter of the newest refresh token. */
  readonly counter: number;
}

/** The settings of an application that apply to its sessions. */
export interface SessionPolicy {
  /** What it may ask users for; null: every permission that is grantable. */
  readonly permissions: readonly string[] | null;
  readonly verifiedAtMs: number | null;
  readonly idleSeconds: number | null;
  readonly absoluteSeconds: number | null;
}

/** When a session ends if it is not refreshed again; null: it has no limit. */
export function sessionEndMs({ session, application }: Pick<SessionState, 'session' | 'application'>): number | null {
  const { idleSeconds, absoluteSeconds } = application;
  const ends = [
    ...(idleSeconds === null ? [] : [session.refreshedAtMs + idleSeconds * SECOND_MS]),
    ...(absoluteSeconds === null ? [] : [session.createdAtMs + absoluteSeconds * SECOND_MS]),
  ];
  return ends.length === 0 ? null : Math.min(...ends);
}

export interface Move {
  readonly id: string;
  readonly applicationId: number;
  /** That of the token that was presented. */
  readonly counter: number;
  /** The client is authenticated: nobody else can be the one who comes late. */
  readonly isProved: boolean;
  /** The application's policy; null: never. */
  readonly idleMs: number | null;
  readonly absoluteMs: number | null;
  readonly nowMs: number;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** Recorded when the previous token comes late, and when a token comes that is ahead of the row (a restored backup). */
  readonly events: { readonly late: EventDraft; readonly ahead: EventDraft; readonly ended: EventDraft };
}

/**
 * `moved`: on to the next token. `repeated`: the previous token was presented again and gets exactly the same successor.
 * `too_often`: it was presented too often; the session stays active. `reused`: an older one; nothing was changed yet. `over`: it
 * has ended, or ends now.
 */
export type Moved =
  | { readonly outcome: 'moved' | 'repeated' | 'late' | 'ahead'; readonly sessionState: SessionState }
  | { readonly outcome: 'too_often' | 'reused' | 'over' };

export interface RefreshKeysStore {
  /** The newest; null if there is none. */
  newestRefreshKey(): Promise<StoredRefreshKey | null>;
  findRefreshKey(id: number): Promise<StoredRefreshKey | null>;
  /**
   * Adds one, unless there is one newer than `newestId` by now; returns the newest. `sealedKey` is sealed under the check's
   * secret.
   */
  addRefreshKey(input: { newestId: number | null; sealedKey: string; nowMs: number }): Promise<StoredRefreshKey>;
  /** Deletes keys that no session names, except the newest. */
  dropUnusedRefreshKeys(input: { nowMs: number }): Promise<number>;
}

/** The 256 bits are sealed under the master secret. */
export interface StoredRefreshKey {
  readonly id: number;
  readonly sealedKey: string;
  readonly createdAtMs: number;
}

export interface SessionsStore extends RefreshKeysStore {
  /** Active ones, which have neither ended nor lapsed at `nowMs`; most recently used first. */
  listSessionsOfUser(userId: number, page: { limit: number; nowMs: number }): Promise<readonly SessionOfUser[]>;
  /** The same. */
  listSessionsOfApplication(
    applicationId: number,
    page: { limit: number; nowMs: number },
  ): Promise<readonly SessionOfApplication[]>;
  findSession(id: string): Promise<Session | null>;
  /**
   * What it may do now; null if it, its user, grant, application or account has ended, or the account is suspended. The caller
   * judges its own limits (`sessionEndMs`).
   */
  findSessionState(id: string): Promise<SessionState | null>;
  /** How many active sessions of a user were granted in each sign-in; null: the sign-in is not known. */
  countSessionsBySignIn(
    userId: number,
    nowMs: number,
  ): Promise<readonly { readonly signInId: number | null; readonly sessions: number }[]>;
  /** Those of these ids that exist, in one query, each with its application's client ID. */
  findSessions(ids: readonly string[]): Promise<readonly (Session & { readonly clientId: string })[]>;
  /** When their JWTs were seen last; a session that does not exist any more is skipped. */
  recordSeen(input: { sessions: readonly { readonly id: string; readonly atMs: number }[] }): Promise<void>;
  /** What refresh tokens are verified with; null if the session does not exist. */
  findSeal(id: string): Promise<SessionSeal | null>;
  /** One refresh. If one token is presented many times at once, exactly one request moves it. */
  moveSession(input: Move): Promise<Moved>;
  /** Ends one and its JWTs; false if it does not exist (for this user, if given) or has ended. */
  endSession(input: {
    id: string;
    userId?: number;
    applicationId?: number;
    reason: EndReason;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /** Ends those whose application's limit has passed, in small batches; true when more may be left. */
  endLapsed(input: { nowMs: number; limit: number }): Promise<boolean>;
  /** Deletes sessions that ended before, and codes; small batches; true when more is left. */
  sweepSessions(input: { beforeMs: number; limit: number }): Promise<boolean>;
}
