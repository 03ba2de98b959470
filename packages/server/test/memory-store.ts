/**
 * The store over a SQLite database in memory, on the thread of the test: the same reads and the same acts, without a file, a
 * thread or a process. For tests of what a verb does; the effects of a disk, a second server or a crash are tested with a real
 * file and PostgreSQL.
 */
import SQLite from 'better-sqlite3';
import { bindStore } from '../src/store/bind.ts';
import { openMemoryLimiter } from '../src/store/limiter.ts';
import { migrate } from '../src/store/migrate.ts';
import { SQLITE_TYPES } from '../src/store/migrations/migration.ts';
import type { OpenedStore } from '../src/store/opened.ts';
import { BatchRunner } from '../src/store/sqlite/batch.ts';
import { kyselyOver } from '../src/store/sqlite/dialect.ts';
import { errorOf } from '../src/store/sqlite/message.ts';

export interface MemoryStore extends OpenedStore {
  /** The current content of the database, for other stores to begin with. */
  image(): Promise<Buffer>;
}

/** `image`: what it begins with; left out: only the tables. */
export async function openMemoryStore(image?: Buffer): Promise<MemoryStore> {
  migrated ??= migratedImage();
  const database = new SQLite(image ?? (await migrated));
  database.pragma('foreign_keys = ON');
  const db = kyselyOver(database);
  const runner = new BatchRunner(database, db, () => {});
  const inTurn = takeTurns();
  let moved = true;
  const store = bindStore({
    database: 'SQLite',
    db,
    guardRead: (read) => inTurn(async () => await read()),
    run: (act, input) =>
      inTurn(async () => {
        // Plain data in and out, as between the main thread and the writer.
        const [answer] = await runner.run([{ id: 0, act, input: structuredClone(input) }]);
        if (answer === undefined || !answer.ok) throw answer === undefined ? new Error('There is no answer.') : errorOf(answer);
        moved = true;
        return structuredClone({ result: answer.result, changes: answer.changes });
      }),
    mayHaveMoved: () => {
      const has = moved;
      moved = false;
      return has;
    },
    onHint: () => () => {},
    check: async () => {},
    close: async () => {
      if (database.open) await inTurn(async () => void database.close());
    },
  });
  return { ...store, applied: [], limiter: openMemoryLimiter(), image: () => inTurn(async () => database.serialize()) };
}

/** An empty database with all migrations, created once for a process. */
let migrated: Promise<Buffer> | undefined;

async function migratedImage(): Promise<Buffer> {
  const database = new SQLite(':memory:');
  database.exec('BEGIN IMMEDIATE');
  await migrate(kyselyOver(database), SQLITE_TYPES, { disableTransactions: true });
  database.exec('COMMIT');
  const bytes = database.serialize();
  database.close();
  return bytes;
}

/** One after the other: a read on the only connection would see what an act has not committed yet. */
function takeTurns(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
