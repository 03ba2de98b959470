/** Migrations on PostgreSQL: all missing ones in one transaction, under a lock that ends with it. */
import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { migrate, pendingStatements } from '../migrate.ts';
import { POSTGRES_TYPES } from '../migrations/migration.ts';
import type { PendingMigration } from '../opened.ts';
import type { Database } from '../schema.ts';
import { translate } from './faults.ts';
import { renewEpochOfAnotherHistory } from './identity.ts';
import { connectionTo } from './session.ts';

/** Kysely's own number: servers of earlier versions, which take this lock for a session, are waited for. */
const MIGRATION_LOCK = 3853314791062309107n;
const CONNECTION_WITHIN_MS = 3000;

/**
 * The lock belongs to the transaction. Kysely takes it for the session, and behind a pooler a session is another backend from one
 * statement to the next: the lock would be left on one of them for ever.
 */
class TransactionLockAdapter extends PostgresAdapter {
  override async acquireMigrationLock(db: Kysely<never>): Promise<void> {
    await lock(db);
  }

  override async releaseMigrationLock(): Promise<void> {}
}

const lock = (db: Pick<Kysely<never>, 'getExecutor'>) =>
  sql`SELECT pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(db);

class MigrationDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new TransactionLockAdapter();
  }
}

/** On a separate connection without any limit: filling an index, or waiting for the server that does, may take long. */
export function applyMigrations(url: string, onWarning: (message: string) => void): Promise<readonly string[]> {
  return withConnection(url, async (db) => {
    const applied = await db.transaction().execute(async (transaction) => {
      // Before anything is read: servers that start at once take turns from here on.
      await lock(transaction);
      return await migrate(transaction, POSTGRES_TYPES);
    });
    if (await renewEpochOfAnotherHistory(db))
      onWarning('This PostgreSQL is a restored copy or a standby that took over. Guards fetch the list of revocations again.');
    return applied;
  });
}

export const pendingAt = (url: string): Promise<PendingMigration[]> =>
  withConnection(url, (db) => pendingStatements(db, POSTGRES_TYPES));

export async function refusePending(url: string): Promise<readonly string[]> {
  const pending = await pendingAt(url);
  if (pending.length > 0)
    throw new Error(
      `Migrations are missing in the database: ${pending.map(({ name }) => name).join(', ')}. Run 'keyhouse migrate'.`,
    );
  return [];
}

async function withConnection<Value>(url: string, use: (db: Kysely<Database>) => Promise<Value>): Promise<Value> {
  const pool = new pg.Pool({ ...connectionTo(url), max: 1, connectionTimeoutMillis: CONNECTION_WITHIN_MS });
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  const db = new Kysely<Database>({ dialect: new MigrationDialect({ pool }) });
  try {
    return await use(db);
  } catch (error) {
    throw translate(error);
  } finally {
    await db.destroy();
    if (!pool.ended) await pool.end();
  }
}
