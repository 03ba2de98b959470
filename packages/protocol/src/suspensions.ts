/**
 * What is suspended now: accounts, and applications whose account is suspended. Unlike a revocation a suspension can be lifted, so the order matters:
 * of two changes of one subject the one that was committed later counts, in whatever order they arrive.
 */
import type { ChangeDraft } from './change.ts';

export const SUSPENSION_KINDS = ['suspended-account', 'suspended-application'] as const;
export type SuspensionKind = (typeof SUSPENSION_KINDS)[number];

export const isSuspensionKind = (kind: string): kind is SuspensionKind => (SUSPENSION_KINDS as readonly string[]).includes(kind);

/** Below every position that a list has. */
const FROM_ANOTHER_LIST = -1;

interface Heard {
  /** Of this change in the list of changes. */
  readonly position: number;
  /** Null: it was lifted. Remembered until the next sweep, so that an older change that is heard late does not count. */
  readonly sinceMs: number | null;
}

export class Suspensions {
  readonly #heard: Readonly<Record<SuspensionKind, Map<string, Heard>>> = {
    'suspended-account': new Map(),
    'suspended-application': new Map(),
  };

  /** What is suspended now, and what was lifted since the last sweep. */
  get size(): number {
    return SUSPENSION_KINDS.reduce((sum, kind) => sum + this.#heard[kind].size, 0);
  }

  sizeOf(kind: SuspensionKind): number {
    return this.#heard[kind].size;
  }

  has(kind: SuspensionKind, id: string | number | undefined): boolean {
    const heard = this.#heard[kind];
    if (id === undefined || heard.size === 0) return false;
    return (heard.get(String(id))?.sinceMs ?? null) !== null;
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
   * The list is another one from here on (a restored backup), and positions of the old one say nothing about it. What was suspended stays so until
   * the new list says otherwise: a backup does not know what was suspended after it was made.
   */
  startOver(): void {
    this.sweep();
    for (const kind of SUSPENSION_KINDS)
      for (const [id, { sinceMs }] of this.#heard[kind]) this.#heard[kind].set(id, { position: FROM_ANOTHER_LIST, sinceMs });
  }

  sweep(): void {
    for (const kind of SUSPENSION_KINDS)
      for (const [id, { sinceMs }] of this.#heard[kind]) if (sinceMs === null) this.#heard[kind].delete(id);
  }

  *suspended(): Iterable<{ readonly kind: SuspensionKind; readonly id: string; readonly sinceMs: number }> {
    for (const kind of SUSPENSION_KINDS)
      for (const [id, { sinceMs }] of this.#heard[kind]) if (sinceMs !== null) yield { kind, id, sinceMs };
  }
}
