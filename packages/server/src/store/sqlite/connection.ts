/** Opens one connection to the SQLite file, and distinguishes errors of the disk and of waiting from all others. */
import SQLite from 'better-sqlite3';

/** Another process may be opening, migrating or recovering the same file. */
const OPENING_PATIENCE_MS = 10_000;
/** Readers hardly ever wait in WAL mode: only while another process recovers the file. */
const READING_PATIENCE_MS = 250;
/** Allocated as pages are read, for each of the two connections. */
const CACHE_KIB = 16 * 1024;

/**
 * Opens the database file with the settings that everything else relies on. `synchronous=FULL`: a commit that was answered is
 * on disk. Once open the writer has no busy timeout, which would block its thread; it waits asynchronously instead.
 */
export function connect(path: string, { readonly }: { readonly: boolean }): SQLite.Database {
  const database = new SQLite(path, { readonly, timeout: OPENING_PATIENCE_MS });
  if (!readonly) {
    database.pragma('journal_mode = WAL');
    database.pragma('journal_size_limit = 67108864');
    // What is deleted is overwritten, so that a deleted address does not stay in the file. It costs the jobs that sweep one more
    // write of a page.
    database.pragma('secure_delete = ON');
  }
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma('temp_store = MEMORY');
  // Read, not mapped: if a mapped file is cut, or a disk fails, the process ends by a signal instead of an error that can be
  // answered.
  database.pragma('mmap_size = 0');
  database.pragma(`cache_size = ${-CACHE_KIB}`);
  database.pragma(`busy_timeout = ${readonly ? READING_PATIENCE_MS : 0}`);
  return database;
}

export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error));

/** Errors about the disk, not about the statement: nothing may be promised while they last. */
export const isStorageError = (error: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PROTOCOL|NOLFS|NOMEM|PERM|AUTH)/.test(errorCode(error));

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
