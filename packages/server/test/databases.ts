/** The same suite on both databases: a temporary SQLite file, and a database of its own in a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, inject } from 'vitest';
import { openStore } from '../src/store/open.ts';
import type { OpenedStore } from '../src/store/opened.ts';

export interface TestDatabase {
  readonly kind: 'sqlite' | 'postgres';
  readonly url: string;
  /** A store over it; as many as a test wants, each a process's worth. Closed at the end of the suite. */
  open(): Promise<OpenedStore>;
  drop(): Promise<void>;
}

/** Declares the suite twice. `database` makes a fresh, empty database. */
export function eachDatabase(name: string, suite: (database: () => Promise<TestDatabase>) => void): void {
  for (const kind of ['sqlite', 'postgres'] as const) {
    describe(`${name} (${kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'})`, () => {
      const made: TestDatabase[] = [];
      suite(async () => {
        const database = kind === 'sqlite' ? sqliteDatabase() : await postgresDatabase(inject('postgresUrl'));
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
  return databaseAt('sqlite', `sqlite:${join(folder, 'keyhouse.db')}`, async () =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

export async function postgresDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `keyhouse_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return databaseAt('postgres', url.href, () => administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
}

function databaseAt(kind: TestDatabase['kind'], url: string, remove: () => Promise<void>): TestDatabase {
  const stores: OpenedStore[] = [];
  return {
    kind,
    url,
    open: async () => {
      const store = await openStore({ url, onWarning: () => {} });
      stores.push(store);
      return store;
    },
    drop: async () => {
      for (const store of stores) await store.close().catch(() => {});
      await remove();
    },
  };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
