/** What a hostile source, and an attacker after an import, could try. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCredential } from '@keyhouse/protocol';
import { expect, it, vi } from 'vitest';
import { naughtyStrings } from '../../protocol/test/vectors.ts';
import { openBench } from '../../server/src/cli/test-helper.ts';
import { eachDatabase, type TestDatabase } from '../../server/test/databases.ts';
import { ISSUER, importPortsOf, OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../server/test/server.ts';
import { type KeysWish, importKeys as takeOverKeys } from '../src/import-keys.ts';
import { type SanctumWish, importSanctum as takeOverSanctum } from '../src/import-sanctum.ts';
import type { ImportReport, SourceRow } from '../src/run.ts';
import { BCRYPT_10, newSecret } from './sanctum.ts';

const NOWHERE = { address: null, userAgent: null };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Cells = Readonly<Record<string, unknown>>;

async function* rowsOf(cells: readonly Cells[]): AsyncGenerator<readonly SourceRow[]> {
  yield cells.map((each, index) => ({ at: `row ${index + 1}`, cells: each }));
}

const COMMON = { dryRun: false, map: new Map<string, readonly string[]>(), dropUnknownAbilities: false };

function importSanctum(server: TestServer, users: readonly Cells[], tokens: readonly Cells[], more: Partial<SanctumWish> = {}) {
  const options = { merge: false, dropUnknownPasswords: false, expirationMinutes: null, models: ['App\\Models\\User'] };
  const wish = { ...COMMON, origin: 'sanctum', ...options, users: rowsOf(users), tokens: rowsOf(tokens), ...more };
  return takeOverSanctum(importPortsOf(server), wish);
}

function importKeys(server: TestServer, keys: readonly Cells[], more: Partial<KeysWish> = {}) {
  const options = { format: 'csv', accountId: null, owners: new Map(), permissions: null, dropLimits: false } as const;
  return takeOverKeys(importPortsOf(server), { ...COMMON, origin: 'csv', ...options, keys: rowsOf(keys), ...more });
}

const user = (id: number, email: string, more: Cells = {}): Cells => ({ id, email, name: 'X', password: BCRYPT_10, ...more });
const token = (id: number, secret: string, more: Cells = {}): Cells => ({
  ...{ id, tokenable_type: 'App\\Models\\User', tokenable_id: 1, name: 'x', token: sha256(secret), abilities: '["*"]' },
  ...more,
});

const judge = (server: TestServer, text: string) => Promise.resolve(server.keyhouse.verify(parseCredential(text), NOWHERE));
const reasons = ({ problems }: ImportReport): readonly string[] => problems.map(({ reason }) => reason);

eachDatabase('an import', (database) => {
  const open = async (): Promise<TestServer> => startTestServer({ database: await database() });

  it('gives nobody the account of somebody whose address it names', async () => {
    const server = await open();
    const victim = await server.register('victim@example.com', { isVerified: false });
    const rows = [user(1, 'Victim@Example.com', { email_verified_at: '2024-01-01 00:00:00' })];
    const secret = newSecret();
    expect(reasons(await importSanctum(server, rows, [token(1, secret)]))).toEqual(['address_taken', 'user_not_taken']);
    // Not verified here: the person who registered may be another one, so not with --merge either.
    expect(reasons(await importSanctum(server, rows, [token(1, secret)], { merge: true }))).toEqual([
      'address_not_verified',
      'user_not_taken',
    ]);
    expect(await judge(server, `1|${secret}`)).toMatchObject({ ok: false });
    // The password of the file does not work.
    const logIn = (password: string) =>
      server.request('/api/v1/auth/login', { body: { email: victim.email, password, device_name: 'x' } });
    expect((await logIn(PASSWORD)).status).toBe(200);
    expect(await server.store.accounts.findUserByEmail('victim@example.com')).toMatchObject({ emailVerifiedAtMs: null });

    await verifyAddress(server, victim.id, victim.email);
    // Verified here, but not there.
    expect(reasons(await importSanctum(server, [user(1, victim.email)], [], { merge: true }))).toEqual(['address_not_verified']);
    const merged = await importSanctum(server, rows, [token(1, secret)], { merge: true });
    expect(merged).toMatchObject({ users: { taken: 1 }, tokens: { taken: 1 }, notes: { merged: 1 }, problems: [] });
    expect(await judge(server, `1|${secret}`)).toMatchObject({ ok: true, caller: { userId: victim.id } });
    const stored = await server.store.accounts.findUserByEmail('victim@example.com');
    expect(stored?.passwordHash.startsWith('$argon2id$')).toBe(true);
    await server.stop();
  });

  it('takes nobody of another application for a user of the first', async () => {
    const server = await open();
    await importSanctum(server, [user(1, 'ada@example.com')], []);
    const secret = newSecret();
    const other = await importSanctum(server, [user(1, 'eve@example.com')], [token(9, secret)]);
    expect(reasons(other)).toEqual(['other_address', 'user_not_taken']);
    const named = await importSanctum(server, [user(1, 'eve@example.com')], [token(9, secret)], { origin: 'shop' });
    expect(named).toMatchObject({ users: { taken: 1 }, tokens: { taken: 1 } });
    const eve = await server.store.accounts.findUserByEmail('eve@example.com');
    expect(await judge(server, `9|${secret}`)).toMatchObject({ caller: { userId: eve?.id } });
    await server.stop();
  });

  it('mixes no ids: our token 1 and an imported token 1 stand side by side', async () => {
    const server = await open();
    const ada = await server.register('ada@example.com');
    const ours = ada.token;
    const [id = '', secret = ''] = ours.split('|');
    const theirs = newSecret();
    expect((await importSanctum(server, [user(1, 'eve@example.com')], [token(Number(id), theirs)])).tokens.taken).toBe(1);
    expect(await judge(server, ours)).toMatchObject({ ok: true, caller: { userId: ada.id } });
    const imported = await judge(server, `${id}|${theirs}`);
    if (!imported.ok || imported.caller.kind !== 'token') throw new Error('It was not taken.');
    expect(imported.caller.userId).not.toBe(ada.id);
    expect(imported.caller.credentialId).not.toBe(Number(id));
    // Each secret with the other's number, and with the number that it has here.
    for (const wrong of [`${imported.caller.credentialId}|${theirs}`, `${imported.caller.credentialId}|${secret}`])
      expect(await judge(server, wrong), wrong).toMatchObject({ ok: false, reason: 'unknown' });
    await server.stop();
  });

  it('cannot bring what has a form of ours: such texts are judged by our own rules', async () => {
    const server = await open();
    const ada = await server.register('ada@example.com');
    const secrets = ['kh_short', 'kh_live_short', 'eyJhbGciOiJub25lIn0', `kh_${'a'.repeat(48)}`];
    const rows = secrets.map((secret, index) => token(index + 1, secret));
    expect((await importSanctum(server, [user(1, 'eve@example.com')], rows)).tokens.taken).toBe(4);
    for (const [index, secret] of secrets.entries()) {
      if (secret.startsWith('kh_')) expect(await judge(server, `${index + 1}|${secret}`)).toMatchObject({ reason: 'malformed' });
      expect(await judge(server, secret)).toMatchObject({ reason: 'malformed' });
    }
    const known = await importKeys(server, [{ hash: sha256('x'), prefix: 'kh_test_', permissions: '*', account: ada.accountId }]);
    expect(reasons(known)).toEqual(['prefix']);
    await server.stop();
  });

  it('takes over no secret that stands here: of a key, of a token, of one that was rotated', async () => {
    const server = await open();
    const ada = await server.register('ada@example.com');
    const key = await server.key(ada.accountId);
    const tokenHash = sha256(ada.token.split('|')[1] ?? '');
    const caller = await judge(server, key.text);
    if (!caller.ok || caller.caller.kind !== 'key') throw new Error('It is no key.');
    const credential = await server.store.credentials.getCredential('key', key.id);
    if (credential === null) throw new Error('It is not there.');
    const rotated = await server.keyhouse.credentials.rotate(
      { credential, currentHash: credential.hash, overlapSeconds: 600, revokeJwts: false },
      OPERATOR,
    );
    expect(rotated.ok).toBe(true);
    const eve = await server.register('eve@example.com');
    const row = (hash: string): Cells => ({ hash, permissions: '*', account: eve.accountId });
    const report = await importKeys(server, [row(sha256(key.text)), row(tokenHash), row(sha256('')), row('')]);
    expect(reasons(report)).toEqual(['secret_known', 'secret_known', 'hash', 'hash']);
    expect(await judge(server, key.text)).toMatchObject({ ok: true, caller: { accountId: ada.accountId } });
    expect(await judge(server, ada.token)).toMatchObject({ ok: true });
    await server.stop();
  });

  it('brings nothing that is reserved, by no spelling and no account', async () => {
    const server = await open();
    for (const permissions of ['keyhouse.verify', 'Keyhouse.Verify', 'invoices.read keyhouse.verify', '["*","keyhouse.verify"]'])
      for (const accountId of [1, null]) {
        const report = await importKeys(server, [{ hash: sha256(permissions), permissions, account: 1 }], { accountId });
        expect(reasons(report)).toEqual(['reserved']);
      }
    const map = new Map([['admin', ['keyhouse.verify']]]);
    const dropping = { map, dropUnknownAbilities: true };
    const mapped = await importSanctum(server, [user(1, 'a@example.com')], [token(1, 'x', { abilities: '["admin"]' })], dropping);
    expect(reasons(mapped)).toEqual(['reserved']);
    // Everything is everything except that.
    const all = await importKeys(server, [{ hash: sha256('everything'), permissions: '*', account: 1 }]);
    expect(all.keys.taken).toBe(1);
    expect((await server.request('/auth/introspect', { bearer: 'everything', body: { token: 'x' } })).json).toEqual({
      active: false,
    });
    await server.stop();
  });

  it('guesses at nothing: abilities of no grammar, none, or none that are a list', async () => {
    const server = await open();
    const abilities = [
      '["server:update"]',
      '[]',
      '',
      null,
      'null',
      '{"a":1}',
      '"*"',
      '[1]',
      '["*"',
      '[["*"]]',
      '["**"]',
      '["*.admin"]',
    ];
    const rows = abilities.map((each, index) => token(index + 1, `secret ${index}`, { abilities: each }));
    const report = await importSanctum(server, [user(1, 'ada@example.com')], rows);
    expect(report.tokens).toMatchObject({ taken: 0, refused: abilities.length });
    await server.keyhouse.permissions.setCatalogue({
      catalogue: [{ name: 'invoices.read', sentence: 'See invoices', isGrantable: false, isSensitive: false }],
      by: OPERATOR,
    });
    // A server reads a changed catalogue a moment later.
    await expect.poll(() => server.keyhouse.permissions.exists('customers.read')).toBe(false);
    const unknown = token(50, 'other', { abilities: '["invoices.read","customers.read"]' });
    expect(reasons(await importSanctum(server, [user(1, 'ada@example.com')], [unknown]))).toEqual(['unknown_ability']);
    const dropped = await importSanctum(server, [user(1, 'ada@example.com')], [unknown], { dropUnknownAbilities: true });
    expect(dropped).toMatchObject({ tokens: { taken: 1 }, notes: { abilities: 1 } });
    expect(await judge(server, '50|other')).toMatchObject({ caller: { permissions: ['invoices.read'] } });
    await server.stop();
  });

  it('survives every naughty string in every column, and neither terminal nor database is steered by one', async () => {
    const server = await open();
    const naughty = naughtyStrings.concat([
      ...[
        "'; DROP TABLE users; --",
        '=HYPERLINK("http://evil")',
        '\u0000',
        'a\u0000b',
        '\ud800',
        '\u001b[31mred',
        'x'.repeat(1_000_000),
      ],
      ...['\u202eevil', '__proto__', 'constructor'],
    ]);
    const users = naughty.map((text, index) => user(index + 1, `u${index}@example.com`, { name: text }));
    const tokens = naughty.map((text, index) => token(index + 1, `secret-${index}`, { name: text, tokenable_id: index + 1 }));
    const report = await importSanctum(server, users, tokens);
    expect(report).toMatchObject({ users: { refused: 0 }, tokens: { taken: naughty.length }, problems: [] });
    const listed = await server.store.credentials.listCredentials({ kind: 'token', withRevoked: false, limit: 500 });
    for (const { name } of listed) {
      expect([...name].length).toBeLessThanOrEqual(100);
      expect(name).not.toMatch(/\p{Cc}/u);
      expect(name.isWellFormed()).toBe(true);
    }
    for (const column of ['id', 'email', 'password', 'created_at', 'email_verified_at', 'deleted_at'] as const) {
      const rows = naughty.map((text, index) => user(9000 + index, `n${index}@example.com`, { [column]: text }));
      const run = await importSanctum(server, rows, [], { origin: `n-${column.replaceAll('_', '-')}`, dryRun: true });
      expect(run.users.read).toBe(naughty.length);
    }
    for (const column of ['id', 'token', 'abilities', 'expires_at', 'tokenable_id', 'tokenable_type', 'last_used_at'] as const) {
      const rows = naughty.map((text, index) => token(9000 + index, `s${column}${index}`, { [column]: text }));
      const run = await importSanctum(server, [user(1, 'u0@example.com')], rows, { dryRun: true });
      expect(run.tokens.read).toBe(naughty.length);
      for (const { sentence } of run.problems) {
        expect(sentence).toMatch(/^[\x20-\x7e“”…]*$/);
        expect(sentence.length).toBeLessThan(250);
      }
    }
    await server.stop();
  });

  it('takes a row whole or not at all, and two runs at once take each once', async () => {
    const server = await open();
    const users = Array.from({ length: 60 }, (_, index) => user(index + 1, `u${index}@example.com`));
    const tokens = users.map((_, index) => token(index + 1, `secret-${index}`, { tokenable_id: index + 1 }));
    const runs = await Promise.allSettled([importSanctum(server, users, tokens), importSanctum(server, users, tokens)]);
    expect(runs.some(({ status }) => status === 'fulfilled')).toBe(true);
    const last = await importSanctum(server, users, tokens);
    expect(last).toMatchObject({ users: { already: 60, taken: 0 }, tokens: { already: 60, taken: 0 }, problems: [] });
    const all = await server.store.credentials.listCredentials({ kind: 'token', withRevoked: true, limit: 500 });
    expect(all.length).toBe(60);
    await server.stop();
  });

  it('that breaks off has taken whole batches, and the next run takes the rest', async () => {
    const server = await open();
    const tokens = Array.from({ length: 700 }, (_, index) => token(index + 1, `secret-${index}`));
    async function* breaking(): AsyncGenerator<readonly SourceRow[]> {
      yield* rowsOf(tokens.slice(0, 500));
      throw new Error('The connection is gone.');
    }
    const users = [user(1, 'ada@example.com')];
    await expect(importSanctum(server, users, [], { tokens: breaking() })).rejects.toThrow('The connection is gone.');
    expect([(await judge(server, '500|secret-499')).ok, (await judge(server, '501|secret-500')).ok]).toEqual([true, false]);
    async function* inBatches(): AsyncGenerator<readonly SourceRow[]> {
      for (const start of [0, 500]) yield* rowsOf(tokens.slice(start, start + 500));
    }
    const rest = await importSanctum(server, users, [], { tokens: inBatches() });
    expect(rest).toMatchObject({ users: { already: 1 }, tokens: { read: 700, already: 500, taken: 200 }, problems: [] });
    expect((await judge(server, '501|secret-500')).ok).toBe(true);
    await server.stop();
  });

  it('loses to whoever registers the address, or makes the secret known, in the same moment', async () => {
    const server = await open();
    const { imports } = server.store;
    const { importUsers, importCredentials } = imports;
    let registered = 0;
    const racing: Partial<typeof imports> = {
      importUsers: async (input) => {
        if (registered === 0) registered = (await server.register('ada@example.com')).id;
        return importUsers(input);
      },
    };
    Object.assign(imports, racing);
    const report = await importSanctum(server, [user(1, 'ada@example.com'), user(2, 'eve@example.com')], [token(1, 'a')]);
    expect(report).toMatchObject({ users: { read: 2, taken: 1, refused: 1 }, tokens: { taken: 0, refused: 1 } });
    expect(reasons(report)).toEqual(['address_taken', 'user_not_taken']);
    const logIn = { email: 'ada@example.com', password: PASSWORD, device_name: 'x' };
    expect((await server.request('/api/v1/auth/login', { body: logIn })).json.user.id).toBe(registered);

    Object.assign(imports, { importUsers });
    const ours = await server.keyhouse.users.find(registered);
    const accountId = ours?.accountId ?? 0;
    const late = async (input: Parameters<typeof importCredentials>[0]) => {
      Object.assign(imports, { importCredentials });
      await importKeys(server, [{ hash: sha256('b'), permissions: '*', account: 1 }], { origin: 'faster' });
      return importCredentials(input);
    };
    Object.assign(imports, { importCredentials: late });
    const rows = [
      { hash: sha256('b'), permissions: '*', account: accountId },
      { hash: sha256('c'), permissions: '*', account: accountId },
    ];
    const keys = await importKeys(server, rows);
    expect(keys).toMatchObject({ keys: { read: 2, taken: 1, refused: 1 } });
    expect(reasons(keys)).toEqual(['secret_known']);
    expect(await judge(server, 'b')).toMatchObject({ caller: { accountId: 1 } });
    expect(await judge(server, 'c')).toMatchObject({ caller: { accountId } });
    await server.stop();
  });

  it('leaves no secret and no hash in what it says, in the log of events, or in the file of a broken row', async () => {
    const base: TestDatabase = await database();
    const server = await startTestServer({ database: base });
    const bench = openBench();
    const ada = await server.register('ada@example.com');
    const plain = 'proj_a-key-that-was-never-hashed-and-should-not-be-shown';
    const good = sha256('good');
    const file = join(bench.folder, 'keys.csv');
    writeFileSync(
      file,
      `hash,permissions,account\n${plain},*,${ada.accountId}\n${good},*,${ada.accountId}\n${good},*\n"${plain},*,1\n`,
    );
    const settings = { DATABASE_URL: base.url, SECRET: 'a master secret for the tests, long enough', URL: ISSUER };
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await bench.run(['import', 'keys', file, '--format', 'csv', ...more], { settings });
      for (const hidden of [plain, good, good.slice(0, 20)]) expect(stdout + stderr).not.toContain(hidden);
    }
    const events = await server.store.audit.list({ accountId: ada.accountId, limit: 100 });
    expect(events.find(({ event }) => event === 'key.created')).toMatchObject({ actor: 'operator' });
    expect(JSON.stringify(events)).not.toContain(good);
    expect(server.logged.join()).not.toContain(good);
    await server.stop();
    await bench.clear();
  });

  it('forgets what it knew of a user who is deleted, and does not bring them back', async () => {
    const server = await open();
    const rows = [user(1, 'ada@example.com')];
    await importSanctum(server, rows, [token(1, 'secret')]);
    const ada = await server.store.accounts.findUserByEmail('ada@example.com');
    if (ada === null) throw new Error('She is not there.');
    const nowMs = Date.now();
    const event = { event: 'user.deleted', atMs: nowMs, by: OPERATOR, userId: ada.id } as const;
    expect(await server.store.profile.deleteUser({ userId: ada.id, nowMs, event })).toBe('done');
    expect(await judge(server, '1|secret')).toMatchObject({ ok: false });
    expect(await server.store.imports.usersByForeignId('sanctum', ['1'])).toMatchObject([{ addressHash: null }]);
    const again = await importSanctum(server, rows, [token(1, 'secret'), token(2, 'new')]);
    expect(reasons(again)).toEqual(['deleted_here', 'user_not_taken']);
    expect(await server.store.accounts.findUserByEmail('ada@example.com')).toBeNull();
    await server.stop();
  });

  it('looks nothing up before there is an import, and hears of the first one at once', async () => {
    const server = await open();
    let looked = 0;
    const { imports } = server.store;
    const find = imports.findForeign;
    const counting = (hash: string) => {
      looked += 1;
      return find(hash);
    };
    Object.assign(imports, { findForeign: counting });
    for (const garbage of ['abc', '12|abc', 'x'.repeat(5000)]) expect(await judge(server, garbage)).toMatchObject({ ok: false });
    expect(looked).toBe(0);
    await importSanctum(server, [user(1, 'ada@example.com')], [token(12, 'abc')]);
    expect(await judge(server, '12|abc')).toMatchObject({ ok: true });
    // Then from memory; what is read while a change arrives is not kept, so a moment may pass.
    await vi.waitFor(async () => {
      const before = looked;
      expect(await judge(server, '12|abc')).toMatchObject({ ok: true });
      expect(looked).toBe(before);
    });
    await server.stop();
  });
});

async function verifyAddress(server: TestServer, userId: number, emailKey: string): Promise<void> {
  const nowMs = Date.now();
  const hash = sha256(emailKey);
  const times = { createdAtMs: nowMs, endsAtMs: nowMs + 60_000 };
  const ticket = { hash, purpose: 'verify-email', userId, data: { emailKey }, ...times } as const;
  await server.store.tickets.issueTicket({ ticket, replace: true, event: null });
  const event = { event: 'user.email_verified', atMs: nowMs, by: OPERATOR, userId } as const;
  expect(await server.store.profile.verifyEmail({ userId, ticketHash: hash, nowMs, event })).not.toBeNull();
}
