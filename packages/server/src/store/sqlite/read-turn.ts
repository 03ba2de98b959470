/**
 * The reads of one turn of the event loop. They share one look at the file and one read transaction, which together cost more than
 * a read by an index does. It ends with the turn, so nobody reads what is older than this turn's first read; and earlier, before
 * this process learns of a commit: what it did itself is in its next read.
 */
import type SQLite from 'better-sqlite3';

export class ReadTurn {
  readonly #database: SQLite.Database;
  readonly #checkFile: () => void;
  readonly #begin: SQLite.Statement;
  readonly #commit: SQLite.Statement;
  #isOpen = false;
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
    if (this.#isOpen && this.#database.inTransaction) return;
    this.#checkFile();
    this.#begin.run();
    this.#isOpen = true;
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
