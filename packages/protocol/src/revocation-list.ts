/**
 * What ended early and would otherwise still pass, kept in memory: three questions answered without waiting. Holds ids and
 * moments only, never a JWT's text (base64 is malleable).
 */
import type { ChangeDraft } from './change.ts';

export interface IssuedJwt {
  readonly jti: string;
  readonly accountId: number;
  readonly issuedAtMs: number;
  /** What it was issued under: the API key, or the application, the session and its user. */
  readonly keyId?: number;
  readonly clientId?: string;
  readonly sessionId?: string;
  readonly userId?: number;
}

interface Entry {
  readonly beforeMs: number;
  readonly endsAtMs: number | null;
}

export class RevocationList {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Takes in a revocation; of two for one subject the later moment counts. Applying one twice changes nothing. */
  add({ kind, id, beforeMs, endsAtMs }: ChangeDraft): void {
    if (beforeMs === null) return;
    const name = `${kind}:${id}`;
    const known = this.#entries.get(name);
    if (known === undefined) {
      this.#entries.set(name, { beforeMs, endsAtMs });
      return;
    }
    const bothEnd = known.endsAtMs !== null && endsAtMs !== null;
    this.#entries.set(name, {
      beforeMs: Math.max(known.beforeMs, beforeMs),
      endsAtMs: bothEnd ? Math.max(known.endsAtMs, endsAtMs) : null,
    });
  }

  /** Whether the JWT, or anything that it was issued under, was revoked after it was issued. A session that ended never comes back. */
  isRevoked({ jti, keyId, clientId, sessionId, userId, accountId, issuedAtMs }: IssuedJwt): boolean {
    if (this.#entries.size === 0) return false;
    return (
      this.#entries.has(`jti:${jti}`) ||
      this.#hits(`account:${accountId}`, issuedAtMs) ||
      (keyId !== undefined && this.#hits(`credential:${keyId}`, issuedAtMs)) ||
      (clientId !== undefined && this.#hits(`application:${clientId}`, issuedAtMs)) ||
      (sessionId !== undefined && this.#entries.has(`session:${sessionId}`)) ||
      (userId !== undefined && this.#hits(`user:${userId}`, issuedAtMs))
    );
  }

  /** Forgets what would have ended by now anyway. */
  sweep(nowMs: number): void {
    for (const [name, { endsAtMs }] of this.#entries) {
      if (endsAtMs !== null && endsAtMs < nowMs) this.#entries.delete(name);
    }
  }

  #hits(name: string, issuedAtMs: number): boolean {
    const entry = this.#entries.get(name);
    return entry !== undefined && issuedAtMs <= entry.beforeMs;
  }
}
