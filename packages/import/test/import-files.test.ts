/**
 * Files as spreadsheets, databases and APIs write them: what cannot be read says why, and a page is not taken for the whole list.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from '../../server/src/cli/test-helper.ts';
import { ISSUER, startTestServer, type TestServer } from '../../server/test/server.ts';
import { BCRYPT_10 } from './sanctum.ts';

const SECRET = 'a master secret for the tests, long enough';
const sha256 = (text: string, encoding: 'hex' | 'base64' = 'hex'): string => createHash('sha256').update(text).digest(encoding);

let server: TestServer;
let bench: Bench;
let files = 0;
beforeAll(async () => {
  server = await startTestServer();
  bench = openBench();
});
afterAll(async () => {
  await server.stop();
  await bench.clear();
});

function write(content: string | Buffer): string {
  const file = join(bench.folder, `file-${++files}`);
  writeFileSync(file, content);
  return file;
}
const run = (...args: readonly string[]) =>
  bench.run(['import', ...args], { settings: { DATABASE_URL: server.database.url, SECRET, URL: ISSUER } });
async function report(...args: readonly string[]) {
  const { stdout, stderr } = await run(...args, '--json');
  if (stdout === '') throw new Error(stderr);
  await server.keyhouse.revocations.follower.poll();
  return JSON.parse(stdout);
}
/** Why nothing of a file was imported. */
async function refusal(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...args);
  expect([exitCode, stdout]).toEqual([1, '']);
  return stderr;
}
const KEYS = ['--format', 'csv', '--account', '1'] as const;

