/** Runs the migrations with Kysely's migrator, on either database, and says which are missing. */
import { type Kysely, sql } from 'kysely';
import { type Migration as KyselyMigration, Migrator } from 'kysely/migration';
import { ensureEpoch } from './epoch.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { ColumnTypes } from './migrations/migration.ts';
import type { Database } from './schema.ts';

/**
 * Applies what is missing, and gives the list of changes an epoch if it has none (a new database, a restored backup). Returns the
 * names of the migrations that it applied. `disableTransactions`: the caller already holds a transaction (SQLite).
 */
export async function migrate(db: Kysely<Database>, types: ColumnTypes, { disableTransactions = false } = {}): Promise<string[]> {
  const { error, results } = await migratorFor(db, types, disableTransactions).migrateToLatest();
  if (error !== undefined) throw error;
  const applied = (results ?? []).map((result) => result.migrationName);
  await ensureEpoch(db, { isNew: applied.length === MIGRATIONS.length });
  return applied;
}

/** The statements that `migrate` would run, without running them. */
export async function pendingStatements(
  db: Kysely<Database>,
  types: ColumnTypes,
): Promise<{ name: string; statements: readonly string[] }[]> {
  const states = await migratorFor(db, types, true).getMigrations();
  const pending = new Set(states.filter((state) => state.executedAt === undefined).map((state) => state.name));
  return MIGRATIONS.filter(({ name }) => pending.has(name)).map(({ name, statements }) => ({
    name,
    statements: statements(types),
  }));
}

function migratorFor(db: Kysely<Database>, types: ColumnTypes, disableTransactions: boolean): Migrator {
  const migrations = Object.fromEntries(
    MIGRATIONS.map(({ name, statements }): [string, KyselyMigration] => [
      name,
      {
        up: async (target) => {
          for (const statement of statements(types)) await sql.raw(statement).execute(target);
        },
      },
    ]),
  );
  return new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    disableTransactions,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
}
