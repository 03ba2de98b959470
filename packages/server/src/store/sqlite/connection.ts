import SQLite from 'better-sqlite3';

/**
 * Opens the database file with the settings that everything else relies on. `synchronous=FULL`: a commit that was answered is
 * on disk. No busy timeout: it would block the thread; the writer waits asynchronously instead.
 */
export function connect(path: string, { readonly }: { readonly: boolean }): SQLite.Database {
  const database = new SQLite(path, { readonly, timeout: 0 });
  if (!readonly) {
    database.pragma('journal_mode = WAL');
    database.pragma('journal_size_limit = 67108864');
  }
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('temp_store = MEMORY');
  // Reads come through the page cache of the operating system, which all processes share.
  database.pragma('mmap_size = 1073741824');
  return database;
}

export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error));

/** Errors that say something about the disk, not about the statement: nothing may be promised while they last. */
export const isStorageError = (error: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PROTOCOL|NOLFS|PERM|AUTH)/.test(errorCode(error));

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
