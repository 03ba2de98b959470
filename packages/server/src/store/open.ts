/** Opens the store. The only file that knows which database this is; only that one's driver is loaded. */
import type { Limiter } from '../core/accounts/sign-in-limits.ts';
import type { Store } from '../core/store.ts';

export interface OpenStoreOptions {
  /** `sqlite:PATH` (an absolute path) or `postgres://…`. */
  readonly url: string;
  /** What went wrong outside any act (a lost listening connection). */
  readonly onWarning: (message: string) => void;
  /** `check`: refuse to open when a migration is missing, instead of applying it. Default `apply`. */
  readonly migrations?: 'apply' | 'check';
}

export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  // Loaded when it is the one: the other one's driver would only take memory.
  if (isPostgres(options.url)) return (await import('./postgres/open.ts')).openPostgres(options);
  return (await import('./sqlite/open.ts')).openSqlite(options);
}

/** A migration that the database lacks, with the statements that would run. */
export interface PendingMigration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** What opening the store would apply. It creates nothing and changes nothing. */
export async function pendingMigrations(url: string): Promise<readonly PendingMigration[]> {
  if (isPostgres(url)) return (await import('./postgres/open.ts')).postgresPending(url);
  return (await import('./sqlite/backup.ts')).sqlitePendingAt(url.slice('sqlite:'.length));
}

/** Copies the database into a new file while servers go on; null on PostgreSQL, which brings its own tools. */
export async function backupStore(url: string, file: string): Promise<{ bytes: number } | null> {
  if (isPostgres(url)) return null;
  return (await import('./sqlite/backup.ts')).backupSqlite(url.slice('sqlite:'.length), file);
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);

export interface OpenedStore extends Store {
  /** Failed proofs: counted in memory where one server runs, in the database where several may. */
  readonly limiter: Limiter;
  /** Migrations applied by this opening. */
  readonly applied: readonly string[];
}
