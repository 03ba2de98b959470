/**
 * What ended early and would otherwise still pass, kept in memory: three questions answered without waiting. Holds ids and
 * moments only, never a JWT's text (base64 is malleable).
 */
import type { ChangeDraft } from './change.ts';
import { FEED_KINDS, type FeedKind, type FeedMessage, type FeedRevocation } from './feed.ts';
import { JtiSet, type JtiSnapshot } from './jti-set.ts';

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

/** What can be revoked: every kind of the feed that is not only something to forget. */
export type RevocableKind = Exclude<FeedKind, 'signing-keys'>;
export const REVOCABLE_KINDS = FEED_KINDS.filter((kind): kind is RevocableKind => kind !== 'signing-keys');

interface Entry {
  readonly beforeMs: number;
  readonly endsAtMs: number | null;
}

/** How long a revocation is kept after its end: a clock that was ahead and is set back still finds it. */
export const KEPT_AFTER_END_MS = 60 * 60 * 1000;

const KINDS = ['credential', 'user', 'account', 'session', 'application'] as const;

export class RevocationList {
  readonly #jtis = new JtiSet();
  readonly #entries: Readonly<Record<(typeof KINDS)[number], Map<string, Entry>>> = {
    credential: new Map(),
    user: new Map(),
    account: new Map(),
    session: new Map(),
    application: new Map(),
  };

  get size(): number {
    return KINDS.reduce((sum, kind) => sum + this.#entries[kind].size, this.#jtis.size);
  }

  sizeOf(kind: RevocableKind): number {
    return kind === 'jti' ? this.#jtis.size : this.#entries[kind].size;
  }

  /** Takes in a revocation; of two for one subject the later moment counts. Applying one twice changes nothing. */
  add({ kind, id, beforeMs, endsAtMs }: ChangeDraft): void {
    if (beforeMs === null || !isRevocable(kind)) return;
    if (kind === 'jti') {
      this.#jtis.add(id, endsAtMs);
      return;
    }
    const entries = this.#entries[kind];
    const known = entries.get(id);
    if (known === undefined) {
      entries.set(id, { beforeMs, endsAtMs });
      return;
    }
    const bothEnd = known.endsAtMs !== null && endsAtMs !== null;
    entries.set(id, {
      beforeMs: Math.max(known.beforeMs, beforeMs),
      endsAtMs: bothEnd ? Math.max(known.endsAtMs, endsAtMs) : null,
    });
  }

  addAll(revocations: Iterable<ChangeDraft>): void {
    for (const revocation of revocations) this.add(revocation);
  }

  /**
   * Takes in a whole list. What was known before stays until it ends, also when the list is of another epoch: a restored
   * backup has forgotten what was revoked after it was made, and nothing of that shall come back to life.
   */
  addWhole({ jtis, revocations }: Pick<FeedMessage, 'jtis' | 'revocations'>): void {
    for (const group of jtis) this.#jtis.addGroup(group);
    this.addAll(revocations);
  }

  /** Whether the JWT, or anything that it was issued under, was revoked after it was issued. */
  isRevoked({ jti, keyId, clientId, sessionId, userId, accountId, issuedAtMs }: IssuedJwt): boolean {
    const { account, credential, application, session, user } = this.#entries;
    return (
      this.#jtis.has(jti) ||
      hits(account, accountId, issuedAtMs) ||
      hits(credential, keyId, issuedAtMs) ||
      hits(application, clientId, issuedAtMs) ||
      hits(session, sessionId, issuedAtMs) ||
      hits(user, userId, issuedAtMs)
    );
  }

  /** Forgets what would have ended by now anyway, and an hour ago. */
  sweep(nowMs: number): void {
    const endedBeforeMs = nowMs - KEPT_AFTER_END_MS;
    this.#jtis.sweep(endedBeforeMs);
    for (const kind of KINDS) {
      for (const [id, { endsAtMs }] of this.#entries[kind]) {
        if (endsAtMs !== null && endsAtMs < endedBeforeMs) this.#entries[kind].delete(id);
      }
    }
  }

  /** All that has not ended, as it stands now, for whoever tells others: JWTs in the order in which they came. */
  snapshot(nowMs: number): { readonly jtis: JtiSnapshot; readonly revocations: readonly FeedRevocation[] } {
    const revocations: FeedRevocation[] = [];
    for (const kind of KINDS) {
      for (const [id, { beforeMs, endsAtMs }] of this.#entries[kind]) {
        if (endsAtMs === null || endsAtMs >= nowMs) revocations.push({ kind, id, beforeMs, endsAtMs });
      }
    }
    return { jtis: this.#jtis.snapshot(), revocations };
  }
}

const isRevocable = (kind: string): kind is RevocableKind => (REVOCABLE_KINDS as readonly string[]).includes(kind);

function hits(entries: ReadonlyMap<string, Entry>, id: string | number | undefined, issuedAtMs: number): boolean {
  if (id === undefined || entries.size === 0) return false;
  const entry = entries.get(String(id));
  return entry !== undefined && issuedAtMs <= entry.beforeMs;
}
