/**
 * The file of a SQLite database that is deleted, cut or replaced while the server has it open: nothing is acknowledged that would
 * be lost.
 */
import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { startProgram } from '../program.ts';

const PERSON = { email: 'ada@example.com', password: 'correct horse battery staple', device_name: 'test' };

interface Files {
  readonly database: string;
  readonly secret: string;
}

async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-file-'));
  const files: Files = { database: join(folder, 'keyhouse.db'), secret: join(folder, 'secret') };
  const start = () => startProgram({ KEYHOUSE_DATABASE_URL: `sqlite:${files.database}` });
  return { files, start, clear: () => rmSync(folder, { recursive: true, force: true }) };
}

const post = async (
  origin: string,
  path: string,
  body: unknown,
): Promise<{ status: number; json: { user?: { access_token: string } } }> => {
  const answer = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: (await answer.json()) as { user?: { access_token: string } } };
};

const verify = async (origin: string, token: string): Promise<number> =>
  (await fetch(`${origin}/verify?permission=invoices.read`, { headers: { authorization: `Bearer ${token}` } })).status;

const ready = async (origin: string): Promise<number> => (await fetch(`${origin}/readyz`)).status;

const tricks: readonly [string, (files: Files) => void][] = [
  ['deleted', ({ database }) => unlinkSync(database)],
  ['cut to nothing', ({ database }) => truncateSync(database, 0)],
  ['cut in the middle', ({ database }) => truncateSync(database, 20_000)],
  [
    'replaced by a copy',
    ({ database }) => {
      copyFileSync(database, `${database}.copy`);
      renameSync(`${database}.copy`, database);
    },
  ],
  ['parted from its -wal file', ({ database }) => unlinkSync(`${database}-wal`)],
];

it.each(tricks)('is told from a good one when it is %s: 503, and nothing is written', async (_, trick) => {
  const { files, start, clear } = await open();
  const program = await start();
  try {
    const { origin } = program;
    const registered = await post(origin, '/api/v1/auth/register', PERSON);
    expect(registered.status).toBe(201);
    const token = registered.json.user?.access_token ?? '';
    expect(await verify(origin, token)).toBe(200);
    trick(files);
    // Not one more is acknowledged.
    for (let i = 0; i < 3; i++)
      expect((await post(origin, '/api/v1/auth/register', { ...PERSON, email: `late-${i}@example.com` })).status).toBe(503);
    await expect.poll(() => ready(origin)).toBe(503);
    await expect.poll(() => verify(origin, token)).toBe(503);
    expect(program.output()).toContain(files.database);
  } finally {
    await program.stop();
    clear();
  }
});

it('is read by no page of the dashboard when it is deleted', async () => {
  const { files, start, clear } = await open();
  const program = await start();
  try {
    const { origin } = program;
    const headers = { 'content-type': 'application/json', origin: 'http://localhost:4141' };
    const { email, password } = PERSON;
    const registered = await fetch(`${origin}/dashboard/api/register`, {
      ...{ method: 'POST', headers, body: JSON.stringify({ email, password }) },
    });
    expect(registered.status).toBe(200);
    const cookie = registered.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const me = async () => (await fetch(`${origin}/dashboard/api/me`, { headers: { cookie } })).status;
    expect(await me()).toBe(200);
    unlinkSync(files.database);
    expect(await me()).toBe(503);
  } finally {
    await program.stop();
    clear();
  }
});

it('is good again when it is put back', async () => {
  const { files, start, clear } = await open();
  const program = await start();
  try {
    const { origin } = program;
    const { json } = await post(origin, '/api/v1/auth/register', PERSON);
    const token = json.user?.access_token ?? '';
    renameSync(files.database, `${files.database}.aside`);
    await expect.poll(() => verify(origin, token)).toBe(503);
    renameSync(`${files.database}.aside`, files.database);
    await expect.poll(() => verify(origin, token)).toBe(200);
    expect((await post(origin, '/api/v1/auth/register', { ...PERSON, email: 'late@example.com' })).status).toBe(201);
    expect(await ready(origin)).toBe(200);
  } finally {
    await program.stop();
    clear();
  }
});

it.each([
  ['missing', (database: string) => rmSync(database)],
  ['empty', (database: string) => writeFileSync(database, '')],
])('is not made anew where its secret is there: it is %s', async (_, lose) => {
  const { files, start, clear } = await open();
  try {
    const program = await start();
    await program.stop();
    lose(files.database);
    await expect(start()).rejects.toThrow('which was created with it, exists. Put the database back.');
    rmSync(files.secret);
    await (await start()).stop();
  } finally {
    clear();
  }
});

it('is made anew beside the secret of another database when its own is a setting', async () => {
  const { files, clear } = await open();
  try {
    writeFileSync(files.secret, 'the secret of another database in this folder');
    const settings = {
      KEYHOUSE_DATABASE_URL: `sqlite:${files.database}`,
      KEYHOUSE_SECRET: 'a secret that is given as a setting',
    };
    await (await startProgram(settings)).stop();
  } finally {
    clear();
  }
});

it('gets its secret at the next start when the first one was killed before that was made', async () => {
  const { files, start, clear } = await open();
  try {
    await (await openStore({ url: `sqlite:${files.database}`, onWarning: () => {} })).close();
    await (await start()).stop();
    rmSync(files.secret);
    await expect(start()).rejects.toThrow(`${files.secret} is missing, but the database was created with it`);
  } finally {
    clear();
  }
});
