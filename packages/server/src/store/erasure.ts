/**
 * Keeps what is written behind the answers and the deletion of a user apart. Use and refusals are added up in memory; the act
 * that writes them leaves out the personal data of users who are deleted. It must not judge that while a deletion is half done:
 * the deletion would not see the new rows, and the act would not see the deletion.
 *
 * One lock for all users: deletions are rare and short, and the writers never wait for each other. It belongs to no row, because
 * the rows that must be kept away do not exist yet. SQLite runs one act at a time and needs none.
 */
import { PostgresAdapter, sql } from 'kysely';
import type { Db } from './prepared.ts';

/** Any number that no other advisory lock has. Written out, so that servers of all versions agree on it. */
const ERASURE_LOCK = 7_205_759_403_792_794n;

/** For an act that writes personal data of some time ago. It first waits for deletions under way, and later ones wait for it. */
export const holdOffErasure = (db: Db): Promise<void> =>
  isPostgres(db) ? run(db, sql`SELECT pg_advisory_xact_lock_shared(${sql.lit(ERASURE_LOCK)})`) : Promise.resolve();

/** For the act that deletes a user, before it erases. Everything that was written until now is then seen. */
export const beginErasure = (db: Db): Promise<void> =>
  isPostgres(db) ? run(db, sql`SELECT pg_advisory_xact_lock(${sql.lit(ERASURE_LOCK)})`) : Promise.resolve();

const isPostgres = (db: Db): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

async function run(db: Db, statement: ReturnType<typeof sql>): Promise<void> {
  await statement.execute(db);
}
