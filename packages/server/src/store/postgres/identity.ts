/**
 * Which history of a PostgreSQL cluster this is. A dump that was restored elsewhere, a recovery to a point in time and a standby
 * that took over are other histories than the one in which the list of changes got its epoch, and may lack the end of it.
 */
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { replaceEpoch } from '../epoch.ts';
import type { Database } from '../schema.ts';
import { putSetting } from '../settings.ts';

/**
 * If the history is not that of the last start, gives the list of changes another epoch, so that servers and guards that know the
 * old one start over. Servers that were running notice it by themselves; this is for a database that was set back while none ran.
 * True if it was another history.
 */
export async function renewEpochOfAnotherHistory(db: Kysely<Database>): Promise<boolean> {
  const identity = await identityOf(db);
  return await db.transaction().execute(async (transaction) => {
    // The row's lock lets servers that start at once take turns: the second one finds that it is done.
    const { value: from } = await transaction
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'epoch')
      .forUpdate()
      .executeTakeFirstOrThrow();
    const known = await transaction
      .selectFrom('settings')
      .select('value')
      .where('name', '=', 'database_identity')
      .executeTakeFirst();
    if (known?.value === identity) return false;
    await putSetting(transaction, 'database_identity', identity);
    if (known === undefined) return false;
    await replaceEpoch(transaction, { from, wentBack: 'database' });
    return true;
  });
}

/** The cluster, the database within it, and the timeline, which increases with each recovery and each promotion of a standby. */
async function identityOf(db: Kysely<Database>): Promise<string> {
  const { rows } = await sql<{
    database: string;
  }>`SELECT oid::text AS database FROM pg_database WHERE datname = current_database()`.execute(db);
  return [
    await textOf(db, sql<{ text: string }>`SELECT system_identifier::text AS text FROM pg_control_system()`),
    rows[0]?.database ?? '',
    await textOf(db, sql<{ text: string }>`SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS text`),
  ].join('/');
}

/** Empty if a hosted PostgreSQL does not let us ask: the right (42501), the function or the feature is missing. */
async function textOf(db: Kysely<Database>, question: ReturnType<typeof sql<{ text: string }>>): Promise<string> {
  try {
    return (await question.execute(db)).rows[0]?.text ?? '';
  } catch (error) {
    if (error instanceof pg.DatabaseError && ['42501', '42883', '0A000'].includes(error.code ?? '')) return '';
    throw error;
  }
}
