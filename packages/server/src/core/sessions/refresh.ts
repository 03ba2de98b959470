/**
 * A refresh that never loses an honest session: the newest token moves on, the previous one gets exactly the same successor, an
 * older one is a copy and ends the session (RFC 9700 §4.14.2). The client is judged before, and the MAC here: a failure changes
 * nothing.
 */
import { randomBytes } from 'node:crypto';
import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { RefreshKeys } from './refresh-keys.ts';
import { isGenuine, makeRefreshToken, readRefreshToken, type TokenSecrets } from './refresh-token.ts';
import type { NewSession, Session, SessionState, SessionsStore } from './session.ts';

export interface SessionPorts {
  readonly sessions: SessionsStore;
  readonly refreshKeys: RefreshKeys;
  readonly clock: Clock;
}

/** The application that presents a token, authenticated as far as it can be. */
export interface Presenter {
  readonly applicationId: number;
  readonly clientId: string;
  readonly name: string;
  /** By its own secret or key; a public client cannot. */
  readonly isProved: boolean;
  readonly idleSeconds: number | null;
  readonly absoluteSeconds: number | null;
}

export interface Refreshed {
  readonly sessionState: SessionState;
  readonly refreshToken: string;
  readonly atMs: number;
}

/**
 * `invalid`: not a token of this client, or of a session that has ended. `reused`: an older token of an active session; the
 * caller ends it.
 */
export type RefreshRefusal =
  | { readonly ok: false; readonly reason: 'invalid' | 'too_often' }
  | { readonly ok: false; readonly reason: 'reused'; readonly session: Session };

/** A session that is about to be opened, and its first refresh token. */
export async function prepareSession(
  { refreshKeys, clock }: Pick<SessionPorts, 'refreshKeys' | 'clock'>,
  { person }: By,
): Promise<{ readonly session: NewSession; readonly refreshToken: string }> {
  const { id: refreshKeyId, key } = await refreshKeys.current();
  const salt = randomBytes(16);
  const id = randomBytes(16).toString('base64url');
  return {
    session: { id, refreshKeyId, salt, atMs: clock.now(), address: person.address ?? null, userAgent: person.userAgent ?? null },
    refreshToken: makeRefreshToken({ sessionId: id, counter: 1, keyId: refreshKeyId }, { key, salt }),
  };
}

export async function refreshSession(
  ports: SessionPorts,
  { token, presenter, by }: { token: string; presenter: Presenter; by: By },
): Promise<{ readonly ok: true; readonly value: Refreshed } | RefreshRefusal> {
  const { sessions, clock } = ports;
  const genuine = await verifyRefreshToken(ports, token);
  if (!genuine.ok || genuine.value.applicationId !== presenter.applicationId) return no('invalid');
  const { sessionId: id, counter, keyId, secrets } = genuine.value;
  const nowMs = clock.now();
  const details = { application: presenter.name, client_id: presenter.clientId, session: id };
  const moved = await sessions.moveSession({
    id,
    counter,
    ...{ applicationId: presenter.applicationId, isProved: presenter.isProved, nowMs },
    idleMs: inMs(presenter.idleSeconds),
    absoluteMs: inMs(presenter.absoluteSeconds),
    address: by.person.address ?? null,
    userAgent: by.person.userAgent ?? null,
    events: {
      late: happened(by, nowMs, 'session.late', { details }),
      ahead: happened(by, nowMs, 'session.ahead', { details }),
      ended: happened(by, nowMs, 'session.ended', { details }),
    },
  });
  switch (moved.outcome) {
    case 'over':
      return no('invalid');
    case 'too_often':
      return no('too_often');
    case 'reused': {
      const session = await sessions.findSession(id);
      return session === null ? no('invalid') : { ok: false, reason: 'reused', session };
    }
    default: {
      const { sessionState } = moved;
      const refreshToken = makeRefreshToken({ sessionId: id, counter: sessionState.counter, keyId }, secrets);
      return ok({ sessionState, refreshToken, atMs: nowMs });
    }
  }
}

interface Genuine {
  readonly sessionId: string;
  readonly counter: number;
  readonly keyId: number;
  readonly applicationId: number;
  readonly secrets: TokenSecrets;
}

/** The session of a refresh token, if we created the token and its session is active. */
export async function verifyRefreshToken(
  { sessions, refreshKeys }: Pick<SessionPorts, 'sessions' | 'refreshKeys'>,
  text: string,
): Promise<Outcome<Genuine, 'invalid'>> {
  const parts = readRefreshToken(text);
  if (parts === null) return no('invalid');
  const seal = await sessions.findSeal(parts.sessionId);
  if (seal === null || seal.refreshKeyId !== parts.keyId) return no('invalid');
  const key = await refreshKeys.find(parts.keyId);
  if (key === null) return no('invalid');
  const secrets = { key, salt: seal.salt };
  return isGenuine(parts, secrets) ? ok({ ...parts, applicationId: seal.applicationId, secrets }) : no('invalid');
}

const inMs = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);
