/** Appends the changes of an act to the list that every server and every guard follows. */
import type { Change, ChangeDraft } from '../core/revocations/change.ts';
import type { SuspensionDraft } from './act.ts';
import { type CacheDraft, type RevocationDraft, toChangeDraft } from './horizon.ts';
import type { Db } from './prepared.ts';

export type AnnouncedDraft = CacheDraft | RevocationDraft | SuspensionDraft;

/** Both databases bound the number of values in one statement. */
const ROWS_OF_A_STATEMENT = 500;

/**
 * Returns them with their numbers. Last in its transaction: the counter's row stays locked until the commit, so that numbers
 * follow commits.
 */
export async function writeChanges(db: Db, announced: readonly AnnouncedDraft[]): Promise<Change[]> {
  if (announced.length === 0) return [];
  const drafts: ChangeDraft[] = [];
  for (const draft of announced) drafts.push(await toChange(db, draft));
  const counter = await db
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', drafts.length) }))
    .where('name', '=', 'changes')
    .returning('value')
    .executeTakeFirstOrThrow();
  const changes = drafts.map((draft, index) => ({ ...draft, number: counter.value - drafts.length + 1 + index }));
  const atMs = Date.now();
  for (let start = 0; start < changes.length; start += ROWS_OF_A_STATEMENT) {
    await db
      .insertInto('changes')
      .values(
        changes.slice(start, start + ROWS_OF_A_STATEMENT).map((change) => ({
          number: change.number,
          kind: change.kind,
          subject_id: change.id,
          before_ms: change.beforeMs,
          ends_at_ms: change.endsAtMs,
          at_ms: atMs,
        })),
      )
      .execute();
  }
  return changes;
}

async function toChange(db: Db, draft: AnnouncedDraft): Promise<ChangeDraft> {
  if ('sinceMs' in draft) return { kind: draft.kind, id: draft.id, beforeMs: draft.sinceMs, endsAtMs: null };
  return draft.beforeMs === null ? draft : await toChangeDraft(db, draft);
}
