/**
 * What is suspended now: accounts, and applications whose account is suspended. Unlike a revocation a suspension can be lifted,
 * so the order matters: of two changes of one subject the one that was committed later counts, in whatever order they arrive.
 */
import type { ChangeDraft } from './change.ts';

export const SUSPENSION_KINDS = ['suspended-account', 'suspended-application'] as const;
export type SuspensionKind = (typeof SUSPENSION_KINDS)[number];

export const isSuspensionKind = (kind: string): kind is SuspensionKind => (SUSPENSION_KINDS as readonly string[]).includes(kind);

/**
 * Below every position that a list has. Such a suspension counts only for what was issued before it: the database has lost it,
 * and may have given the ID of an account that it lost as well to another one since.
 */
const FROM_ANOTHER_LIST = -1;

/**
 * How long a lift is remembered. A reader that comes from another list may know of a suspension that this list has lost, and is
 * notified of the lift.
 */
const LIFT_KEPT_MS = 86_400_000;

interface Heard {
  /** The position of this change in the list of changes. */
  readonly position: number;
  /** Null: it was lifted. */
  readonly sinceMs: number | null;
  /** For a lift: when it is forgotten; set by the first sweep after it. */
  readonly forgottenAtMs?: number;
}

export class Suspensions {
  readonly #heard: Readonly<Record<SuspensionKind, Map<string, Heard>>> = {
    'suspended-account': new Map(),
    'suspended-application': new Map(),
  };

  /** What is suspended now, and what was lifted within a day. */
  get size(): number {
    return SUSPENSION_KINDS.reduce((sum, kind) => sum + this.#heard[kind].size, 0);
  }

  sizeOf(kind: SuspensionKind): number {
    return this.#heard[kind].size;
  }

  /** Whether it hits what was issued at that moment. */
  has(kind: SuspensionKind, id: string | number | undefined, issuedAtMs: number): boolean {
    const all = this.#heard[kind];
    if (id === undefined || all.size === 0) return false;
    const heard = all.get(String(id));
    if (heard === undefined || heard.sinceMs === null) return false;
    return heard.position !== FROM_ANOTHER_LIST || issuedAtMs <= heard.sinceMs;
  }

  set(kind: SuspensionKind, id: string, { position, sinceMs }: Heard): void {
    const known = this.#heard[kind].get(id);
    if (known === undefined || known.position <= position) this.#heard[kind].set(id, { position, sinceMs });
  }

  /** The list was read as a whole, as of `position`: what was suspended before that and is not in it was lifted in between. */
  replace(listed: Iterable<ChangeDraft>, position: number): void {
    for (const kind of SUSPENSION_KINDS)
      for (const [id, heard] of this.#heard[kind])
        if (heard.position !== FROM_ANOTHER_LIST && heard.position <= position) this.#heard[kind].delete(id);
    for (const { kind, id, beforeMs } of listed) if (isSuspensionKind(kind)) this.set(kind, id, { position, sinceMs: beforeMs });
  }

  /**
   * The list is another one from here on (a restored backup), and positions of the old one say nothing about it. What had been
   * issued when it was suspended stays refused until the new list says otherwise: a backup does not know what was suspended after
   * it was created.
   */
  startOver(): void {
    for (const kind of SUSPENSION_KINDS)
      for (const [id, { sinceMs }] of this.#heard[kind])
        if (sinceMs === null) this.#heard[kind].delete(id);
        else this.#heard[kind].set(id, { position: FROM_ANOTHER_LIST, sinceMs });
  }

  sweep(nowMs: number): void {
    for (const kind of SUSPENSION_KINDS)
      for (const [id, heard] of this.#heard[kind]) {
        if (heard.sinceMs !== null) continue;
        if (heard.forgottenAtMs === undefined) this.#heard[kind].set(id, { ...heard, forgottenAtMs: nowMs + LIFT_KEPT_MS });
        else if (heard.forgottenAtMs <= nowMs) this.#heard[kind].delete(id);
      }
  }

  /**
   * What is suspended in this list, and what was lifted in it (null). Entries of another list are not for readers that did not
   * follow that one.
   */
  *listed(): Iterable<{ readonly kind: SuspensionKind; readonly id: string; readonly sinceMs: number | null }> {
    for (const kind of SUSPENSION_KINDS)
      for (const [id, { position, sinceMs }] of this.#heard[kind])
        if (position !== FROM_ANOTHER_LIST) yield { kind, id, sinceMs };
  }
}
