/**
 * What a statement of a SQLite connection costs, counted without a clock: the pages that it reads. The connection keeps next to
 * none in memory, and Linux counts the bytes that a thread reads. In a program: `node --import watch.ts …`, which writes what it
 * has counted into the file `GROWTH_WATCHED` when it ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type SQLite from 'better-sqlite3';

const PAGE_BYTES = 4096;
const FEWEST_PAGES = 10;

export interface Watched {
  readonly sql: string;
  readonly pages: number;
  readonly rows: number;
}

/** Pages that this thread has read since it began. */
export function pagesRead(): number {
  const [, bytes] = /^rchar: (\d+)/m.exec(readFileSync('/proc/thread-self/io', 'latin1')) ?? [];
  return Math.round(Number(bytes) / PAGE_BYTES);
}

/** From now on, each statement of a connection that only reads is passed to `onRead`. Returns a function that stops it. */
export function watchReads(driver: typeof SQLite, onRead: (read: Watched) => void): () => void {
  const prototype = driver.prototype as unknown as { prepare: (this: SQLite.Database, sql: string) => SQLite.Statement };
  const { prepare } = prototype;
  prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    if (!this.readonly || /^pragma/i.test(sql)) return statement;
    keepFewPages(this);
    const { all } = statement;
    statement.all = (...values: unknown[]) => {
      const before = pagesRead();
      const rows = all.apply(statement, values);
      onRead({ sql, pages: pagesRead() - before, rows: rows.length });
      return rows;
    };
    return statement;
  };
  return () => {
    prototype.prepare = prepare;
  };
}

const small = new WeakSet<SQLite.Database>();

export function keepFewPages(database: SQLite.Database): void {
  if (small.has(database)) return;
  small.add(database);
  database.pragma(`cache_size = ${FEWEST_PAGES}`);
}

const file = process.env.GROWTH_WATCHED;
if (file !== undefined && isMainThread) {
  const driver = createRequire(new URL('../../package.json', import.meta.url))('better-sqlite3') as typeof SQLite;
  const reads: Watched[] = [];
  watchReads(driver, (read) => void reads.push(read));
  process.on('exit', () => writeFileSync(file, JSON.stringify(reads)));
}
