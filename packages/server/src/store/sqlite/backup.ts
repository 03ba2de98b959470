/**
 * A copy of the database file, made while servers write. `VACUUM INTO` reads one moment of it (WAL: nobody waits), and what was
 * deleted, erased persons included, is not in the copy. The master secret never is: it stands beside the file, not in it.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import SQLite from 'better-sqlite3';
import { sqlitePending } from './open.ts';

/** Another connection may hold the file for itself for a moment, when it opens or closes. */
const PATIENCE_MS = 5000;

/**
 * Writes the copy to `target`, readable by its owner alone; the name appears with its whole content.
 * @throws an error with code `EEXIST` when there is such a file already.
 */
export function backupSqlite(source: string, target: string): { bytes: number } {
  // The empty file keeps the name; the copy takes its place when it is whole and on disk.
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

/** What `keyhouse migrate --dry-run` prints; a file that is not there is not made. */
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

/** Without its epoch a restored copy gets a new one, and nobody mistakes its list of changes for the one that went on without it. */
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
 * Beside a running server the log files exist, and are only read. Otherwise a reader would leave empty ones behind, and a
 * connection that could write but does not takes them away again.
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
