/**
 * When the JWTs of sessions were seen last, gathered in memory and written in batches: no write on the way of a request. It is for people to
 * look at; how long a session may rest is judged by its refreshes alone.
 */
import type { SessionsStore } from './session.ts';

/** About 10 MB; more sessions than this within two seconds go unseen until their next request. */
const MOST_SESSIONS = 100_000;
const ROWS_OF_AN_ACT = 500;

export class SeenSessions {
  #seen = new Map<string, number>();
  #isFlushing = false;

  record(sessionId: string, nowMs: number): void {
    const before = this.#seen.get(sessionId);
    if (before === undefined && this.#seen.size >= MOST_SESSIONS) return;
    if (before === undefined || before < nowMs) this.#seen.set(sessionId, nowMs);
  }

  /** Writes what has gathered; what cannot be written is kept. */
  async flush(sessions: Pick<SessionsStore, 'recordSeen'>): Promise<void> {
    if (this.#isFlushing || this.#seen.size === 0) return;
    this.#isFlushing = true;
    const waiting = [...this.#seen].map(([id, atMs]) => ({ id, atMs }));
    this.#seen = new Map();
    try {
      while (waiting.length > 0) {
        await sessions.recordSeen({ sessions: waiting.slice(0, ROWS_OF_AN_ACT) });
        waiting.splice(0, ROWS_OF_AN_ACT);
      }
    } finally {
      for (const { id, atMs } of waiting) this.record(id, atMs);
      this.#isFlushing = false;
    }
  }
}
