/**
 * Runs acts on one connection: a batch is one transaction, in which each act has its own savepoint. What an act throws undoes
 * only that act; a failed commit fails the whole batch.
 */
import type SQLite from 'better-sqlite3';
import { acts } from '../acts.ts';
import type { Db } from '../prepared.ts';
import { runAct } from '../run-act.ts';
import { isBusy, isStorageError } from './connection.ts';
import { EventChain } from './event-chain.ts';
import { failure, type WriterAnswer, type WriterRequest } from './message.ts';

/** Another process (the command line) may hold the lock; its own transactions are short. */
const BUSY_PATIENCE_MS = 5000;

export class BatchRunner {
  readonly #database: SQLite.Database;
  readonly #db: Db;
  readonly #checkFile: () => void;
  readonly #chain: EventChain;
  // Each act needs three of these; parsing them again would cost more than a small act.
  readonly #statements: Readonly<Record<'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'undo', SQLite.Statement>>;

  /** `checkFile` throws if nothing may be committed any more; it is called before each commit. */
  constructor(database: SQLite.Database, db: Db, checkFile: () => void) {
    this.#database = database;
    this.#db = db;
    this.#checkFile = checkFile;
    this.#chain = new EventChain(database);
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
      savepoint: database.prepare('SAVEPOINT act'),
      release: database.prepare('RELEASE act'),
      undo: database.prepare('ROLLBACK TO act'),
    };
  }

  /** One answer for each request, in their order. Never rejects. */
  async run(batch: readonly WriterRequest[]): Promise<readonly WriterAnswer[]> {
    try {
      await this.#begin();
      this.#chain.begin();
      const answers: WriterAnswer[] = [];
      for (const request of batch) answers.push(await this.#runInSavepoint(request));
      this.#chain.writeHead();
      this.#checkFile();
      this.#statements.commit.run();
      return answers;
    } catch (error) {
      if (this.#database.inTransaction) this.#statements.rollback.run();
      return batch.map(({ id }) => failure(id, error));
    }
  }

  async #begin(): Promise<void> {
    const giveUpAt = performance.now() + BUSY_PATIENCE_MS;
    for (;;) {
      try {
        this.#statements.begin.run();
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
  }

  async #runInSavepoint({ id, act, input }: WriterRequest): Promise<WriterAnswer> {
    const { savepoint, release, undo } = this.#statements;
    savepoint.run();
    const mark = this.#chain.mark();
    try {
      const { result, changes } = await runAct(acts, { db: this.#db, chain: this.#chain }, act, input);
      release.run();
      return { id, ok: true, result, changes };
    } catch (error) {
      // If the disk is the problem, nothing in the batch can be trusted.
      if (isStorageError(error) || !this.#database.inTransaction) throw error;
      undo.run();
      release.run();
      this.#chain.return(mark);
      return failure(id, error);
    }
  }
}
