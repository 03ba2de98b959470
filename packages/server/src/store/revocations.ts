/**
 * The list of changes, as followers read it: its position, what comes after a position, and which revocations are active.
 * `write-changes.ts` adds to it.
 */
import { SUSPENSION_KINDS } from '@keyhouse/protocol';
import { type SelectQueryBuilder, sql } from 'kysely';
import type { Change, ChangeKind, ChangesStore, ListPlace } from '../core/revocations/change.ts';
import type { Act } from './act.ts';
import { replaceEpoch } from './epoch.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database } from './schema.ts';

const DAY_MS = 86_400_000;

type Reads = Pick<ChangesStore, 'place' | 'pageAfter' | 'changesAfter' | 'activeRevocations'>;

/** `pollDb`: polls the list, again and again; the rest is read over `db`. */
export function revocationsReads(db: Db, pollDb: Db): Reads {
  return {
    async place() {
      // After the end there is nothing: only the end itself is read.
      return placeIn(await listFrom(pollDb, { change: Number.MAX_SAFE_INTEGER, event: 0, limit: 1 }));
    },
    async pageAfter({ change, event }, limit) {
      const answer = await listFrom(pollDb, { change: change.number, event: event.number, limit });
      const [first] = answer.rows;
      const rows = answer.rows.filter((row): row is typeof row & ChangeRow => row.number !== null);
      const last = rows.at(-1);
      return {
        end: placeIn(answer),
        start: {
          change: { number: change.number, mark: first?.change_at_start ?? null },
          event: { number: event.number, mark: first?.event_at_start ?? null },
        },
        changes: rows.map(toChange),
        last: last === undefined ? null : { number: last.number, mark: last.mark },
      };
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
        // Of suspensions the lifted ones too: a reader that comes from another list may know of one that this list has lost.
        .where((eb) => eb.or([eb('before_ms', 'is not', null), eb('kind', 'in', [...SUSPENSION_KINDS])]))
        .where((eb) => eb.or([eb('ends_at_ms', 'is', null), eb('ends_at_ms', '>', nowMs)]))
        .orderBy('number');
      if (page === undefined) return { position: counter.value, revocations: (await active.execute()).map(toChange), next: null };
      // A page is a part of the list, not a number of revocations: between two there may be any number of other changes.
      const last = await db
        .selectFrom('changes')
        .select('number')
        .where('number', '>', page.after)
        .orderBy('number')
        .limit(1)
        .offset(page.limit - 1)
        .executeTakeFirst();
      const after = active.where('number', '>', page.after);
      const rows = await (last === undefined ? after : after.where('number', '<=', last.number)).execute();
      return { position: counter.value, revocations: rows.map(toChange), next: last?.number ?? null };
    },
  };
}

export const revocationsActs = {
  renewEpoch: (act: Act, input: Parameters<ChangesStore['renewEpoch']>[0]): Promise<void> => replaceEpoch(act.db, input),

  async sweepChanges(act: Act, { nowMs, limit }: Parameters<ChangesStore['sweepChanges']>[0]): Promise<boolean> {
    const beforeMs = nowMs - DAY_MS;
    const plain = await deleteChanges(act.db, limit, (changes) =>
      changes.where('before_ms', 'is', null).where('at_ms', '<', beforeMs),
    );
    const ended = await deleteChanges(act.db, limit, (changes) =>
      changes.where('before_ms', 'is not', null).where('ends_at_ms', '<', beforeMs).where('at_ms', '<', beforeMs),
    );
    return plain === limit || ended === limit;
  },
};

type Numbers = SelectQueryBuilder<Database, 'changes', { number: number }>;

/** At most `limit`; how many. Each choice has an index. */
async function deleteChanges(db: Db, limit: number, choose: (changes: Numbers) => Numbers): Promise<number> {
  const over = choose(db.selectFrom('changes').select('number')).limit(limit);
  const deleted = await db.deleteFrom('changes').where('number', 'in', over).executeTakeFirst();
  return Number(deleted.numDeletedRows);
}

const changesAfter = prepare((db, { after, limit }: { after: number; limit: number }) =>
  db.selectFrom('changes').selectAll().where('number', '>', after).orderBy('number').limit(limit),
);

/**
 * The epoch, both ends, both rows from which a read begins, and the changes after that: by one statement, so that both databases
 * read all of it at one moment. At most a primary key is looked up for each.
 */
const listFrom = prepare((db, from: { change: number; event: number; limit: number }) =>
  db
    .selectFrom('counters')
    .innerJoin('settings', (join) => join.on('settings.name', '=', 'epoch'))
    .leftJoin('changes', (join) => join.on('changes.number', '>', from.change))
    .select(['settings.value as epoch', 'counters.value as position'])
    .select(['changes.number', 'changes.kind', 'changes.subject_id', 'changes.before_ms', 'changes.ends_at_ms'])
    .select((eb) => [
      changeMark.as('mark'),
      eb.selectFrom('changes').select(changeMark.as('mark')).whereRef('number', '=', 'counters.value').as('change_at_end'),
      eb.selectFrom('changes').select(changeMark.as('mark')).where('number', '=', from.change).as('change_at_start'),
      newestEvent(db).as('event'),
      eb.selectFrom('audit_events').select(eventMark.as('mark')).where('id', '=', newestEvent(db)).as('event_at_end'),
      eb.selectFrom('audit_events').select(eventMark.as('mark')).where('id', '=', from.event).as('event_at_start'),
    ])
    .where('counters.name', '=', 'changes')
    .orderBy('changes.number')
    .limit(from.limit),
);

/** Two rows that were given the same number, before and after the database was set back, differ at least in their moment. */
const changeMark = sql<string>`changes.kind || ' ' || changes.subject_id || ' ' || changes.at_ms`;
const eventMark = sql<string>`audit_events.event || ' ' || audit_events.actor || ' ' || audit_events.at_ms`;

const newestEvent = (db: Db) => db.selectFrom('audit_events').select(({ fn }) => fn.max('id').as('id'));

interface EndRow {
  readonly epoch: string;
  readonly position: number;
  readonly change_at_end: string | null;
  readonly event: number | null;
  readonly event_at_end: string | null;
}

function placeIn({ rows: [row] }: { rows: readonly EndRow[] }): ListPlace {
  if (row === undefined) throw new Error('The list of changes has no counter or no epoch.');
  return {
    epoch: row.epoch,
    change: { number: row.position, mark: row.change_at_end },
    event: { number: row.event ?? 0, mark: row.event_at_end },
  };
}

interface ChangeRow {
  readonly number: number;
  readonly kind: string;
  readonly subject_id: string;
  readonly before_ms: number | null;
  readonly ends_at_ms: number | null;
}

const toChange = (row: ChangeRow): Change => ({
  number: row.number,
  kind: row.kind as ChangeKind,
  id: row.subject_id,
  beforeMs: row.before_ms,
  endsAtMs: row.ends_at_ms,
});
