/**
 * A copy of the database file, created while servers write. `VACUUM INTO` reads one moment of it (WAL: nobody waits), and what
 * was deleted, erased persons included, is not in the copy. Neither is the master secret: it is next to the file, not in it.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import SQLite from 'better-sqlite3';
import { sqlitePending } from './open.ts';

/** Another connection may hold the file for itself for a moment, when it opens or closes. */
const PATIENCE_MS = 5000;

/**
 * Writes the copy to `target`, readable only by its owner; the name appears with its whole content.
 * @throws an error with code `EEXIST` if the file exists already.
 */
export function backupSqlite(source: string, target: string): { bytes: number } {
  // The empty file reserves the name; the copy replaces it when it is complete and on disk.
  closeSync(openSync(target, 'wx', 0o600));
  const partial = `${target}.${process.pid}.partial`;
  try {
    closeSync(openSync(partial, 'wx', 0o600));
    copyInto(source, partial);
    makeRestorable(partial);
    syncToDisk(partial);
    renameSync(partial, target);
    syncToDisk(dirname(target));
  } catch (error) {
    for (const file of [partial, `${partial}-journal`, target]) rmSync(file, { force: true });
    throw error;
  }
  return { bytes: statSync(target).size };
}

/** What `keyhouse migrate --dry-run` prints; a missing file is not created. */
export async function sqlitePendingAt(path: string) {
  const database = existsSync(path) ? openToRead(path) : new SQLite(':memory:');
  try {
    database.pragma('query_only = ON');
    return await sqlitePending(database);
  } finally {
    database.close();
  }
}

function copyInto(source: string, target: string): void {
  const database = openToRead(source);
  try {
    database.prepare('VACUUM INTO ?').run(target);
  } finally {
    database.close();
  }
}

/**
 * Without its epoch a restored copy gets a new one, and its list of changes cannot be mistaken for the one that went on without
 * it.
 */
function makeRestorable(path: string): void {
  const copy = new SQLite(path, { fileMustExist: true });
  try {
    copy.exec("DELETE FROM settings WHERE name = 'epoch'");
    if (copy.pragma('quick_check', { simple: true }) !== 'ok')
      throw new Error('The copy is damaged. The database file may be damaged too.');
  } finally {
    copy.close();
  }
}

/**
 * While a server runs, the log files exist, and are only read. Otherwise a reader would leave empty ones behind, and a connection
 * that could write but does not deletes them again.
 */
function openToRead(path: string): SQLite.Database {
  return new SQLite(path, { readonly: existsSync(`${path}-wal`), fileMustExist: true, timeout: PATIENCE_MS });
}

function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
