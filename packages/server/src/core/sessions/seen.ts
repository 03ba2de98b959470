/**
 * When the JWTs of sessions were seen last, collected in memory and written in batches: no write during a request. It is shown to
 * people; how long a session may be idle is judged only by its refreshes.
 */
import type { SessionsStore } from './session.ts';

/** About 10 MB; more sessions than this within two seconds go unseen until their next request. */
const MAX_SESSIONS = 100_000;
const ROWS_OF_AN_ACT = 500;

export class SeenSessions {
  #seen = new Map<string, number>();
  #underWay: Promise<void> | null = null;

  record(sessionId: string, nowMs: number): void {
    const before = this.#seen.get(sessionId);
    if (before === undefined && this.#seen.size >= MAX_SESSIONS) return;
    if (before === undefined || before < nowMs) this.#seen.set(sessionId, nowMs);
  }

  /** Writes what was collected, once a running flush has ended. What cannot be written is kept. */
  async flush(sessions: Pick<SessionsStore, 'recordSeen'>): Promise<void> {
    await this.#underWay?.catch(() => {});
    if (this.#underWay !== null || this.#seen.size === 0) return;
    this.#underWay = this.#writeAll(sessions);
    await this.#underWay;
  }

  async #writeAll(sessions: Pick<SessionsStore, 'recordSeen'>): Promise<void> {
    const waiting = [...this.#seen].map(([id, atMs]) => ({ id, atMs }));
    this.#seen = new Map();
    try {
      while (waiting.length > 0) {
        await sessions.recordSeen({ sessions: waiting.slice(0, ROWS_OF_AN_ACT) });
        waiting.splice(0, ROWS_OF_AN_ACT);
      }
    } finally {
      for (const { id, atMs } of waiting) this.record(id, atMs);
      this.#underWay = null;
    }
  }
}
