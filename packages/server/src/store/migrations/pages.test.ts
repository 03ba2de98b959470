/** A migration that is killed leaves the database as it was, and the next start runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import { sqliteDatabase } from '../../../test/databases.ts';
import { fillGrowth } from '../../../test/growth/fill.ts';
import { openStore } from '../open.ts';
import { sqlitePath } from '../sqlite/open.ts';
import { pages } from './0020-pages.ts';
import { MIGRATIONS } from './index.ts';
import { SQLITE_TYPES } from './migration.ts';

const CHILD = join(import.meta.dirname, '../../../test/growth/die-while-migrating.ts');
const database = sqliteDatabase();
const file = sqlitePath(database.url);
afterAll(() => database.drop());

const STATEMENTS = pages.statements(SQLITE_TYPES);

it('is undone by SIGKILL, wherever it was, and runs at the next start', async () => {
  beginAtSchema19();
  const before = schema();
  // After the first statement, in the middle, and when only the last is missing.
  for (const statement of [STATEMENTS[1], STATEMENTS[Math.floor(STATEMENTS.length / 2)], STATEMENTS.at(-1)]) {
    const child = spawn(process.execPath, [CHILD, database.url, statement ?? ''], { stdio: 'inherit' });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    expect(schema()).toEqual(before);
  }
  const store = await openStore({ url: database.url, onWarning: () => {} });
  expect(store.applied).toEqual([pages.name]);
  expect(await store.sessions.findSession('of-app-00000001')).not.toBe(null);
  await store.close();
  const created = STATEMENTS.flatMap((statement) => /^CREATE INDEX (\w+)/.exec(statement)?.[1] ?? []);
  expect([...schema().keys()]).toEqual(expect.arrayContaining(created));
  const [check] = read('PRAGMA integrity_check');
  expect(check).toEqual({ integrity_check: 'ok' });
});

/** As the previous version left it, with data. */
function beginAtSchema19(): void {
  const earlier = MIGRATIONS.slice(0, MIGRATIONS.indexOf(pages));
  const opened = new SQLite(file);
  opened.exec('CREATE TABLE migrations (name varchar(255) NOT NULL PRIMARY KEY, timestamp varchar(255) NOT NULL)');
  for (const { name, statements } of earlier) {
    for (const statement of statements(SQLITE_TYPES)) opened.exec(statement);
    opened.prepare('INSERT INTO migrations VALUES (?, ?)').run(name, '2026-01-01T00:00:00.000Z');
  }
  fillGrowth(opened, 2000);
  opened.close();
}

/** Every index by its name. */
function schema(): ReadonlyMap<string, string> {
  const rows = read("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL") as {
    name: string;
    sql: string;
  }[];
  return new Map(rows.map(({ name, sql }) => [name, sql]));
}

function read(sql: string): unknown[] {
  const opened = new SQLite(file);
  try {
    return opened.prepare(sql).all();
  } finally {
    opened.close();
  }
}