const utf16 = (text: string, order: 'le' | 'be'): Buffer => {
  const bytes = Buffer.from(`\u{feff}${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
};

describe('a list of keys in CSV', () => {
  let turn = 0;
  const rows = (delimiter: string): { text: string; name: string } => {
    const name = `Größe ${++turn}`;
    const cells = [
      ['hash', 'name', 'permissions', 'created_at'],
      [sha256(name), `"${name}"`, '"invoices.read, crm.read"', 'NULL'],
      [sha256(`${name} 2`), '"a;b,c"', '*', '\\N'],
    ];
    return { name, text: cells.map((line) => line.join(delimiter)).join('\r\n') };
  };
  it.each([
    ['commas', ',', (text: string) => text],
    ['semicolons', ';', (text: string) => text],
    ['tabs', '\t', (text: string) => text],
    ['bars', '|', (text: string) => text],
    ['semicolons behind a byte-order mark', ';', (text: string) => `\u{feff}${text}`],
    ['semicolons behind the first line of Excel', ';', (text: string) => `\u{feff}sep=;\r\n${text}`],
    ['tabs in UTF-16, as Excel saves “Unicode text”', '\t', (text: string) => utf16(text, 'le')],
    ['semicolons in UTF-16, the other way round', ';', (text: string) => utf16(text, 'be')],
  ])('is read with %s', async (_, delimiter, encode) => {
    const { text, name } = rows(delimiter);
    const told = await report('keys', write(encode(text)), ...KEYS);
    expect(told).toMatchObject({ keys: { read: 2, taken: 2 }, columns_not_taken: { keys: {} }, not_taken: [] });
    const keys = await server.store.credentials.listCredentials({
      ...{ kind: 'key', accountId: 1, withRevoked: false, limit: 100 },
    });
    expect(keys.find((key) => key.name === name)?.permissions).toEqual(['invoices.read', 'crm.read']);
  });

  it('tells the line of a broken row, also behind a line of Excel, and never shows a cell', async () => {
    const hash = sha256('broken');
    const told = await report('keys', write(`sep=;\nhash;permissions\n${hash};*\n${hash}x;*;more\n`), ...KEYS);
    expect(told.not_taken).toMatchObject([{ at: 'line 4', reason: 'unreadable' }]);
    const headless = await refusal('keys', write(`${hash};Billing\n${hash};x\n`), ...KEYS);
    expect(headless).toContain('the header does not have hash. The first line has 2 cells between semicolons.');
    expect(headless).not.toContain(hash);
    expect(headless).not.toContain('Billing');
    const strange = await refusal('keys', write('hash;colour\n'), ...KEYS);
    expect(strange).toContain('an unknown column: colour.');
  });

  it('in UTF-16 without a mark, or in another encoding, is refused with what to do', async () => {
    const text = `hash,permissions\n${sha256('x')},*\n`;
    expect(await refusal('keys', write(Buffer.from(text, 'utf16le')), ...KEYS)).toContain('Save it as UTF-8.');
    expect(await refusal('keys', write(Buffer.from('hash,name\nx,M\xfcller\n', 'latin1')), ...KEYS)).toContain('not UTF-8');
    for (const short of ['', 'h', '\u{feff}']) expect(await refusal('keys', write(short), ...KEYS)).toMatch(/header/);
  });
});

describe('the tables of an application in CSV', () => {
  it('keep what is missing apart from what is called so, and name the columns that were not taken', async () => {
    const users = write(
      [
        'uuid;first_name;last_name;email;password;deleted_at;email_verified_at;locale',
        `11111111-1111-4111-8111-111111111111;Ada;"NULL";null1@example.com;${BCRYPT_10};NULL;NULL;de`,
        `22222222-2222-4222-8222-222222222222;NULL;Hopper;null2@example.com;\\N;\\N;2024-05-06 07:08:09;NULL`,
      ].join('\n'),
    );
    const tokens = write(
      [
        'id\ttokenable_type\ttokenable_id\tname\ttoken\tabilities\texpires_at',
        `7\tApp\\Models\\User\t11111111-1111-4111-8111-111111111111\tphone\t${sha256('of ada')}\t["*"]\tNULL`,
      ].join('\n'),
    );
    const told = await report('sanctum', '--users', users, '--tokens', tokens, '--users-key', 'uuid');
    expect(told).toMatchObject({ users: { taken: 2, over: 0 }, tokens: { taken: 1 }, not_taken: [] });
    expect(told.columns_not_taken).toEqual({ users: { locale: 1 }, tokens: {} });
    const [ada, grace] = await Promise.all(
      ['null1@example.com', 'null2@example.com'].map((email) => server.store.accounts.findUserByEmail(email)),
    );
    expect([ada?.displayName, ada?.firstName, ada?.lastName]).toEqual(['Ada NULL', 'Ada', 'NULL']);
    expect([grace?.displayName, grace?.firstName, grace?.passwordHash]).toEqual(['Hopper', '', '']);
    const without = await refusal('sanctum', '--users', users, '--tokens', tokens);
    expect(without).toContain('the header does not have id. The first line has 8 cells between semicolons.');
  });

  it('and a map of abilities may begin with a byte-order mark', async () => {
    const map = write('\u{feff}{"a":"invoices.read"}');
    const list = write(`hash,permissions\n${sha256('mapped')},a\n`);
    expect((await report('keys', list, ...KEYS, '--map-file', map)).keys.taken).toBe(1);
  });
});

describe('a page of a list', () => {
  const UNKEY = ['--format', 'unkey', '--account', '1'] as const;
  const key = (id: string) => ({ keyId: id, hash: sha256(id, 'base64'), permissions: ['documents.read'], meta: { plan: 'pro' } });

  it.each([
    ['Unkey v2', { data: [key('p1')], pagination: { hasMore: true, cursor: 'key_2' } }, '"hasMore": true'],
    ['Unkey v2, without hasMore', { data: [key('p1')], pagination: { cursor: 'key_2' } }, '"cursor"'],
    ['Unkey v1', { keys: [key('p1')], total: 1, cursor: 'eyJrZXkiOiJ4In0' }, '"cursor"'],
    ['Unkey v1, by its total', { keys: [key('p1')], total: 250 }, '"total": 250, but it has 1 rows'],
    ['another’s', { data: [key('p1')], has_more: true }, '"has_more": true'],
    [
      'in a list of pages',
      [
        { data: [key('p1')], pagination: { hasMore: true } },
        { data: [], meta: { hasNextPage: true } },
      ],
      'hasNextPage',
    ],
  ])('is refused when another follows: %s', async (_, page, why) => {
    const told = await refusal('keys', write(JSON.stringify(page)), ...UNKEY);
    expect(told).toContain('the list is not complete');
    expect(told).toContain(why);
    expect(await server.store.imports.knownHashes([sha256('p1')])).toEqual([]);
  });

  it('of better-auth’s API is refused too', async () => {
    const page = { apiKeys: [{ id: 'a', key: 'x' }], total: 20, limit: 1, offset: 0 };
    expect(await refusal('keys', write(JSON.stringify(page)), '--format', 'better-auth', '--account', '1')).toContain(
      '"total": 20',
    );
  });

  it('is taken when it is the last one, and so are all pages, a page a line', async () => {
    const last = { data: [key('q1')], meta: { requestId: 'req_1' }, pagination: { hasMore: false, cursor: 'key_9' } };
    const told = await report('keys', write(JSON.stringify(last)), ...UNKEY);
    expect(told).toMatchObject({ keys: { read: 1, taken: 1 }, columns_not_taken: { keys: { meta: 1 } } });
    const pages = [
      { data: [key('q1'), key('q2')], pagination: { hasMore: true, cursor: 'c' } },
      { data: [key('q3')], pagination: { hasMore: false } },
    ];
    const lines = pages.map((page) => JSON.stringify(page)).join('\n');
    expect((await report('keys', write(lines), ...UNKEY)).keys).toMatchObject({ read: 3, taken: 2, already: 1 });
    const v1 = { keys: [key('q4')], total: 1, cursor: '' };
    expect((await report('keys', write(JSON.stringify(v1)), ...UNKEY)).keys).toMatchObject({ taken: 1 });
    expect(await refusal('keys', write(`${lines}\n{"data":`), ...UNKEY)).toContain('line 3: this is not a page of a list');
  });
});
