/**
 * What was revoked or is suspended, and would otherwise still be accepted, kept in memory: three questions answered without
 * waiting. Holds only ids and moments, never a JWT's text (base64 is malleable).
 */
import type { ChangeDraft } from './change.ts';
import { FEED_KINDS, type FeedKind, type FeedMessage, type FeedRevocation } from './feed.ts';
import { JtiSet, type JtiSnapshot } from './jti-set.ts';
import { isSuspensionKind, Suspensions } from './suspensions.ts';

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

/** What can be revoked or suspended: every kind of the feed except those that caches only forget. */
export type RevocableKind = Exclude<FeedKind, 'signing-keys'>;
export const REVOCABLE_KINDS = FEED_KINDS.filter((kind): kind is RevocableKind => kind !== 'signing-keys');

interface Entry {
  readonly beforeMs: number;
  readonly endsAtMs: number | null;
}

/** Milliseconds that a revocation is kept after its expiry: a clock that is ahead may be set back. */
export const KEPT_AFTER_END_MS = 60 * 60 * 1000;

const KINDS = ['credential', 'user', 'account', 'session', 'application'] as const;

export class RevocationList {
  readonly #jtis = new JtiSet();
  readonly #suspensions = new Suspensions();
  readonly #entries: Readonly<Record<(typeof KINDS)[number], Map<string, Entry>>> = {
    credential: new Map(),
    user: new Map(),
    account: new Map(),
    session: new Map(),
    application: new Map(),
  };

  get size(): number {
    return KINDS.reduce((sum, kind) => sum + this.#entries[kind].size, this.#jtis.size + this.#suspensions.size);
  }

  sizeOf(kind: RevocableKind): number {
    if (isSuspensionKind(kind)) return this.#suspensions.sizeOf(kind);
    return kind === 'jti' ? this.#jtis.size : this.#entries[kind].size;
  }

  /**
   * Adds a revocation or a suspension; of two revocations of one subject the later moment counts, of two suspensions the one
   * further on in the list of changes (`position`). Applying one twice changes nothing.
   */
  add({ kind, id, beforeMs, endsAtMs }: ChangeDraft, position = 0): void {
    if (isSuspensionKind(kind)) {
      this.#suspensions.set(kind, id, { position, sinceMs: beforeMs });
      return;
    }
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

  addAll(changes: Iterable<ChangeDraft>): void {
    for (const change of changes) this.add(change);
  }

  /**
   * Applies a whole list as it is at its position. Known revocations stay until they expire. A suspension that is not in the list
   * was lifted, unless the list is of another epoch (`isNewEpoch`): a restored backup does not know what was revoked or suspended
   * after it was created, and what was issued before that must stay refused.
   */
  addWhole(
    { jtis, revocations, position }: Pick<FeedMessage, 'jtis' | 'revocations' | 'position'>,
    { isNewEpoch = false }: { readonly isNewEpoch?: boolean } = {},
  ): void {
    for (const group of jtis) this.#jtis.addGroup(group);
    if (isNewEpoch) this.startOver();
    else this.replaceSuspensions(revocations, position);
    for (const revocation of revocations) this.add(revocation, position);
  }

  /**
   * What comes from here on belongs to another list of changes, whose positions are not those of the previous one; what was known
   * stays.
   */
  startOver(): void {
    this.#suspensions.startOver();
  }

  /** All that is suspended as of `position`. */
  replaceSuspensions(listed: Iterable<ChangeDraft>, position: number): void {
    this.#suspensions.replace(listed, position);
  }

  /** Whether the JWT must be refused now: it was revoked, or what it was issued under is suspended. */
  isRevoked(jwt: IssuedJwt): boolean {
    return this.hasEnded(jwt) || this.isSuspended(jwt);
  }

  /** Whether the JWT, or anything that it was issued under, was revoked after it was issued. */
  hasEnded({ jti, keyId, clientId, sessionId, userId, accountId, issuedAtMs }: IssuedJwt): boolean {
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

  /** Whether its account is suspended, or the account that owns its application; when that is lifted it may be accepted again. */
  isSuspended({ accountId, clientId, issuedAtMs }: Pick<IssuedJwt, 'accountId' | 'clientId' | 'issuedAtMs'>): boolean {
    const suspensions = this.#suspensions;
    return (
      suspensions.has('suspended-account', accountId, issuedAtMs) ||
      suspensions.has('suspended-application', clientId, issuedAtMs)
    );
  }

  /** Deletes what would have expired by itself more than an hour before `nowMs` (`KEPT_AFTER_END_MS`). */
  sweep(nowMs: number): void {
    const endedBeforeMs = nowMs - KEPT_AFTER_END_MS;
    this.#jtis.sweep(endedBeforeMs);
    this.#suspensions.sweep(nowMs);
    for (const kind of KINDS) {
      for (const [id, { endsAtMs }] of this.#entries[kind]) {
        if (endsAtMs !== null && endsAtMs < endedBeforeMs) this.#entries[kind].delete(id);
      }
    }
  }

  /** All that has not expired, in its current state, for passing it on: JWTs in the order in which they came. */
  snapshot(nowMs: number): { readonly jtis: JtiSnapshot; readonly revocations: readonly FeedRevocation[] } {
    const revocations: FeedRevocation[] = [];
    for (const { kind, id, sinceMs } of this.#suspensions.listed())
      revocations.push({ kind, id, beforeMs: sinceMs, endsAtMs: null });
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
