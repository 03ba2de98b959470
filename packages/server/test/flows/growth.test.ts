/**
 * Nothing that grows may stop a verification: at a hundred thousand of each thing, every read of the store costs what it costs at
 * a third of that, and what grows in spite of its bounds is read in another thread. No clock is asked: the pages that SQLite reads
 * are counted, and its plans are read.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/http/dashboard/api/endpoint.ts';
import { api } from '../../src/http/dashboard/api/index.ts';
import { openStore } from '../../src/store/open.ts';
import { readsOver } from '../../src/store/reads.ts';
import { connect } from '../../src/store/sqlite/connection.ts';
import { kyselyOver } from '../../src/store/sqlite/dialect.ts';
import { sqlitePath } from '../../src/store/sqlite/open.ts';
import { browserFor } from '../dashboard-browser.ts';
import { sqliteDatabase, type TestDatabase } from '../databases.ts';
import { callsOf } from '../growth/calls.ts';
import { fillGrowth, type Heavy } from '../growth/fill.ts';
import { keepFewPages, pagesRead, type Watched, watchReads } from '../growth/watch.ts';
import { programPath } from '../program.ts';
import { startTestServer, type TestServer } from '../server.ts';

/** More than any bound of a read, and three times as much. What reads everything reads three times as much, too. */
const [SMALL, LARGE] = [33_000, 100_000];

const SECRET = 'a master secret for the tests, long enough';

/** A few pages: an index of more rows may be one level deeper. */
const isNoMore = (atLarge: number, atSmall: number): boolean => atLarge <= 1.5 * atSmall + 60;

interface Filled {
  readonly database: TestDatabase;
  readonly heavy: Heavy;
}

let small: Filled;
let large: Filled;
beforeAll(async () => {
  [small, large] = [await filled(SMALL), await filled(LARGE)];
});
afterAll(async () => {
  for (const { database } of [small, large]) await database.drop();
});

async function filled(size: number): Promise<Filled> {
  const database = sqliteDatabase();
  await (await openStore({ url: database.url, onWarning: () => {} })).close();
  const file = new SQLite(sqlitePath(database.url));
  const heavy = fillGrowth(file, size);
  file.close();
  return { database, heavy };
}

