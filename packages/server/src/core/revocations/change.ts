/** How the list of changes is kept; what a change is, is defined in protocol, where guards read it too. */
import type { Change } from '@keyhouse/protocol';

export type { Change, ChangeDraft, ChangeKind } from '@keyhouse/protocol';

/** Why a list gets another epoch. */
export type WentBack = 'database' | 'clock';

/**
 * A row as it was read: its number, and a mark (text built from its other columns) to check later whether it is still the same
 * row.
 */
export interface Seen {
  readonly number: number;
  /** Null if the row does not exist (deleted, or never created). */
  readonly mark: string | null;
}

/** A position in the list. */
export interface ListPlace {
  /** Random text that names this list; a database that was set back gets another one. */
  readonly epoch: string;
  /** The last change. */
  readonly change: Seen;
  /** The last audit event. Not every act creates a change, but nearly every one an event; none is ever deleted. */
  readonly event: Seen;
}

/** What one read finds, by one statement: a database that is set back between two statements could mix old and new. */
export interface ChangesPage {
  /** The current end of the list. Its `change` is the last of all, even if it is not on this page. */
  readonly end: ListPlace;
  /** The two rows from which the read began, as they are now. */
  readonly start: Omit<ListPlace, 'epoch'>;
  /** Changes numbered above that position, in order, and the last of them in the form in which it is found again. */
  readonly changes: readonly Change[];
  readonly last: Seen | null;
}

export interface ChangesStore {
  /** The end of the list. */
  place(): Promise<ListPlace>;
  /** The changes after a position, and the current end of the list. */
  pageAfter(place: ListPlace, limit: number): Promise<ChangesPage>;
  /**
   * Gives the list another epoch, unless its epoch is already different from `from`: every reader that knows the old epoch must
   * start over. If it is the database that went back, no number of a row that it may have lost is given to a new one.
   */
  renewEpoch(input: { from: string; wentBack: WentBack }): Promise<void>;
  /** Changes numbered above `after`, in order. */
  changesAfter(after: number, limit: number): Promise<readonly Change[]>;
  /**
   * The end of the list, and the revocations that have not expired by `nowMs`, in order: all of them, or those among the next
   * `limit` changes. `next`: after which to continue; null: these were the last.
   */
  activeRevocations(
    nowMs: number,
    page?: { readonly after: number; readonly limit: number },
  ): Promise<{ position: number; revocations: readonly Change[]; next: number | null }>;
  /** Cheap hint whether something may have been committed since the last call; true if the database cannot tell. */
  mayHaveMoved(): boolean;
  /** Calls back early when another server has changed something; only a hint. Returns a function that stops it. */
  onHint(listener: () => void): () => void;
  /**
   * Acts of this process report their changes here, after the commit and before their promise resolves; so do those of the other
   * processes of this machine, if several share its database file.
   */
  onCommitted(listener: (changes: readonly Change[]) => void): void;
  /** Called after that for changes of any of several processes; their acts are answered when it has resolved. */
  beforeOthersAnswer(settle: () => Promise<void>): void;
  /** Deletes changes that no reader can need: older than a day, and expired for a day. Small batches; true when more is left. */
  sweepChanges(input: { nowMs: number; limit: number }): Promise<boolean>;
}
