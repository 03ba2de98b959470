/**
 * The epoch of the list of changes: random text that names it. A database that was set back gets another one, and with it gaps in
 * what it numbers: rows that are lost had numbers, JWTs and revocations that contain them are still in use, and must not come to
 * mean another row.
 */
import { randomBytes } from 'node:crypto';
import { SqliteAdapter, sql } from 'kysely';
import type { ChangesStore } from '../core/revocations/change.ts';
import type { Db } from './prepared.ts';

/** More than can be added in the time that a set-back loses; a number reaches 2^53 only after nine thousand million of them. */
const NUMBERS_LEFT_OUT = 1_000_000;

/** If there is none: in a new database, and in a copy by `keyhouse backup`, which leaves it out on purpose. */
export async function ensureEpoch(db: Db, { isNew }: { isNew: boolean }): Promise<void> {
  const made = await db
    .insertInto('settings')
    .values({ name: 'epoch', value: newEpoch() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  if (made.numInsertedOrUpdatedRows === 1n && !isNew) await leaveOutNumbers(db);
}

/** In place of `from`; nothing happens if another server was faster. */
export async function replaceEpoch(db: Db, { from, wentBack }: Parameters<ChangesStore['renewEpoch']>[0]): Promise<void> {
  const replaced = await db
    .updateTable('settings')
    .set({ value: newEpoch() })
    .where('name', '=', 'epoch')
    .where('value', '=', from)
    .executeTakeFirst();
  if (replaced.numUpdatedRows === 1n && wentBack === 'database') await leaveOutNumbers(db);
}

const newEpoch = (): string => randomBytes(16).toString('hex');

/** In every table that numbers its rows. PostgreSQL: not if another role owns the sequence and grants no `USAGE` and `UPDATE`. */
async function leaveOutNumbers(db: Db): Promise<void> {
  if (db.getExecutor().adapter instanceof SqliteAdapter) {
    // SQLite has no row for a table that never had one.
    await sql`
      INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_schema
      WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)`.execute(db);
    await sql`UPDATE sqlite_sequence SET seq = seq + ${NUMBERS_LEFT_OUT}`.execute(db);
    return;
  }
  await sql`
    SELECT setval(sequence, coalesce(last_value, 0) + CAST(${NUMBERS_LEFT_OUT} AS bigint))
    FROM pg_sequences, LATERAL (SELECT CAST(format('%I.%I', schemaname, sequencename) AS regclass) AS sequence) AS named
    WHERE schemaname = current_schema() AND has_sequence_privilege(sequence, 'USAGE') AND has_sequence_privilege(sequence, 'UPDATE')`.execute(
    db,
  );
}