// Only Linux says how much a thread has read.
describe.skipIf(!existsSync('/proc/thread-self/io'))('at a hundred thousand of each thing', () => {
  it('no read of the store costs more than at a third of it', async () => {
    const [atSmall, atLarge] = [await costsOfReads(small), await costsOfReads(large)];
    const grown = [...atLarge].flatMap(([call, pages]) => {
      const before = atSmall.get(call) ?? 0;
      return isNoMore(pages, before) ? [] : [`${call}: ${before} pages, then ${pages}`];
    });
    expect(grown).toEqual([]);
  });

  it('opens every page, and what the main thread reads does not grow', async () => {
    const [atSmall, atLarge] = [await openPages(small), await openPages(large)];
    expect([...atLarge.keys()].length).toBeGreaterThan(30);
    const wrong = [...atLarge].flatMap(([page, { status, pages, rows }]) => {
      const before = atSmall.get(page)?.pages ?? 0;
      const isGood = status === 200 && rows <= MAX_ROWS && isNoMore(pages, before);
      return isGood ? [] : [`${page}: ${status}, ${before} pages, then ${pages}, at most ${rows} rows at once`];
    });
    expect(wrong).toEqual([]);
  });

  it('prints every list of the command line, and reads no more for it', async () => {
    const lists = (of: Filled): Promise<ReadonlyMap<string, Printed>> => printLists(of);
    const [atSmall, atLarge] = [await lists(small), await lists(large)];
    const wrong = [...atLarge].flatMap(([command, { exitCode, pages }]) => {
      const before = atSmall.get(command)?.pages ?? 0;
      return exitCode === 0 && isNoMore(pages, before) ? [] : [`${command}: exit ${exitCode}, ${before} pages, then ${pages}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe('the plan of a read', () => {
  it('never goes through a whole table that grows, and sorts none', async () => {
    const statements = new Set<string>();
    const file = sqlitePath(small.database.url);
    const database = new SQLite(file, { readonly: true, verbose: (sql) => void statements.add(String(sql)) });
    await eachCall(small.heavy, database, async (_, read) => void (await read()));
    const wrong = [...statements].flatMap((sql) => {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as readonly { readonly detail: string }[];
      const isInOrder = / limit /i.test(sql) && !plan.some(({ detail }) => detail.startsWith('USE TEMP B-TREE'));
      const whole = plan.filter(({ detail }) => detail.startsWith('SCAN') && !FEW.test(detail) && !isInOrder);
      return whole.map(({ detail }) => `${detail}: ${sql}`);
    });
    database.close();
    expect(statements.size).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });
});

/** There are few of these rows, or they are those of a part of the same statement that has a limit. */
const FEW =
  /^SCAN (signing_keys|refresh_keys|counters|settings|permissions|routes|found|newest|looked_at|listed|matches|teams|of_keys|users USING INDEX users_administrators)\b|^SCAN \(?(subquery|counted|join)|CONSTANT ROW/i;
/** Of one statement on the main thread: a thousand teams, and the two other accounts. */
const MAX_ROWS = 1002;

/** Every call of every read, on a connection without a cache. */
async function eachCall(
  heavy: Heavy,
  database: SQLite.Database,
  visit: (call: string, read: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const rooms = readsOver(kyselyOver(database)) as unknown as Record<
    string,
    Record<string, (...args: unknown[]) => Promise<unknown>>
  >;
  for (const [room, reads] of Object.entries(callsOf(heavy)))
    for (const [name, calls] of Object.entries(reads))
      for (const [at, args] of (calls as readonly (readonly unknown[])[]).entries())
        await visit(`${room}.${name} ${at}`, async () => rooms[room]?.[name]?.(...args));
}

async function costsOfReads({ database: { url }, heavy }: Filled): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>();
  const database = connect(sqlitePath(url), { readonly: true });
  keepFewPages(database);
  await eachCall(heavy, database, async (call, read) => {
    await read();
    const before = pagesRead();
    await read();
    costs.set(call, pagesRead() - before);
  });
  database.close();
  return costs;
}

interface Opened {
  readonly status: number;
  /** That the main thread has read for it. */
  readonly pages: number;
  /** Of the statement with most. */
  readonly rows: number;
}

/** Every GET of the private API, as the user who has everything. */
async function openPages({ database, heavy }: Filled): Promise<ReadonlyMap<string, Opened>> {
  const reads: Watched[] = [];
  // Not the list of changes, which is polled all the time.
  const stop = watchReads(SQLite, (read) => void (/"counters"/.test(read.sql) || reads.push(read)));
  const serving = {
    ...database,
    open: () => openStore({ url: database.url, onWarning: () => {}, isServing: true }),
    drop: async () => {},
  };
  const server: TestServer = await startTestServer({ database: serving, secret: SECRET });
  const opened = new Map<string, Opened>();
  try {
    const browser = await browserFor(server, heavy.userId);
    for (const [name, endpoint] of Object.entries(api) as [string, Endpoint][]) {
      const path = pathOf(name, endpoint, heavy);
      if (path === null) continue;
      // What is remembered after the first time is not counted.
      await browser.ask(path);
      reads.length = 0;
      const { status } = await browser.ask(path);
      const pages = reads.reduce((sum, read) => sum + read.pages, 0);
      opened.set(name, { status, pages, rows: Math.max(0, ...reads.map(({ rows }) => rows)) });
    }
  } finally {
    await server.stop();
    stop();
  }
  return opened;
}

/** With the account that has most. Null: it is no page, or a file that is as long as the log. */
function pathOf(name: string, { file }: Endpoint, heavy: Heavy): string | null {
  const [method, template = ''] = name.split(' ');
  if (method !== 'GET' || file === true) return null;
  const account = template.endsWith('/members') || template.includes('/members/') ? heavy.teamId : heavy.accountId;
  const ids: readonly [RegExp, number | string][] = [
    [/\/keys\/:id/, heavy.keyId],
    [/\/tokens\/:id/, heavy.tokenId],
    [/\/applications\/:id/, heavy.applicationId],
    [/\/users\/:id/, heavy.userId],
    [/\/operator\/accounts\/:id/, heavy.teamId],
    [/\/mails\/:id/, 1],
  ];
  const path = ids.reduce((text, [pattern, id]) => text.replace(pattern, (part) => part.replace(':id', String(id))), template);
  return path.replace(':account', String(account)).replace(':user', String(heavy.userId));
}

interface Printed {
  readonly exitCode: number;
  readonly pages: number;
}

async function printLists({ database, heavy }: Filled): Promise<ReadonlyMap<string, Printed>> {
  const commands = [
    ['user', 'list'],
    ['account', 'list'],
    ['app', 'list'],
    ['token', 'list'],
    ['key', 'list'],
    ['key', 'list', '--account', String(heavy.accountId)],
    ['jwt', 'list', '--key', String(heavy.keyId)],
    ['audit', 'list'],
    ['permission', 'list'],
    ['signing-key', 'list'],
  ];
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-growth-'));
  const printed = new Map<string, Printed>();
  for (let at = 0; at < commands.length; at += 2)
    await Promise.all(
      commands.slice(at, at + 2).map(async (command) => {
        const counted = join(folder, `${command.join('-')}.json`);
        const exitCode = await runCommand(command, {
          ...{ KEYHOUSE_DATABASE_URL: database.url, KEYHOUSE_SECRET: SECRET, GROWTH_WATCHED: counted },
        });
        const reads = existsSync(counted) ? (JSON.parse(readFileSync(counted, 'utf8')) as readonly Watched[]) : [];
        printed.set(command.slice(0, 3).join(' '), { exitCode, pages: reads.reduce((sum, { pages }) => sum + pages, 0) });
      }),
    );
  rmSync(folder, { recursive: true });
  return printed;
}

async function runCommand(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const program = await programPath();
  const watch = join(import.meta.dirname, '..', 'growth', 'watch.ts');
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', watch, program, ...command, '--json'],
      { env, maxBuffer: 2 ** 26 },
      () => resolve(child.exitCode ?? -1),
    );
    child.stdin?.end();
  });
}
