import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain } from './failure.ts';
import { createProgram } from './program.ts';
import { type Bench, openBench } from './test-helper.ts';

const ADA = ['--email', 'ada@example.com'];
const CALLBACK = ['--redirect-uri', 'https://reader.example.com/callback'];

describe('applications at the command line', () => {
  let bench: Bench;
  let made: Record<string, unknown>;
  beforeAll(async () => {
    bench = openBench();
    await bench.json(['user', 'create', ...ADA, '--password', 'correct horse battery staple']);
    made = await bench.json(['app', 'create', ...ADA, '--name', 'Reader', ...CALLBACK, '--permissions', 'invoices.read']);
  });
  afterAll(() => bench.clear());

  const fails = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await bench.run([...args, '--json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    return JSON.parse(stderr) as { error: string; message: string };
  };

  it('are registered, and their secret is printed once', async () => {
    expect(made).toMatchObject({
      client_id: expect.stringMatching(/^app_[0-9A-Za-z]{22}$/),
      client_secret: expect.stringMatching(/^kh_client_[0-9A-Za-z]{40}[0-9a-f]{8}$/),
      type: 'confidential',
      redirect_uris: ['https://reader.example.com/callback'],
      permissions: ['invoices.read'],
      idle_seconds: null,
      first_party: false,
      verified_at: null,
    });
    const shown = await bench.json(['app', 'show', String(made.client_id)]);
    expect(shown).toMatchObject({ client_id: made.client_id, name: 'Reader' });
    const { stdout } = await bench.run(['app', 'list', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ applications: [{ client_id: made.client_id, live_sessions: 0 }], next: null });
    expect(JSON.stringify(shown) + stdout).not.toMatch(/kh_client_|hash/);
    expect(readFileSync(bench.database).includes(String(made.client_secret))).toBe(false);
  });

  it('that are public have no secret, and every setting has an option', async () => {
    const args = ['--public', '--redirect-uri', 'http://127.0.0.1/cb', '--redirect-uri', 'com.example.app:/cb', '--idle', '30d'];
    const more = ['--post-logout-redirect-uri', 'https://a.example/', '--absolute', '90d', '--first-party', '--verified'];
    const open = await bench.json([
      'app',
      'create',
      '--account',
      '1',
      '--name',
      'Desk',
      ...args,
      ...more,
      '--permissions',
      'none',
    ]);
    expect(open).toMatchObject({
      account: 1,
      type: 'public',
      redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'],
      post_logout_redirect_uris: ['https://a.example/'],
      permissions: [],
      idle_seconds: 2_592_000,
      absolute_seconds: 7_776_000,
      first_party: true,
      verified_at: expect.any(String),
    });
    expect(open).not.toHaveProperty('client_secret');
    expect((await fails(['app', 'rotate-secret', String(open.client_id), '--yes'])).error).toBe('public');
  });

  it('prove themselves with keys in place of a secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = join(bench.folder, 'keys.json');
    const write = (key: typeof publicKey) =>
      writeFileSync(file, JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), alg: 'ES256', kid: 'one' }] }));
    write(publicKey);
    const signer = await bench.json(['app', 'create', ...ADA, '--name', 'Signer', '--jwks', file]);
    expect(signer).toMatchObject({ jwks: { keys: [{ kid: 'one', alg: 'ES256' }] }, secret_made_at: null });
    expect(signer).not.toHaveProperty('client_secret');
    write(privateKey);
    const { exitCode, stderr } = await bench.run(['app', 'create', ...ADA, '--name', 'Signer', '--jwks', file]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('private') });
    expect(stderr).not.toContain(String(privateKey.export({ format: 'jwk' }).d));
  });

  it('are changed: what is not given stays as it is', async () => {
    const id = String(made.client_id);
    const update = (...args: string[]) => bench.json(['app', 'update', id, ...args]);
    expect(await update('--permissions', 'any', '--own-permissions', 'invoices.read')).toMatchObject({
      name: 'Reader',
      permissions: null,
      own_permissions: ['invoices.read'],
    });
    expect(await update('--own-permissions', 'none', '--idle', 'never')).toMatchObject({
      own_permissions: [],
      idle_seconds: null,
    });
    // It never becomes an application of another account; nothing else of the command was done.
    expect((await fails(['app', 'update', id, '--name', 'Other', '--first-party'])).error).toBe('not_operators');
    expect(await bench.json(['app', 'show', id])).toMatchObject({ name: 'Reader', first_party: false });
    expect((await fails(['app', 'create', ...ADA, '--name', 'Own', '--first-party'])).error).toBe('not_operators');
    expect((await bench.run(['app', 'update', id])).exitCode).toBe(2);
  });

  it('lose what the operator said of them when they change, also by this command, until the operator says it again', async () => {
    const own = [
      '--account',
      '1',
      '--name',
      'Own',
      '--redirect-uri',
      'https://own.example.com/cb',
      '--first-party',
      '--verified',
    ];
    const { client_id: id } = await bench.json(['app', 'create', ...own]);
    const update = (...args: string[]) => bench.json(['app', 'update', String(id), ...args]);
    expect(await update('--idle', '30d')).toMatchObject({
      first_party: true,
      verified_at: expect.any(String),
      lost_badges: null,
    });
    const { stdout } = await bench.run(['app', 'update', String(id), '--redirect-uri', 'https://own.example.com/other']);
    expect(stdout).toContain('It is no longer verified and no longer first-party');
    expect(await bench.json(['app', 'show', String(id)])).toMatchObject({
      ...{ first_party: false, verified_at: null },
      lost_badges: { badges: ['verified', 'first_party'], changed: ['redirectUris'] },
    });
    expect(await update('--first-party')).toMatchObject({ first_party: true, lost_badges: { badges: ['verified'] } });
    expect(await bench.json(['app', 'verify', String(id)])).toMatchObject({ verified_at: expect.any(String), lost_badges: null });
    expect(await update('--no-first-party')).toMatchObject({ first_party: false, verified_at: expect.any(String) });
  });

  it('are verified, get another secret, and are deleted', async () => {
    const id = String(made.client_id);
    expect((await bench.json(['app', 'verify', id])).verified_at).toEqual(expect.any(String));
    expect((await bench.json(['app', 'unverify', id])).verified_at).toBeNull();
    const rotated = await bench.json(['app', 'rotate-secret', id, '--overlap-seconds', '60', '--yes']);
    expect(rotated).toMatchObject({ client_secret: expect.stringMatching(/^kh_client_/), client_id: id });
    expect(rotated.client_secret).not.toBe(made.client_secret);
    expect(rotated.previous_secret_ends_at).toEqual(expect.any(String));
    expect(await bench.json(['app', 'delete', id, '--yes'])).toEqual({ client_id: id, deleted: true });
    expect((await fails(['app', 'show', id])).error).toBe('not_found');
    const { stdout } = await bench.run(['audit', 'list', '--json']);
    expect(stdout).toContain('application.deleted');
    expect(stdout).not.toMatch(/kh_client_/);
  });

  it('may ask only for what the catalogue makes grantable', async () => {
    const file = join(bench.folder, 'permissions.json');
    const sentence = 'See it';
    writeFileSync(
      file,
      JSON.stringify({
        permissions: [
          { name: 'a.read', sentence, grantable: true },
          { name: 'b.read', sentence },
        ],
      }),
    );
    await bench.json(['permission', 'set', file, '--yes']);
    expect(await bench.json(['permission', 'list'])).toMatchObject({
      permissions: [
        { name: 'a.read', grantable: true, sensitive: false },
        { name: 'b.read', grantable: false, sensitive: false },
      ],
    });
    const create = ['app', 'create', ...ADA, '--name', 'x', ...CALLBACK, '--permissions'];
    expect(await bench.json([...create, 'a.read'])).toMatchObject({ permissions: ['a.read'] });
    expect((await fails([...create, 'b.read'])).message).toContain('because it is not grantable');
    expect((await fails([...create, 'c.read'])).message).toContain('The permission c.read does not exist.');
  });
});

describe('wrong usage of the commands for applications', () => {
  it.each([
    ['no owner', ['app', 'create', '--name', 'x', ...CALLBACK]],
    ['no name', ['app', 'create', '--account', '1', ...CALLBACK]],
    ['a public one without a place to go back to', ['app', 'create', '--account', '1', '--name', 'x', '--public']],
    ['a redirect URI over plain http', ['app', 'create', '--account', '1', '--name', 'x', '--redirect-uri', 'http://a.example/']],
    ['a wildcard', ['app', 'create', '--account', '1', '--name', 'x', ...CALLBACK, '--permissions', '*']],
    ['a span without a unit', ['app', 'create', '--account', '1', '--name', 'x', ...CALLBACK, '--idle', '30']],
    ['an overlap that is too long', ['app', 'rotate-secret', '1', '--overlap-seconds', '2592001', '--yes']],
    ['no terminal to confirm at', ['app', 'delete', '1']],
  ])('%s is exit 2, found before anything is opened', async (_, args) => {
    const error: unknown = await createProgram()
      .parseAsync([...args], { from: 'user' })
      .catch((thrown: unknown) => thrown);
    expect(explain(error)).toMatchObject({ code: 'usage', exitCode: 2 });
  });
});
