/**
 * Sessions: a user has signed in to an application and granted it access, which refreshes by itself until it ends.
 *
 * Owns: sessions, refresh tokens and the keys of their MACs, and when a session was seen last. How one is opened belongs to
 * `oauth`.
 * Used by: `POST /auth/token`, `/dashboard/api/{me,connected}`, `/dashboard/api/accounts/…/applications`.
 */
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import { createRefreshKeys, type RefreshKeysPorts, rememberSeals } from './refresh-keys.ts';
import { SeenSessions } from './seen.ts';
import type { EndReason, SessionsStore } from './session.ts';

export interface SessionsPorts extends RefreshKeysPorts {
  readonly sessions: SessionsStore;
  readonly clock: Clock;
}

/** Only of this user or this application, if one is given. */
export interface EndSessionInput {
  readonly id: string;
  readonly userId?: number;
  readonly applicationId?: number;
  readonly reason: EndReason;
}

export type Sessions = ReturnType<typeof bindSessions>;

export function bindSessions(ports: SessionsPorts) {
  const { sessions, clock } = ports;
  const seen = new SeenSessions();
  return {
    /** What the endpoints for tokens need. */
    ports: { sessions: { ...sessions, findSeal: rememberSeals(sessions) }, refreshKeys: createRefreshKeys(ports), clock },
    findAll: async (ids: readonly string[]) =>
      new Map((await sessions.findSessions(ids)).map((session) => [session.id, session] as const)),
    listOfUser: (userId: number, page: Omit<Parameters<SessionsStore['listSessionsOfUser']>[1], 'nowMs'>) =>
      sessions.listSessionsOfUser(userId, { ...page, nowMs: clock.now() }),
    listOfApplication: (id: number, page: Omit<Parameters<SessionsStore['listSessionsOfApplication']>[1], 'nowMs'>) =>
      sessions.listSessionsOfApplication(id, { ...page, nowMs: clock.now() }),
    countBySignIn: (userId: number) => sessions.countSessionsBySignIn(userId, clock.now()),
    /** A JWT of the session was valid. No write, no wait. */
    see: (id: string, atMs: number): void => seen.record(id, atMs),
    /** Writes what was seen so far. */
    flushSeen: (): Promise<void> => seen.flush(sessions),
    /** False if it does not exist, or has ended. */
    end: ({ id, userId, applicationId, reason }: EndSessionInput, by: By): Promise<boolean> => {
      const nowMs = clock.now();
      const event = happened(by, nowMs, 'session.ended', { reason, details: { session: id } });
      const only = { ...(userId === undefined ? {} : { userId }), ...(applicationId === undefined ? {} : { applicationId }) };
      return sessions.endSession({ id, ...only, reason, nowMs, event });
    },
  };
}
