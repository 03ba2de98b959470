/**
 * The hot reads of one turn of the event loop. They share one look at the file and one read transaction, which together cost more
 * than a read by an index does.
 *
 * The requests of one turn have all arrived before its first read. So none of them can know of anything that was committed after
 * it. The transaction ends with the turn; and earlier, before this process learns of a commit (what it did itself is in its next
 * read), and when the process was held up for a while.
 */
import type SQLite from 'better-sqlite3';

/** Requests that are answered in one turn take less, unless the system lets other processes run meanwhile. */
const LONGEST_TURN_MS = 2;

export class ReadTurn {
  readonly #database: SQLite.Database;
  readonly #checkFile: () => void;
  readonly #begin: SQLite.Statement;
  readonly #commit: SQLite.Statement;
  #isOpen = false;
  #openedAtMs = 0;
  /** One for each turn, also if the turn was left in between. */
  #endsSoon = false;

  /** `checkFile` throws if nothing that is read may be trusted any more. */
  constructor(database: SQLite.Database, checkFile: () => void) {
    this.#database = database;
    this.#checkFile = checkFile;
    this.#begin = database.prepare('BEGIN');
    this.#commit = database.prepare('COMMIT');
  }

  /** Before each read. Throws what `checkFile` throws, or what SQLite does. */
  enter(): void {
    const nowMs = performance.now();
    if (nowMs - this.#openedAtMs > LONGEST_TURN_MS) this.leave();
    if (this.#isOpen && this.#database.inTransaction) return;
    this.#checkFile();
    this.#begin.run();
    this.#isOpen = true;
    this.#openedAtMs = nowMs;
    if (this.#endsSoon) return;
    this.#endsSoon = true;
    setImmediate(() => {
      this.#endsSoon = false;
      this.leave();
    });
  }

  /** The next read sees all that is committed by then. */
  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // A read that failed may have ended it.
    if (this.#database.open && this.#database.inTransaction) this.#commit.run();
  }
}
