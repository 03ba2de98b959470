/**
 * Applications as they are in practice: keys that are not numbers, names in two columns, MySQL's zero dates, and columns that
 * nothing here knows.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../test/shared-things.ts';
import { type Bench, openBench } from '../../server/src/cli/test-helper.ts';
import { postgresDatabase } from '../../server/test/databases.ts';
import { ISSUER, startTestServer, type TestServer } from '../../server/test/server.ts';
import { NEEDS_MARIADB, type RunningMariadb, startMariadb } from './mariadb.ts';
import { BCRYPT_10, connect, newSecret } from './sanctum.ts';

const SECRET = 'a master secret for the tests, long enough';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const ULID = '01HXZ5GQ8R4T7W9Y2B3C5D6E7F';

interface Kind {
  readonly uuid: string;
  /** How a UUID is written into such a column. */
  readonly put: string;
  /** The key that tokens name, in the form in which it is read back. */
  readonly read: (uuid: string) => string;
}
const TEXT: Kind = { uuid: 'char(36)', put: '?', read: (uuid) => uuid };
const KINDS: Readonly<Record<'SQLite' | 'PostgreSQL' | 'MySQL', readonly Kind[]>> = {
  SQLite: [TEXT],
  PostgreSQL: [
    TEXT,
    { uuid: 'uuid', put: '?::uuid', read: (uuid) => uuid },
    bytes('bytea', `decode(replace(?, '-', ''), 'hex')`),
  ],
  MySQL: [TEXT, bytes('binary(16)', `UNHEX(REPLACE(?, '-', ''))`)],
};
function bytes(uuid: string, put: string): Kind {
  return { uuid, put, read: (text) => text.replaceAll('-', '') };
}

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-sources-'));
const mariadb: RunningMariadb | null = await startMariadb();
afterAll(async () => {
  await mariadb?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
async function newSource(kind: keyof typeof KINDS): Promise<{ url: string; drop: () => Promise<void> }> {
  if (kind === 'SQLite') return { url: `sqlite:${join(folder, `laravel-${++made}.db`)}`, drop: async () => {} };
  if (kind === 'PostgreSQL') return await postgresDatabase(await postgresUrl());
  if (mariadb === null) throw new Error('There is no MySQL on this machine.');
  return { url: await mariadb.database(), drop: async () => {} };
}

interface Report {
  readonly users: Readonly<Record<string, number>>;
  readonly tokens: Readonly<Record<string, number>>;
  readonly notes: Readonly<Record<string, number>>;
  readonly columns_not_taken: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly not_taken: readonly { readonly at: string; readonly reason: string; readonly sentence: string }[];
}

let server: TestServer;
let bench: Bench;
beforeAll(async () => {
  server = await startTestServer();
  bench = openBench();
});
afterAll(async () => {
  await server.stop();
  await bench.clear();
});

const run = (...args: readonly string[]) =>
  bench.run(['import', 'sanctum', ...args], { settings: { DATABASE_URL: server.database.url, SECRET, URL: ISSUER } });
async function importFrom(url: string, ...args: readonly string[]): Promise<Report> {
  const { stdout, stderr } = await run('--from', url, ...args, '--json');
  if (stdout === '') throw new Error(stderr);
  await server.keyhouse.revocations.follower.poll();
  return JSON.parse(stdout) as Report;
}
/** Why a run ended before it imported anything. */
async function refusal(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...args);
  expect([exitCode, stdout]).toEqual([1, '']);
  return stderr;
}
const whoAmI = (bearer: string) => server.request('/api/v1/cli/loggedUser', { bearer });

const TOKENS = `tokenable_type varchar(255) NOT NULL, name varchar(255) NOT NULL, token varchar(64) NOT NULL, abilities text,
  last_used_at timestamp NULL, expires_at timestamp NULL, created_at timestamp NULL, updated_at timestamp NULL`;

describe('an application whose keys are no numbers', () => {
  for (const [kind, spellings] of Object.entries(KINDS) as [keyof typeof KINDS, readonly Kind[]][])
    for (const { uuid, put, read } of spellings) {
      const isThere = kind !== 'MySQL' || mariadb !== null;
      it.skipIf(!isThere)(
        `${isThere ? '' : `${NEEDS_MARIADB} `}on ${kind} with ${uuid}: its tokens work, names are kept, and what is left behind is told by column`,
        async () => {
          const source = await newSource(kind);
          const { run: write, close } = await connect(source.url);
          await write(
            `CREATE TABLE users (account_uuid ${uuid} NOT NULL PRIMARY KEY, first_name varchar(255), last_name varchar(255), username varchar(255),
            email varchar(255) NOT NULL, password varchar(255), phone varchar(255), remember_token varchar(100), is_banned integer,
            email_verified_at timestamp NULL, created_at timestamp NULL)`,
          );
          await write(
            `CREATE TABLE personal_access_tokens (ulid char(26) NOT NULL PRIMARY KEY, tokenable_id ${uuid} NOT NULL, ${TOKENS})`,
          );
          const people = [
            { id: randomUUID(), first: 'Ada', last: 'Lovelace', phone: '+44', banned: null, secret: newSecret() },
            { id: randomUUID(), first: 'Björk', last: null, phone: null, banned: 1, secret: newSecret() },
            { id: randomUUID(), first: null, last: 'x'.repeat(200), phone: '+49', banned: null, secret: newSecret() },
            { id: randomUUID(), first: null, last: null, phone: '+49', banned: null, secret: newSecret() },
          ];
          const turn = ++made;
          const emailOf = (index: number): string => `person${index}.${turn}@example.com`;
          for (const [index, person] of people.entries()) {
            await write(
              `INSERT INTO users (account_uuid, first_name, last_name, username, email, password, phone, is_banned) VALUES (${put}, ?, ?, ?, ?, ?, ?, ?)`,
              [person.id, person.first, person.last, `nick${index}`, emailOf(index), BCRYPT_10, person.phone, person.banned],
            );
            await write(
              `INSERT INTO personal_access_tokens (ulid, tokenable_id, tokenable_type, name, token, abilities) VALUES (?, ${put}, ?, ?, ?, ?)`,
              [ULID.slice(0, -1) + index, person.id, 'App\\Models\\User', 'phone', sha256(person.secret), '["*"]'],
            );
          }
          await close();

          const report = await importFrom(source.url, '--origin', `app-${turn}`);
          expect(report).toMatchObject({
            users: { read: 4, taken: 4 },
            tokens: { read: 4, taken: 4 },
            notes: { names: 1 },
            not_taken: [],
          });
          expect(report.columns_not_taken).toEqual({
            users: { username: 4, phone: 3, remember_token: 0, is_banned: 1 },
            tokens: { updated_at: 0 },
          });
          const told = [
            ['Ada Lovelace', 'Ada', 'Lovelace'],
            ['Björk', 'Björk', ''],
            ['x'.repeat(100), '', 'x'.repeat(100)],
            [`person3.${turn}`, '', ''],
          ];
          for (const [index, { secret, id }] of people.entries()) {
            const { user } = (await whoAmI(`${ULID.slice(0, -1)}${index}|${secret}`)).json;
            expect([user.display_name, user.first_name, user.last_name]).toEqual(told[index]);
            // A second run recognizes them by the same key.
            expect(await server.store.imports.usersByForeignId(`app-${turn}`, [read(id)])).toHaveLength(1);
          }
          const again = await importFrom(source.url, '--origin', `app-${turn}`);
          expect(again).toMatchObject({ users: { taken: 0, already: 4 }, tokens: { taken: 0, already: 4 } });

          const { stdout } = await run('--from', source.url, '--origin', `app-${turn}`);
          expect(stdout).toContain(
            'Columns that were not imported, and how many rows have a value in them:\n  users, username: 4 rows\n',
          );
          expect(stdout).toContain('  users, is_banned: 1 row (check this: what is disabled there is not disabled here)\n');
          expect(stdout).not.toContain('remember_token');
          await source.drop();
        },
      );
    }

  it('more than a page of them is read whole, in the order of the key', async () => {
    const source = await newSource('SQLite');
    const { run: write, close } = await connect(source.url);
    await write('CREATE TABLE users (uid text NOT NULL PRIMARY KEY, email text NOT NULL, password text)');
    await write(`CREATE TABLE personal_access_tokens (id integer PRIMARY KEY, tokenable_id text, ${TOKENS})`);
    for (let index = 0; index < 1203; index++)
      await write('INSERT INTO users VALUES (?, ?, ?)', [randomUUID(), `many${index}@example.com`, '']);
    await close();
    expect(await importFrom(source.url, '--origin', 'many')).toMatchObject({ users: { read: 1203, taken: 1203 } });
  });

  it('tokens may name users by another column than the key, which then is said', async () => {
    const source = await newSource('SQLite');
    const { run: write, close } = await connect(source.url);
    await write('CREATE TABLE users (id integer PRIMARY KEY, uuid text, name text, email text NOT NULL, password text)');
    await write(`CREATE TABLE personal_access_tokens (id integer PRIMARY KEY, tokenable_id text, ${TOKENS})`);
    const [uuid, secret] = [randomUUID(), newSecret()];
    await write('INSERT INTO users VALUES (?, ?, ?, ?, ?)', [1, uuid, 'Ada', 'by-uuid@example.com', BCRYPT_10]);
    await write(
      'INSERT INTO personal_access_tokens (id, tokenable_id, tokenable_type, name, token, abilities) VALUES (?, ?, ?, ?, ?, ?)',
      [9, uuid, 'App\\Models\\User', 'x', sha256(secret), '["*"]'],
    );
    await close();
    const lost = await importFrom(source.url, '--origin', 'by-uuid', '--dry-run');
    expect(lost.not_taken).toMatchObject([{ reason: 'no_user', sentence: expect.stringContaining('--users-key') }]);
    const found = await importFrom(source.url, '--origin', 'by-uuid', '--users-key', 'uuid');
    expect(found).toMatchObject({ tokens: { taken: 1 }, columns_not_taken: { users: { id: 1 } } });
    expect((await whoAmI(`9|${secret}`)).json.user.display_name).toBe('Ada');
  });

  it('says at once that a table has no key, a column less, or a key that does not tell its rows apart', async () => {
    const source = await newSource('SQLite');
    const { run: write, close } = await connect(source.url);
    await write(`CREATE TABLE personal_access_tokens (id integer PRIMARY KEY, tokenable_id text, ${TOKENS})`);
    await write('CREATE TABLE keyless (email text, password text)');
    await write('CREATE TABLE secretless (id integer PRIMARY KEY, email text)');
    await write('CREATE TABLE double (id integer, email text, password text)');
    for (const id of [1, 1, 2, null]) await write('INSERT INTO double VALUES (?, ?, ?)', [id, `d${id}@example.com`, '']);
    await close();
    const from = (table: string, ...more: string[]) =>
      refusal('--from', source.url, '--users-table', table, '--origin', 'bad', ...more);
    expect(await from('keyless')).toContain('no primary key of one column, and no column id');
    expect(await from('keyless', '--users-key', 'uuid')).toContain('The table keyless has no column uuid.');
    expect(await from('secretless')).toContain('The table secretless has no column password.');
    expect(await from('nothing')).toContain('The source has no table nothing.');
    expect(await from('double')).toMatch(/The column id of double is not different in every row: it matches 2 of 4 rows\./);
    const without = await importFrom(source.url, '--users-table', 'secretless', '--drop-unknown-passwords', '--origin', 'bad');
    expect(without.users).toMatchObject({ read: 0 });
  });
});

describe('dates of nothing and lists of abilities', () => {
  const needs = mariadb === null ? `${NEEDS_MARIADB} ` : '';
  it.skipIf(mariadb === null)(
    `${needs}MySQL’s zero dates say that something did not happen; an end that is one was long ago, as Sanctum reads it`,
    async () => {
      const source = await newSource('MySQL');
      const { run: write, close } = await connect(source.url);
      await write(`SET SESSION sql_mode = ''`);
      const zero = `datetime NOT NULL DEFAULT '0000-00-00 00:00:00'`;
      await write(
        `CREATE TABLE users (id bigint PRIMARY KEY, name varchar(255), email varchar(255), password varchar(255), email_verified_at ${zero}, created_at ${zero}, deleted_at ${zero})`,
      );
      await write(
        `CREATE TABLE personal_access_tokens (id bigint PRIMARY KEY, tokenable_type varchar(255), tokenable_id bigint, name varchar(255), token varchar(64),
        abilities text, last_used_at ${zero}, expires_at datetime NULL, created_at ${zero})`,
      );
      await write('INSERT INTO users (id, name, email, password) VALUES (1, ?, ?, ?)', ['Zero', 'zero@example.com', BCRYPT_10]);
      const [open, ended] = [newSecret(), newSecret()];
      for (const [id, secret, end] of [
        [1, open, null],
        [2, ended, '0000-00-00 00:00:00'],
      ] as const)
        await write(
          'INSERT INTO personal_access_tokens (id, tokenable_type, tokenable_id, name, token, abilities, expires_at) VALUES (?, ?, 1, ?, ?, ?, ?)',
          [id, 'App\\Models\\User', 'x', sha256(secret), '["*"]', end],
        );
      await close();
      const report = await importFrom(source.url, '--origin', 'zero');
      expect(report).toMatchObject({ users: { taken: 1, refused: 0 }, tokens: { taken: 1, over: 1, refused: 0 } });
      expect((await whoAmI(`1|${open}`)).status).toBe(200);
      expect((await whoAmI(`2|${ended}`)).status).toBe(401);
      const user = await server.store.accounts.findUserByEmail('zero@example.com');
      expect(user?.emailVerifiedAtMs).toBeNull();
    },
  );

  it('everything is everything, whatever else stands in the list; a list that PHP filtered is a list', async () => {
    const source = await newSource('SQLite');
    const { run: write, close } = await connect(source.url);
    await write('CREATE TABLE users (id integer PRIMARY KEY, name text, email text, password text)');
    await write(`CREATE TABLE personal_access_tokens (id integer PRIMARY KEY, tokenable_id integer, ${TOKENS})`);
    await write('INSERT INTO users VALUES (?, ?, ?, ?)', [1, 'A', 'abilities@example.com', '']);
    const lists: readonly (readonly [string, string | null])[] = [
      ['["*", "x"]', null],
      ['["server:update", "*"]', null],
      ['{"0":"invoices.read","2":"crm.read"}', null],
      ['{"1":"*"}', null],
      ['["x"]', 'unknown_ability'],
      ['{"invoices":"read"}', 'abilities'],
      ['{"0":"invoices.read","x":"crm.read"}', 'abilities'],
      ['{}', 'abilities'],
      ['["*", "keyhouse.verify"]', 'reserved'],
    ];
    for (const [index, [abilities]] of lists.entries())
      await write(
        'INSERT INTO personal_access_tokens (id, tokenable_id, tokenable_type, name, token, abilities) VALUES (?, 1, ?, ?, ?, ?)',
        [index + 1, 'App\\Models\\User', 'x', sha256(`secret${index}`), abilities],
      );
    await close();
    const report = await importFrom(source.url, '--origin', 'abilities');
    expect(report.not_taken.map(({ at, reason }) => [at, reason])).toEqual(
      lists.flatMap(([, reason], index) => (reason === null ? [] : [[`id ${index + 1}`, reason]])),
    );
    const verify = async (path: string, index: number) =>
      (await server.request(`/verify${path}`, { bearer: `${index + 1}|secret${index}` })).status;
    expect([await verify('/anything', 0), await verify('/anything', 1), await verify('/anything', 3)]).toEqual([200, 200, 200]);
    expect([await verify('/crm', 2), await verify('/anything', 2)]).toEqual([200, 403]);
  });
});
