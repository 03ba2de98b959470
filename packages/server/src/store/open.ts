/** Opens the store. The only file that knows which database this is; only the driver of that one is loaded. */
import type { OpenedStore, OpenStoreOptions, PendingMigration } from './opened.ts';
import type { ConnectionFigures } from './postgres/figures.ts';

export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  // Loaded only if it is used: the driver of the other one would only take memory.
  if (isPostgres(options.url)) return (await import('./postgres/open.ts')).openPostgres(options);
  return (await import('./sqlite/open.ts')).openSqlite(options);
}

/** What opening the store would apply. It creates nothing and changes nothing. */
export async function pendingMigrations(url: string): Promise<readonly PendingMigration[]> {
  if (isPostgres(url)) return (await import('./postgres/open.ts')).postgresPending(url);
  return (await import('./sqlite/backup.ts')).sqlitePendingAt(url.slice('sqlite:'.length));
}

/** Copies the database into a new file while servers run; null on PostgreSQL, which has its own tools. */
export async function backupStore(url: string, file: string): Promise<{ bytes: number } | null> {
  if (isPostgres(url)) return null;
  return (await import('./sqlite/backup.ts')).backupSqlite(url.slice('sqlite:'.length), file);
}

/** How many connections PostgreSQL has and uses; null on SQLite, which has none. */
export async function findConnectionFigures(url: string): Promise<ConnectionFigures | null> {
  if (!isPostgres(url)) return null;
  return await (await import('./postgres/figures.ts')).connectionFigures(url);
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);
