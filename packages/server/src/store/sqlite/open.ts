/**
 * Opens the store on SQLite and combines its parts: the migrations, a reader on this thread, the writer in a separate thread (or,
 * for several workers, in a separate process), and for a server another thread for reads that may take long.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type SQLite from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { MaybePromise } from '../../core/lib/maybe-promise.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { bindStore } from '../bind.ts';
import { openMemoryLimiter } from '../limiter.ts';
import { migrate, pendingStatements } from '../migrate.ts';
import { SQLITE_TYPES } from '../migrations/migration.ts';
import type { OpenedStore, OpenStoreOptions } from '../opened.ts';
import type { Database } from '../schema.ts';
import { connect, isBusy, isStorageError } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { DatabaseFile } from './file.ts';
import { ReadTurn } from './read-turn.ts';
import { ReaderThread } from './reader-thread.ts';
import { WriterClient } from './writer-client.ts';
import { WriterThread } from './writer-thread.ts';

/** Embedded SQLite: reads on this thread, one writer in a separate thread. */
export async function openSqlite(options: OpenStoreOptions): Promise<OpenedStore> {
  const { isServing = false } = options;
  const path = sqlitePath(options.url);
  const applied = options.writer === undefined ? await makeReady(path, options.migrations) : [];
  const writer = await openWriter(path, options);
  const reader = connect(path, { readonly: true });
  const readerThread = isServing ? new ReaderThread(path) : null;
  const file = new DatabaseFile(path);
  const db = kyselyOver(reader);
  const dataVersion = reader.prepare('PRAGMA data_version').pluck();
  let lastVersion: unknown = null;
  const unavailable = (error: unknown): unknown =>
    isStorageError(error) || !reader.open ? new StoreUnavailable('The database file cannot be read.', { cause: error }) : error;
  // The file is checked for reads, too, and not only when the list of changes is polled: a sign-in is read for each request,
  // whatever the list says.
  const turn = new ReadTurn(reader, () => file.check());
  const guardBy =
    (begin: () => void) =>
    <Value>(read: () => MaybePromise<Value>): MaybePromise<Value> => {
      try {
        begin();
        const value = read();
        return value instanceof Promise ? value.catch((error) => Promise.reject(unavailable(error))) : value;
      } catch (error) {
        return Promise.reject(unavailable(error));
      }
    };
  const guard = guardBy(() => {
    turn.leave();
    file.check();
  });
  const readVersion = (): unknown => {
    try {
      turn.leave();
      // Once for each poll of the list of changes: what is trusted afterwards, at most for as long as the list is, comes from the
      // file at the path.
      file.check();
      return dataVersion.get();
    } catch (error) {
      throw unavailable(error);
    }
  };

  const store = bindStore({
    database: 'SQLite',
    db,
    guardRead: guard,
    ...(writer instanceof WriterClient ? {} : { guardHotRead: guardBy(() => turn.enter()) }),
    ...(readerThread === null
      ? {}
      : {
          readElsewhere: async (room, name, args) => {
            try {
              file.check();
              return await readerThread.read({ room, name, args });
            } catch (error) {
              throw unavailable(error);
            }
          },
        }),
    run: async (act, input) => {
      try {
        return await writer.run(act, input);
      } finally {
        turn.leave();
      }
    },
    ...(writer instanceof WriterClient ? { onChanges: (listener) => writer.onChanges(listener) } : {}),
    mayHaveMoved: () => {
      const version = readVersion();
      const moved = version !== lastVersion;
      lastVersion = version;
      return moved;
    },
    onHint: () => () => {},
    check: async () =>
      await guard(() => {
        reader.prepare('SELECT 1 FROM counters').get();
      }),
    close: async () => {
      turn.leave();
      await readerThread?.close();
      await writer.close();
      await db.destroy();
      reader.close();
    },
  });
  const join = writer instanceof WriterClient ? { join: () => writer.join() } : {};
  return { ...store, ...join, applied, limiter: openMemoryLimiter() };
}

async function openWriter(path: string, { writer, isServing }: OpenStoreOptions): Promise<WriterClient | WriterThread> {
  if (writer !== undefined) return await WriterClient.open(writer);
  return isServing ? await WriterThread.start(path) : WriterThread.startWhenUsed(path);
}

/** The file exists, and has every migration. */
async function makeReady(path: string, migrations: OpenStoreOptions['migrations'] = 'apply'): Promise<readonly string[]> {
  mkdirSync(dirname(path), { recursive: true });
  // A new file is readable only by its owner, and SQLite gives its log files the same mode.
  closeSync(openSync(path, 'a', 0o600));
  return await migrateFile(path, migrations);
}

export const sqlitePath = (url: string): string => url.slice('sqlite:'.length);

/** Under the write lock, so that two processes that start at once take turns. */
async function migrateFile(path: string, mode: 'apply' | 'check'): Promise<readonly string[]> {
  const database = await patiently(mode, () => connect(path, { readonly: false }));
  try {
    const db = kyselyOver(database);
    await patiently(mode, () => database.exec('BEGIN IMMEDIATE'));
    const applied = mode === 'apply' ? await migrate(db, SQLITE_TYPES, { disableTransactions: true }) : await refusePending(db);
    database.exec('COMMIT');
    return applied;
  } finally {
    if (database.inTransaction) database.exec('ROLLBACK');
    database.close();
  }
}

async function refusePending(db: Kysely<Database>): Promise<readonly string[]> {
  const pending = await pendingStatements(db, SQLITE_TYPES);
  if (pending.length > 0)
    throw new Error(
      `Migrations are missing in the database: ${pending.map(({ name }) => name).join(', ')}. Run 'keyhouse migrate'.`,
    );
  return [];
}

/** Another process may hold the lock for a moment; one that migrates, for half a minute where there are a million rows of each kind. */
const PATIENCE_MS = { apply: 120_000, check: 10_000 } as const;

async function patiently<Value>(mode: 'apply' | 'check', attempt: () => Value): Promise<Value> {
  const giveUpAt = performance.now() + PATIENCE_MS[mode];
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** What `keyhouse migrate --dry-run` prints; does not create the file. */
export async function sqlitePending(database: SQLite.Database) {
  return pendingStatements(kyselyOver(database), SQLITE_TYPES);
}
