import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain } from './failure.ts';
import { createProgram } from './program.ts';
import { type Bench, openBench } from './test-helper.ts';

const PASSWORD = 'correct horse battery staple';

describe('the operator’s program', () => {
  let bench: Bench;
  let created: Record<string, unknown>;
  let key: Record<string, unknown>;

  beforeAll(async () => {
    bench = openBench();
    created = await bench.json(['user', 'create', '--email', 'ada@example.com', '--password', PASSWORD, '--administrator']);
    key = await bench.json(['key', 'create', '--email', 'ada@example.com', '--name', 'ERP', '--permissions', 'invoices.read']);
  });
  afterAll(() => bench.clear());

  it('makes a user with a personal account, on a machine that has no database yet', () => {
    expect(created).toMatchObject({ email: 'ada@example.com', administrator: true, display_name: 'ada' });
    expect(statSync(bench.database).mode & 0o777).toBe(0o600);
  });

  it('takes a password from standard input, and tells nobody', async () => {
    const args = ['user', 'create', '--email', 'bob@example.com', '--password-stdin'];
    const { exitCode, stdout, stderr } = await bench.run(args, { input: `${PASSWORD}\n` });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).not.toContain(PASSWORD);
  });

  it('refuses an address that is taken, with exit 1 and nothing on standard output', async () => {
    const args = ['user', 'create', '--email', 'ADA@example.com', '--password', PASSWORD, '--json'];
    const { exitCode, stdout, stderr } = await bench.run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: 'taken', message: 'A user with this email address already exists.' });
  });

  it('refuses a weak password with the sentence of the rules', async () => {
    const { exitCode, stderr } = await bench.run(['user', 'reset-password', 'ada@example.com', '--password', 'password']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('too common') });
  });

  it('says what a new password ended', async () => {
    const { stdout } = await bench.run(['user', 'reset-password', 'ada@example.com', '--password', 'quite another long one']);
    expect(stdout).toContain('has the new password. This ended nothing else.');
  });

  it('prints the secret of a key once, for the personal account of the user', async () => {
    expect(key).toMatchObject({
      key: expect.stringMatching(/^kh_live_[A-Za-z0-9]{40}[0-9a-f]{8}$/),
      account: created.account,
      permissions: ['invoices.read'],
      expires_at: null,
    });
    const { stdout } = await bench.run(['key', 'list', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ keys: [{ id: key.id, name: 'ERP' }], next: null });
    expect(stdout).not.toContain('kh_live_');
    expect(readFileSync(bench.database).includes(String(key.key))).toBe(false);
  });

  it('tells people that the key will not be shown again', async () => {
    const args = ['key', 'create', '--account', '1', '--name', 'Gateway', '--permissions', 'keyhouse.verify', '--env', 'test'];
    const { stdout } = await bench.run(args);
    expect(stdout).toMatch(/kh_test_\w{48}/);
    expect(stdout).toContain('It will not be shown again');
  });

  it('rotates a key and hands out the new secret, and narrows it only ever downwards', async () => {
    const rotated = await bench.json(['key', 'rotate', String(key.id), '--overlap-seconds', '60', '--yes']);
    expect(rotated).toMatchObject({ id: key.id, key: expect.stringMatching(/^kh_live_/), previous_ends_at: expect.any(String) });
    expect(rotated.key).not.toBe(key.key);
    const wider = await bench.run(['key', 'narrow', String(key.id), '--permissions', 'invoices.write', '--yes', '--json']);
    expect({ exitCode: wider.exitCode, ...JSON.parse(wider.stderr) }).toMatchObject({ exitCode: 1, error: 'wider' });
  });

  it('replaces the catalogue from a file, tells all its faults, and holds keys to it from then on', async () => {
    const file = join(bench.folder, 'permissions.json');
    writeFileSync(file, '{"permissions":[{"name":"x","sentence":""}],"more":1}');
    const bad = await bench.run(['permission', 'set', file, '--yes']);
    expect(bad.exitCode).toBe(1);
    for (const place of ['more:', 'permissions[0].name:', 'permissions[0].sentence:']) expect(bad.stderr).toContain(place);

    writeFileSync(file, '{"permissions":[{"name":"invoices.read","sentence":"See your invoices"}]}');
    expect(await bench.json(['permission', 'set', file, '--yes'])).toEqual({ permissions: 1, routes: null });
    const unknown = await bench.run(['key', 'create', '--account', '1', '--name', 'x', '--permissions', 'cats.read']);
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('The permission cats.read does not exist.') });
  });

  it('keeps all that on record, in the name of the operator and without a secret', async () => {
    const { stdout } = await bench.run(['audit', 'list', '--json']);
    const { events } = JSON.parse(stdout) as { events: { event: string; actor: string }[] };
    expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(['operator']));
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['user.created', 'key.created', 'key.rotated']));
    expect(stdout).not.toMatch(/kh_|horse/);
  });
});

describe('wrong usage', () => {
  const bench = openBench();
  afterAll(() => bench.clear());

  const SECRET = `kh_live_${'a'.repeat(40)}00000000`;
  it.each([
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['key', 'list', '--colour']],
    ['a missing argument', ['key', 'revoke', '--yes']],
    ['a missing option', ['key', 'create', '--account', '1']],
    ['a key without an owner', ['key', 'create', '--name', 'x']],
    ['two owners', ['key', 'create', '--name', 'x', '--account', '1', '--email', 'a@example.com']],
    ['an end in the past', ['key', 'create', '--name', 'x', '--account', '1', '--expires', '2020-01-01']],
    ['an address block with host bits', ['key', 'create', '--name', 'x', '--account', '1', '--addresses', '203.0.113.7/24']],
    ['a malformed permission', ['key', 'create', '--name', 'x', '--account', '1', '--permissions', 'everything']],
    ['no terminal to confirm at', ['key', 'revoke', '1']],
    ['no password', ['user', 'create', '--email', 'a@example.com']],
    ['a secret in the place of an id', ['key', 'revoke', SECRET, '--yes']],
    ['a secret in the place of a command', ['key', SECRET]],
    ['a secret beyond the arguments', ['key', 'list', 'hunter2']],
  ])('%s is exit 2, found before anything is opened, and repeats no secret', async (_, args) => {
    const error: unknown = await createProgram()
      .parseAsync([...args], { from: 'user' })
      .catch((thrown: unknown) => thrown);
    const { code, message, exitCode } = explain(error);
    expect({ code, exitCode }).toEqual({ code: 'usage', exitCode: 2 });
    expect(message).not.toMatch(/kh_live|hunter2/);
  });

  it('is told as JSON on standard error when --json was given', async () => {
    const { exitCode, stdout, stderr } = await bench.run(['key', 'revoke', SECRET, '--yes', '--json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: 'usage', message: 'The ID of a key must be a whole number of at least 1.' });
  });

  it('no command at all prints the help on standard error', async () => {
    const { exitCode, stderr } = await bench.run([]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Usage: keyhouse') });
  });

  it('every fault of the settings is told at once', async () => {
    const settings = { PORT: 'http', SECRET: 'short', SIGNUP: 'maybe', COLOUR: 'red' };
    const { exitCode, stderr } = await bench.run(['key', 'list'], { settings });
    expect(exitCode).toBe(1);
    for (const name of Object.keys(settings)) expect(stderr).toContain(`KEYHOUSE_${name}`);
    expect(stderr).not.toContain('short ');
  });

  it('a database that is not there is not made by looking at it', async () => {
    const { exitCode, stderr } = await bench.run(['key', 'list']);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('There is no database') });
    expect(() => statSync(bench.database)).toThrow();
  });
});
