/** The same suite on both databases: a temporary SQLite file, and a separate database in a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import { afterAll, describe } from 'vitest';
import { postgresUrl } from '../../../test/shared-things.ts';
import { openStore } from '../src/store/open.ts';
import type { OpenedStore, OpenStoreOptions } from '../src/store/opened.ts';

export interface TestDatabase {
  readonly kind: 'sqlite' | 'postgres';
  readonly url: string;
  /** A store over it; as many as a test needs, each like a separate process. Closed at the end of the suite. */
  open(): Promise<OpenedStore>;
  /**
   * Keeps a copy of its current state and returns a function that sets it back to that, while servers run on it, as an operator
   * would.
   */
  copy(): Promise<() => Promise<void>>;
  drop(): Promise<void>;
}

const SQLITE = { name: 'SQLite', create: async () => sqliteDatabase() };
const POSTGRES = { name: 'PostgreSQL', create: async () => await postgresDatabase(await postgresUrl()) };
const POSTGRES_IN_FULL = {
  name: 'PostgreSQL, every act in full',
  create: async () => await postgresDatabase(await postgresUrl(), { isShort: false }),
};

type Suite = (database: () => Promise<TestDatabase>) => void;

/** Declares the suite twice. `database` creates a new, empty database. */
export const eachDatabase = (name: string, suite: Suite): void => declare(name, suite, [SQLITE, POSTGRES]);

/** Once more, without the acts in one round trip (`postgres/short-acts.ts`): for what must be true of both ways. */
export const eachWay = (name: string, suite: Suite): void => declare(name, suite, [SQLITE, POSTGRES, POSTGRES_IN_FULL]);

function declare(name: string, suite: Suite, ways: readonly { name: string; create: () => Promise<TestDatabase> }[]): void {
  for (const way of ways) {
    describe(`${name} (${way.name})`, () => {
      const made: TestDatabase[] = [];
      suite(async () => {
        const database = await way.create();
        made.push(database);
        return database;
      });
      afterAll(async () => {
        for (const database of made) await database.drop();
      });
    });
  }
}

export function sqliteDatabase(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-test-'));
  return sqliteDatabaseAt(join(folder, 'keyhouse.db'));
}

/** Over a file that exists already, or will; its folder belongs to the database, and is deleted with it. */
export function sqliteDatabaseAt(file: string): TestDatabase {
  return databaseAt('sqlite', `sqlite:${file}`, {
    copy: async () => {
      const kept = `${file}.${randomBytes(8).toString('hex')}`;
      await backUp(file, kept);
      return () => backUp(kept, file);
    },
    remove: async () => rmSync(dirname(file), { recursive: true, force: true }),
  });
}

type Options = Pick<OpenStoreOptions, 'isShort' | 'poolSize'>;

export async function postgresDatabase(serverUrl: string, options: Options = {}): Promise<TestDatabase> {
  const name = `keyhouse_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  /** No server uses it while it is copied or replaced; they reconnect by themselves. */
  const aside = (...statements: string[]): Promise<void> =>
    administer(
      serverUrl,
      `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      ...statements,
      `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
    );
  return databaseAt('postgres', url.href, {
    options,
    copy: async () => {
      const kept = `${name}_kept`;
      await aside(`CREATE DATABASE ${kept} TEMPLATE ${name} STRATEGY FILE_COPY`);
      return () => aside(`DROP DATABASE ${name} WITH (FORCE)`, `ALTER DATABASE ${kept} RENAME TO ${name}`);
    },
    remove: async () => {
      for (const each of [name, `${name}_kept`]) await administer(serverUrl, `DROP DATABASE IF EXISTS ${each} WITH (FORCE)`);
    },
  });
}

interface Means {
  readonly options?: Options;
  copy(): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

function databaseAt(kind: TestDatabase['kind'], url: string, { options = {}, copy, remove }: Means): TestDatabase {
  const stores: OpenedStore[] = [];
  return {
    kind,
    url,
    open: async () => {
      const store = await openStore({ url, onWarning: () => {}, ...options });
      stores.push(store);
      return store;
    },
    copy,
    drop: async () => {
      for (const store of stores) await store.close().catch(() => {});
      await remove();
    },
  };
}

/** Not through the store: what an older version, or a manual change, left in the database. */
export async function runStatements({ kind, url }: TestDatabase, statements: readonly string[]): Promise<void> {
  if (kind === 'postgres') return await administer(url, ...statements);
  const database = new SQLite(url.slice('sqlite:'.length));
  for (const statement of statements) database.exec(statement);
  database.close();
}

async function administer(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Copies a SQLite database into a file, which may be one that servers have open. */
export async function backUp(from: string, to: string): Promise<void> {
  const source = new SQLite(from, { readonly: true });
  try {
    // While another process writes there, better-sqlite3 reports it done before it has begun.
    while ((await source.backup(to)).totalPages === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    source.close();
  }
}
