/**
 * Checks that the database file at its path is the file that is open. If it was deleted, replaced or cut, SQLite continues with
 * the open one, and every commit that it acknowledges is in a file that nobody can find.
 */
import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { StoreUnavailable } from '../../core/unavailable.ts';

/** Where the header says how many pages the file has, and of which size (sqlite.org/fileformat.html, 1.3). */
const HEADER_BYTES = 32;
const PAGE_SIZE_AT = 16;
const PAGES_AT = 28;

export class DatabaseFile {
  readonly #path: string;
  readonly #main: Identity;
  /** Created by the first connection, deleted by the last one that is closed. */
  #log: Identity | null;
  #size: number;

  /** To be called when the file is open, in the process that has it open. */
  constructor(path: string) {
    this.#path = path;
    const stats = statSync(path);
    this.#main = identityOf(stats);
    this.#size = stats.size;
    this.#log = identityAt(`${path}-wal`);
  }

  /**
   * Costs two calls of `stat` (some microseconds), and no more while the file does not shrink.
   * @throws StoreUnavailable that says what happened to the file.
   */
  check(): void {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    if (stats === undefined) throw this.#gone('is not there any more');
    if (!isSame(this.#main, stats)) throw this.#gone('was replaced by another file');
    if (stats.size < this.#size && !isWhole(this.#path, stats.size)) throw this.#gone('was truncated');
    this.#size = stats.size;
    const log = statSync(`${this.#path}-wal`, { throwIfNoEntry: false });
    if (this.#log === null) this.#log = log === undefined ? null : identityOf(log);
    else if (log === undefined || !isSame(this.#log, log)) throw this.#gone('has no -wal file any more, or has another one');
  }

  #gone(what: string): StoreUnavailable {
    return new StoreUnavailable(
      `The database file ${this.#path} ${what} while the server had it open. Put it back, or stop the server, put a backup in place and start it.`,
    );
  }
}

interface Identity {
  readonly dev: number;
  readonly ino: number;
}

const identityOf = ({ dev, ino }: Stats): Identity => ({ dev, ino });

function identityAt(path: string): Identity | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : identityOf(stats);
}

const isSame = (known: Identity, now: Identity): boolean => known.dev === now.dev && known.ino === now.ino;

/** A `VACUUM` makes the file smaller too, and then its header says so. */
function isWhole(path: string, size: number): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return false;
  } finally {
    closeSync(file);
  }
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT);
  // 65,536 does not fit, and is written as 1.
  return size >= header.readUInt32BE(PAGES_AT) * (pageSize === 1 ? 65_536 : pageSize);
}
