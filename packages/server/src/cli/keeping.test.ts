import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replaceSecret, secretFiles } from '../secret-file.ts';
import { type Bench, openBench } from './test-helper.ts';

const epochOf = (file: string): unknown => {
  const database = new SQLite(file, { readonly: true });
  const epoch = database.prepare("SELECT value FROM settings WHERE name = 'epoch'").pluck().get();
  database.close();
  return epoch;
};

describe('keeping a database', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = openBench();
    const server = await bench.serve();
    await bench.json(['key', 'create', '--account', '1', '--name', 'kept']);
    // Next to the running server: what was just committed is in it.
    await bench.json(['backup', join(bench.folder, 'copy.db')]);
    await server.stop();
  });
  afterAll(() => bench.clear());

  it('backs up beside a running server: whole, private, without the master secret and without its epoch', () => {
    const copy = join(bench.folder, 'copy.db');
    const database = new SQLite(copy, { readonly: true });
    expect(database.prepare('SELECT name FROM credentials').pluck().all()).toEqual(['kept']);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(epochOf(copy)).toBeUndefined();
    expect(readFileSync(copy).includes(readFileSync(secretFiles(bench.database).current, 'utf8').trim())).toBe(false);
    expect(readdirSync(bench.folder).filter((name) => name.includes('copy'))).toEqual(['copy.db']);
  });

  it('never replaces a file by a backup', async () => {
    const file = join(bench.folder, 'precious.txt');
    writeFileSync(file, 'precious');
    const { exitCode, stderr } = await bench.run(['backup', file, '--json']);
    expect({ exitCode, ...JSON.parse(stderr) }).toMatchObject({ exitCode: 1, error: 'exists' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it('gives a restored backup an epoch of its own, and the old secret opens it', async () => {
    const restored = openBench();
    copyFileSync(join(bench.folder, 'copy.db'), restored.database);
    copyFileSync(secretFiles(bench.database).current, secretFiles(restored.database).current);
    expect(await restored.json(['key', 'list'])).toMatchObject({ keys: [{ name: 'kept' }] });
    expect(epochOf(restored.database)).toMatch(/^[0-9a-f]{32}$/);
    expect(epochOf(restored.database)).not.toBe(epochOf(bench.database));
    await restored.clear();
  });

  it('prints what a migration would run, and creates and changes nothing', async () => {
    const fresh = openBench();
    const { exitCode, stdout } = await fresh.run(['migrate', '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('CREATE TABLE credentials');
    expect(readdirSync(fresh.folder)).toEqual([]);
    await fresh.clear();

    const before = [readdirSync(bench.folder), readFileSync(bench.database)];
    expect(await bench.json(['migrate', '--dry-run'])).toEqual({ pending: [] });
    expect([readdirSync(bench.folder), readFileSync(bench.database)]).toEqual(before);
  });

  it('tells PostgreSQL operators to use their own tool', async () => {
    const settings = { DATABASE_URL: 'postgres://127.0.0.1:1/x', SECRET: 'x'.repeat(32) };
    const { exitCode, stderr } = await bench.run(['backup', join(bench.folder, 'pg.db')], { settings });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('pg_dump') });
  });
});

describe('rotating the master secret', () => {
  const bench = openBench();
  const files = secretFiles(bench.database);
  const current = (): string => readFileSync(files.current, 'utf8').trim();
  beforeAll(async () => {
    await (await bench.serve()).stop();
  });
  afterAll(() => bench.clear());

  it('makes a fresh one where it is kept beside the database, and forgets the old one', async () => {
    const old = current();
    expect(await bench.json(['secret', 'rotate', '--yes'])).toEqual({ resealed: 4, secret_file: files.current });
    expect(current()).not.toBe(old);
    expect(existsSync(files.previous)).toBe(false);
    expect(statSync(files.current).mode & 0o777).toBe(0o600);
    const withOld = await bench.run(['key', 'list'], { settings: { SECRET: old } });
    expect(withOld.exitCode).toBe(1);
  });

  it('brings a rotation that was interrupted to its end', async () => {
    const { secret } = replaceSecret(bench.database);
    expect((await bench.run(['doctor'])).stdout).toContain('interrupted');
    expect(await bench.json(['secret', 'rotate', '--yes'])).toMatchObject({ resealed: 4 });
    expect([current(), existsSync(files.previous)]).toEqual([secret, false]);
  });

  it('seals anew from KEYHOUSE_SECRET_PREVIOUS to KEYHOUSE_SECRET', async () => {
    const given = 'a secret of the operator’s own choice, long enough';
    const settings = { SECRET: given, SECRET_PREVIOUS: current() };
    expect(await bench.json(['secret', 'rotate', '--yes'], { settings })).toEqual({ resealed: 4, secret_file: null });
    expect((await bench.json(['signing-key', 'list'], { settings: { SECRET: given } })).signing_keys).toHaveLength(4);
    const alone = await bench.run(['secret', 'rotate', '--yes', '--json'], { settings: { SECRET: given } });
    expect({ exitCode: alone.exitCode, ...JSON.parse(alone.stderr) }).toMatchObject({ exitCode: 1, error: 'no_new_secret' });
  });
});

describe('the doctor', () => {
  const bench = openBench();
  afterAll(() => bench.clear());

  it('says what is wrong and what to do, and makes nothing', async () => {
    const { exitCode, stdout } = await bench.run(['doctor'], { settings: { URL: 'http://keys.example.com' } });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^WRONG\s+url[^\n]*plain HTTP[^\n]*\n\s+→ Put TLS in front/m);
    expect(readdirSync(bench.folder)).toEqual([]);
  });

  it('finds a secret that others can read, and a database that lost its secret', async () => {
    await bench.json(['migrate']);
    const { current } = secretFiles(bench.database);
    chmodSync(current, 0o644);
    const open = await bench.run(['doctor']);
    expect(open).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`chmod 600 ${current}`) });
    chmodSync(current, 0o600);
    writeFileSync(current, 'ab'.repeat(32));
    const other = await bench.run(['doctor']);
    expect(other).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('not the master secret of this database') });
  });
});
