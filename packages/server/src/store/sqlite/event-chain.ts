/**
 * Gives each audit event its place in the chain when it is written. On SQLite one transaction writes at a time, so the head is
 * known there, and no event is written twice. While older events have no number (a database of an earlier version), the job of
 * core numbers them first, and every event that comes after them.
 */
import type SQLite from 'better-sqlite3';
import { hashEntry, type UnchainedEvent } from '../../core/audit/chain.ts';
import type { Chain, Link } from '../write-event.ts';

interface Head {
  readonly number: number;
  readonly hash: string;
}

export class EventChain implements Chain {
  readonly #database: SQLite.Database;
  /** Null: not read in this transaction yet. */
  #head: Head | 'older-first' | null = null;
  #hasMoved = false;
  #statements: ReturnType<typeof prepare> | null = null;

  constructor(database: SQLite.Database) {
    this.#database = database;
  }

  /** When a transaction begins: another process may have written since. */
  begin(): void {
    this.#head = null;
    this.#hasMoved = false;
  }

  link(event: Omit<UnchainedEvent, 'id'>): Link | null {
    this.#head ??= this.#read();
    if (this.#head === 'older-first') return null;
    // Read each time: an act of this transaction may have left out numbers (`epoch.ts`).
    const id = ((this.#prepared().newestId.get() as number | undefined) ?? 0) + 1;
    const number = this.#head.number + 1;
    this.#head = { number, hash: hashEntry(this.#head.hash, number, { ...event, id }) };
    this.#hasMoved = true;
    return { id, ...this.#head };
  }

  /** What `return` needs when an act is undone. */
  mark(): unknown {
    return [this.#head, this.#hasMoved];
  }

  return(mark: unknown): void {
    [this.#head, this.#hasMoved] = mark as [Head | 'older-first' | null, boolean];
  }

  /** Before the commit: the head that the next transaction begins with. */
  writeHead(): void {
    if (!this.#hasMoved || this.#head === null || this.#head === 'older-first') return;
    const { setNumber, setHash } = this.#prepared();
    setNumber.run(this.#head.number);
    setHash.run(this.#head.hash);
    this.#hasMoved = false;
  }

  #read(): Head | 'older-first' {
    const { older, number, hash } = this.#prepared();
    if (older.get() !== undefined) return 'older-first';
    return { number: number.get() as number, hash: hash.get() as string };
  }

  #prepared(): ReturnType<typeof prepare> {
    this.#statements ??= prepare(this.#database);
    return this.#statements;
  }
}

const prepare = (database: SQLite.Database) => ({
  older: database.prepare('SELECT 1 FROM audit_events WHERE number IS NULL LIMIT 1').pluck(),
  number: database.prepare("SELECT value FROM counters WHERE name = 'audit'").pluck(),
  hash: database.prepare("SELECT value FROM settings WHERE name = 'audit_head_hash'").pluck(),
  // Kept by SQLite for AUTOINCREMENT; an id that was given out once is never given out again.
  newestId: database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'").pluck(),
  setNumber: database.prepare("UPDATE counters SET value = ? WHERE name = 'audit'"),
  setHash: database.prepare("UPDATE settings SET value = ? WHERE name = 'audit_head_hash'"),
});
