/** How the list of changes is kept; what a change is stands in protocol, where guards read it too. */
import type { Change } from '@keyhouse/protocol';

export type { Change, ChangeDraft, ChangeKind } from '@keyhouse/protocol';

export interface ChangesStore {
  /** Random text made with the database; a restored backup gets a new one. */
  epoch(): Promise<string>;
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
  /** Deletes changes that no reader can need: older than a day, and over for a day. Small batches; true when more is left. */
  sweepChanges(input: { nowMs: number; limit: number }): Promise<boolean>;
}
