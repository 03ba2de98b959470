import type { Change, ChangeKind, ChangesStore } from '../core/revocations/change.ts';
import type { Act } from './act.ts';
import { type Db, prepare } from './prepared.ts';

const DAY_MS = 86_400_000;

export function revocationsReads(db: Db): Pick<ChangesStore, 'epoch' | 'changesAfter' | 'activeRevocations'> {
  return {
    async epoch() {
      const row = await db.selectFrom('settings').select('value').where('name', '=', 'epoch').executeTakeFirstOrThrow();
      return row.value;
    },
    async changesAfter(after, limit) {
      const { rows } = await changesAfter(db, { after, limit });
      return rows.map(toChange);
    },
    async activeRevocations(nowMs, page) {
      // The position first: what is committed between the two reads is then seen twice, never missed.
      const counter = await db.selectFrom('counters').select('value').where('name', '=', 'changes').executeTakeFirstOrThrow();
      const active = db
        .selectFrom('changes')
        .selectAll()
        .where('before_ms', 'is not', null)
        .where((eb) => eb.or([eb('ends_at_ms', 'is', null), eb('ends_at_ms', '>', nowMs)]))
        .orderBy('number');
      const rows = await (page === undefined ? active : active.where('number', '>', page.after).limit(page.limit)).execute();
      return { position: counter.value, revocations: rows.map(toChange) };
    },
  };
}

export const revocationsActs = {
  async sweepChanges(act: Act, { nowMs, limit }: Parameters<ChangesStore['sweepChanges']>[0]): Promise<boolean> {
    const over = act.db
      .selectFrom('changes')
      .select('number')
      .where('at_ms', '<', nowMs - DAY_MS)
      .where((eb) => eb.or([eb('before_ms', 'is', null), eb('ends_at_ms', '<', nowMs - DAY_MS)]))
      .orderBy('number')
      .limit(limit);
    const deleted = await act.db.deleteFrom('changes').where('number', 'in', over).executeTakeFirst();
    return Number(deleted.numDeletedRows) === limit;
  },
};

const changesAfter = prepare((db, { after, limit }: { after: number; limit: number }) =>
  db.selectFrom('changes').selectAll().where('number', '>', after).orderBy('number').limit(limit),
);

const toChange = (row: {
  number: number;
  kind: string;
  subject_id: string;
  before_ms: number | null;
  ends_at_ms: number | null;
}): Change => ({
  number: row.number,
  kind: row.kind as ChangeKind,
  id: row.subject_id,
  beforeMs: row.before_ms,
  endsAtMs: row.ends_at_ms,
});
