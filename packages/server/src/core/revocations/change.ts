/** How the list of changes is kept; what a change is stands in protocol, where guards read it too. */
import type { Change } from '@keyhouse/protocol';

export type { Change, ChangeDraft, ChangeKind } from '@keyhouse/protocol';

/** A row as it was seen, to be found again: its number, and the rest of it as text. */
export interface Seen {
  readonly number: number;
  /** Null when there is no such row (swept, or there never was one). */
  readonly mark: string | null;
}

/** Where a reader of the list stands. */
export interface ListPlace {
  /** Random text that names this list; a database that went back gets another one. */
  readonly epoch: string;
  /** The last change. */
  readonly change: Seen;
  /** The last audit event. Not every act makes a change, but nearly every one an event; none is ever deleted. */
  readonly event: Seen;
}

/** What one look finds. All of it is of one moment: a database that goes back between two statements cannot mix the two. */
export interface ListLook {
  /** The end as it is now. Its `change` is the last of all, whether that is on the page or not. */
  readonly end: ListPlace;
  /** The two rows from where the look began, as they are now. */
  readonly start: Omit<ListPlace, 'epoch'>;
  /** Changes numbered above that place, in order, and the last of them as it is to be found again. */
  readonly changes: readonly Change[];
  readonly last: Seen | null;
}

export interface ChangesStore {
  /** The end of the list. */
  place(): Promise<ListPlace>;
  /** What came after a place, with where the list stands now. */
  lookAfter(place: ListPlace, limit: number): Promise<ListLook>;
  /**
   * Gives the list another epoch, unless it has another one than `from` by now: somebody found that it went back, and everybody who knows the old
   * one shall start anew.
   */
  renewEpoch(input: { from: string }): Promise<void>;
  /** Changes numbered above `after`, in order. */
  changesAfter(after: number, limit: number): Promise<readonly Change[]>;
  /** Where the list stands, and the revocations that have not ended by `nowMs`, in order: all of them, or one page. */
  activeRevocations(
    nowMs: number,
    page?: { readonly after: number; readonly limit: number },
  ): Promise<{ position: number; revocations: readonly Change[] }>;
  /** Cheap hint whether something may have been committed since the last call; true when the database cannot tell. */
  mayHaveMoved(): boolean;
  /** Calls back early when another server has changed something; only a hint. Returns how to stop. */
  onHint(listener: () => void): () => void;
  /** Own acts tell their changes here, after the commit and before their promise resolves. */
  onCommitted(listener: (changes: readonly Change[]) => void): void;
  /** Deletes changes that no reader can need: older than a day, and ended for a day. Small batches; true when more is left. */
  sweepChanges(input: { nowMs: number; limit: number }): Promise<boolean>;
}
