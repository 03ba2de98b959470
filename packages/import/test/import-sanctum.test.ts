/**
 * A Laravel application is imported: its database is read by the real program, next to a running server, and its tokens keep
 * working.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCredential } from '@keyhouse/protocol';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { postgresUrl } from '../../../test/shared-things.ts';
import { type Bench, openBench } from '../../server/src/cli/test-helper.ts';
import { eachDatabase, postgresDatabase } from '../../server/test/databases.ts';
import { ISSUER, OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../server/test/server.ts';
import { NEEDS_MARIADB, type RunningMariadb, startMariadb } from './mariadb.ts';
import { addToSanctum, BCRYPT_10, BCRYPT_12, makeSanctum, newSecret, random, type SanctumData } from './sanctum.ts';

const SECRET = 'a master secret for the tests, long enough';

const LIST = { kind: 'token', withRevoked: true, limit: 100 } as const;
const NOWHERE = { address: null, userAgent: null };

const secrets = {
  today: newSecret(),
  prefixed: newSecret('acme_'),
  before: random(40),
  first: random(80),
  narrow: newSecret(),
  expired: newSecret(),
  admin: newSecret(),
  orphan: newSecret(),
  mapped: newSecret(),
};

const DATA: SanctumData = {
  users: [
    { id: 1, email: 'ada@example.com', name: 'Ada Lovelace', password: BCRYPT_12, verified: '2024-05-07 00:00:00' },
    { id: 2, email: 'Grace@Example.com', name: '', password: BCRYPT_10, created: null },
    { id: 3, email: 'no address', password: BCRYPT_10 },
    { id: 40, email: 'social@example.com', password: null },
  ],
  tokens: [
    { id: 12, user: 1, secret: secrets.today, lastUsed: '2026-01-02 03:04:05' },
    { id: 13, user: 1, secret: secrets.prefixed, name: 'x'.repeat(300), expires: '2036-01-01 00:00:00' },
    { id: 14, user: 2, secret: secrets.before, abilities: '["*","server:update"]' },
    { id: 15, user: 40, secret: secrets.first, created: null },
    { id: 16, user: 1, secret: secrets.narrow, abilities: '["invoices.read","crm.leads.write"]' },
    { id: 17, user: 1, secret: secrets.expired, expires: '2025-01-01 00:00:00' },
    { id: 18, user: 1, secret: secrets.admin, model: 'App\\Models\\Admin' },
    { id: 19, user: 99, secret: secrets.orphan },
    { id: 20, user: 2, secret: secrets.mapped, abilities: '["server:update"]' },
    { id: 21, user: 3, secret: newSecret() },
  ],
};

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-sanctum-'));
const mariadb: RunningMariadb | null = await startMariadb();
afterAll(async () => {
  await mariadb?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
/** An empty database of a kind, and its URL. */
const SOURCES = {
  SQLite: async () => ({ url: `sqlite:${join(folder, `laravel-${++made}.db`)}`, drop: async () => {} }),
  PostgreSQL: async () => postgresDatabase(await postgresUrl()),
  MySQL: async () => {
    if (mariadb === null) throw new Error('There is no MySQL on this machine.');
    return { url: await mariadb.database(), drop: async () => {} };
  },
} as const;

interface Report {
  readonly [member: string]: unknown;
  readonly not_taken: readonly {
    readonly what: string;
    readonly at: string;
    readonly reason: string;
    readonly sentence: string;
  }[];
}

function importer(bench: Bench, server: TestServer) {
  const settings = { DATABASE_URL: server.database.url, SECRET, URL: ISSUER };
  return async (...args: readonly string[]): Promise<{ exitCode: number; report: Report; stderr: string }> => {
    const { exitCode, stdout, stderr } = await bench.run(['import', 'sanctum', ...args, '--json'], { settings });
    if (stdout === '') throw new Error(stderr);
    // The server is notified within half a second; attempts before that would count as guesses.
    await server.keyhouse.revocations.follower.poll();
    return { exitCode, report: JSON.parse(stdout) as Report, stderr };
  };
}

const whoAmI = (server: TestServer, bearer: string) => server.request('/api/v1/cli/loggedUser', { bearer });

eachDatabase('a Sanctum database', (database) => {
  const kinds = Object.keys(SOURCES) as (keyof typeof SOURCES)[];
  for (const kind of kinds) {
    const isThere = kind !== 'MySQL' || mariadb !== null;
    it.skipIf(!isThere)(
      `${isThere ? '' : `${NEEDS_MARIADB} `}on ${kind} moves in: every token goes on working, and passwords are hashed anew`,
      async () => {
        const server = await startTestServer({ database: await database() });
        const bench = openBench();
        const source = await SOURCES[kind]();
        await makeSanctum(source.url, DATA);
        const importSanctum = importer(bench, server);

        // Garbage is garbage before and after.
        expect((await whoAmI(server, `12|${secrets.today}`)).status).toBe(401);

        const map = ['--map', 'server:update=servers.write'];
        const dry = await importSanctum('--from', source.url, ...map, '--dry-run');
        expect((await whoAmI(server, `12|${secrets.today}`)).status).toBe(401);
        expect(await server.store.imports.hasImports()).toBe(false);

        const first = await importSanctum('--from', source.url, ...map);
        expect(first.report).toEqual({ ...dry.report, dry_run: false });
        expect(first.exitCode).toBe(1);
        expect(first.report).toMatchObject({
          users: { read: 4, taken: 3, already: 0, over: 0, refused: 1 },
          tokens: { read: 10, taken: 6, already: 0, over: 1, refused: 3 },
          notes: { names: 1, abilities: 0, passwords: 0, limits: 0, merged: 0 },
        });
        expect(first.report.not_taken.map(({ what, at, reason }) => [what, at, reason])).toEqual([
          ['user', 'id 3', 'email'],
          ['token', 'id 18', 'other_model'],
          ['token', 'id 19', 'no_user'],
          ['token', 'id 21', 'user_not_taken'],
        ]);

        // Names and times were imported; read before anything is used, since uses are written every two seconds.
        const { json } = await server.request('/api/v1/auth/tokens', { bearer: `12|${secrets.today}` });
        expect(json.tokens.map((each: { name: string }) => each.name).sort()).toEqual(['laptop', 'laptop', 'x'.repeat(100)]);
        expect(
          json.tokens.find((each: { last_used_at: string }) => each.last_used_at === '2026-01-02T03:04:05.000000Z'),
        ).toBeDefined();

        const known = await whoAmI(server, `12|${secrets.today}`);
        expect(known.status).toBe(200);
        const { user } = known.json;
        expect(user).toEqual({
          ...{ id: user.id, email: 'ada@example.com', display_name: 'Ada Lovelace', first_name: '', last_name: '' },
          ...{ created_at: '2024-05-06T07:08:09.000000Z', updated_at: '2024-05-06T07:08:09.000000Z' },
        });
        for (const bearer of [`13|${secrets.prefixed}`, `14|${secrets.before}`, `15|${secrets.first}`, secrets.first])
          expect((await whoAmI(server, bearer)).status, bearer).toBe(200);
        for (const bearer of [
          ...[`13|${secrets.today}`, `012|${secrets.today}`, `12|${secrets.today}x`, `12||${secrets.today}`, `|${secrets.today}`],
          ...[`17|${secrets.expired}`, `18|${secrets.admin}`, `19|${secrets.orphan}`, '12|', '12|x'],
        ])
          expect(await server.keyhouse.verify(parseCredential(bearer), NOWHERE), bearer).toMatchObject({ reason: 'unknown' });

        // What they may do.
        const verify = async (method: string, path: string, bearer: string) =>
          (await server.request(`/verify${path}`, { method, bearer })).status;
        expect(await verify('GET', '/api/invoices', `16|${secrets.narrow}`)).toBe(200);
        expect(await verify('POST', '/api/invoices', `16|${secrets.narrow}`)).toBe(403);
        expect(await verify('POST', '/api/servers', `20|${secrets.mapped}`)).toBe(200);
        expect(await verify('GET', '/api/servers', `20|${secrets.mapped}`)).toBe(403);
        expect(await verify('DELETE', '/api/anything', `14|${secrets.before}`)).toBe(200);

        const asking = await server.key(1, { permissions: ['keyhouse.verify'] });
        const told = await server.request('/auth/introspect', {
          bearer: asking.text,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ token: `16|${secrets.narrow}` }).toString(),
        });
        expect(told.json).toMatchObject({
          active: true,
          kind: 'token',
          sub: `user:${user.id}`,
          scope: 'invoices.read crm.leads.write',
        });

        // The old password works, and is hashed with Argon2id from then on.
        const logIn = (email: string, password: string) =>
          server.request('/api/v1/auth/login', { body: { email, password, device_name: 'new' } });
        for (const email of ['ada@example.com', 'grace@example.com']) {
          expect((await logIn(email, 'wrong horse battery staple')).status).toBe(422);
          expect((await logIn(email, PASSWORD)).status).toBe(200);
          const stored = await server.store.accounts.findUserByEmail(email);
          expect(stored?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456/);
          expect((await logIn(email, PASSWORD)).status).toBe(200);
        }
        expect((await logIn('social@example.com', '')).status).toBe(422);
        const grace = await server.store.accounts.findUserByEmail('grace@example.com');
        expect(grace).toMatchObject({ email: 'Grace@Example.com', displayName: 'Grace', emailVerifiedAtMs: null });
        const ada = await server.store.accounts.findUserByEmail('ada@example.com');
        expect(ada?.emailVerifiedAtMs).toBe(Date.parse('2024-05-07T00:00:00Z'));

        // Logging out ends this one.
        expect((await server.request('/api/v1/auth/logout', { method: 'POST', bearer: `13|${secrets.prefixed}` })).status).toBe(
          200,
        );
        expect((await whoAmI(server, `13|${secrets.prefixed}`)).status).toBe(401);

        // Anyone who holds one may revoke it (RFC 7009), and a disabled user cannot sign in with one.
        const form = { 'content-type': 'application/x-www-form-urlencoded' };
        const ending = new URLSearchParams({ token: `15|${secrets.first}` }).toString();
        expect((await server.request('/auth/revoke', { headers: form, body: ending })).status).toBe(200);
        expect((await whoAmI(server, `15|${secrets.first}`)).status).toBe(401);
        expect(await server.keyhouse.users.disable({ userId: grace?.id ?? 0, by: OPERATOR })).toMatchObject({ ok: true });
        expect((await whoAmI(server, `14|${secrets.before}`)).status).toBe(401);
        expect(await server.keyhouse.users.enable({ userId: grace?.id ?? 0, by: OPERATOR })).toMatchObject({ ok: true });
        expect((await whoAmI(server, `14|${secrets.before}`)).status).toBe(200);
        // Its use is counted, and why it was refused is recorded.
        await vi.waitFor(async () => {
          const tokens = await server.store.credentials.listCredentials({ ...LIST, userId: ada?.id ?? 0 });
          expect(tokens.find(({ imported }) => imported?.startsWith === '12|')?.use.requests).toBeGreaterThan(1);
        });
        const events = await vi.waitFor(async () => {
          const found = await server.store.audit.list({ userId: grace?.id ?? 0, event: 'request.refused', limit: 10 });
          expect(found.map(({ reason }) => reason)).toContain('owner_disabled');
          return found;
        });
        expect(JSON.stringify(events)).not.toContain(secrets.before);

        // A second run changes nothing; what is new since is imported.
        const again = await importSanctum('--from', source.url, ...map);
        expect(again.report).toMatchObject({
          users: { read: 4, taken: 0, already: 3, refused: 1 },
          tokens: { read: 10, taken: 0, already: 6, over: 1, refused: 3 },
        });
        expect((await whoAmI(server, `13|${secrets.prefixed}`)).status).toBe(401);
        const late = newSecret();
        await addToSanctum(source.url, {
          users: [{ id: 50, email: 'late@example.com', password: BCRYPT_10 }],
          tokens: [{ id: 30, user: 50, secret: late }],
        });
        const third = await importSanctum('--from', source.url, ...map);
        expect(third.report).toMatchObject({ users: { taken: 1, already: 3 }, tokens: { taken: 1, already: 6 } });
        expect((await whoAmI(server, `30|${late}`)).json.user.email).toBe('late@example.com');

        await server.stop();
        await bench.clear();
        await source.drop();
      },
    );
  }

  it('gives an imported token a secret of ours when it is rotated, and both work for a while', async () => {
    const server = await startTestServer({ database: await database() });
    const bench = openBench();
    const source = await SOURCES.SQLite();
    await makeSanctum(source.url, DATA);
    await importer(bench, server)('--from', source.url);
    const old = `12|${secrets.today}`;
    expect((await whoAmI(server, old)).status).toBe(200);
    const rotated = await server.request('/api/v1/auth/tokens/rotate', { bearer: old, body: { overlap_seconds: 600 } });
    expect(rotated.status).toBe(200);
    const fresh: string = rotated.json.access_token;
    const row = (await server.store.imports.findForeign((await hashOf(secrets.today)) ?? ''))?.credential;
    expect(fresh).toMatch(new RegExp(`^${row?.id}\\|kh_[0-9A-Za-z]{40}[0-9a-f]{8}$`));
    expect([(await whoAmI(server, old)).status, (await whoAmI(server, fresh)).status]).toEqual([200, 200]);
    // Only the newest secret may rotate.
    expect((await server.request('/api/v1/auth/tokens/rotate', { bearer: old, body: {} })).status).toBe(403);
    server.advance(601_000);
    expect([(await whoAmI(server, old)).status, (await whoAmI(server, fresh)).status]).toEqual([401, 200]);

    // Narrowed and revoked like any other, and the next import changes neither.
    const id = Number(fresh.split('|')[0]);
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    expect((await server.keyhouse.credentials.narrow({ kind: 'token', id, permissions: ['invoices.read'] }, by)).ok).toBe(true);
    expect((await server.request('/verify/api/customers', { bearer: fresh })).status).toBe(403);
    expect(await server.keyhouse.credentials.revoke({ kind: 'token', id }, by)).toBe(true);
    expect((await whoAmI(server, fresh)).status).toBe(401);
    const again = await importer(bench, server)('--from', source.url);
    expect(again.report).toMatchObject({ tokens: { taken: 0 } });
    expect([(await whoAmI(server, old)).status, (await whoAmI(server, fresh)).status]).toEqual([401, 401]);
    await server.stop();
    await bench.clear();
  });

  it('comes from CSV files too, with quotes, a byte-order mark and broken rows', async () => {
    const server = await startTestServer({ database: await database() });
    const bench = openBench();
    const users = join(bench.folder, 'users.csv');
    const tokens = join(bench.folder, 'tokens.csv');
    const secret = newSecret();
    writeFileSync(
      users,
      `\u{feff}id,name,email,email_verified_at,password,created_at,remember_token\r\n1,"Ada ""the first"" Lovelace\nByron",ada@example.com,,${BCRYPT_10},2024-05-06 07:08:09,abc\r\n2,Too,few\r\n3,Bad "quotes" here,"x"y,,,,\r\n4,Last,last@example.com,,,,\r\n`,
    );
    writeFileSync(
      tokens,
      `id,tokenable_type,tokenable_id,name,token,abilities,last_used_at,expires_at,created_at\n7,App\\Models\\User,1,"phone, blue",${await hashOf(secret)},"[""*""]",,,2024-05-06 07:08:09\n8,App\\Models\\User,1,x,abc,"[""*""]",,,\n`,
    );
    const { report, exitCode } = await importer(bench, server)('--users', users, '--tokens', tokens);
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ users: { read: 4, taken: 2, refused: 2 }, tokens: { read: 2, taken: 1, refused: 1 } });
    expect(report.not_taken.map(({ at, reason }) => [at, reason])).toEqual([
      ['line 4', 'unreadable'],
      ['line 5', 'email'],
      ['line 3', 'hash'],
    ]);
    expect((await whoAmI(server, `7|${secret}`)).json.user.display_name).toBe('Ada "the first" Lovelace Byron');
    await server.stop();
    await bench.clear();
  });
});

describe('what stands in the way', () => {
  it('is said: no source, two sources, no such file, no such table, a server that is none', async () => {
    const bench = openBench();
    const said = async (...args: readonly string[]) => {
      const { exitCode, stderr } = await bench.run(['import', 'sanctum', ...args, '--json']);
      expect(stderr).not.toContain('hunter2');
      return [exitCode, (JSON.parse(stderr.split('\n').at(-2) ?? '') as { error: string }).error];
    };
    expect(await said()).toEqual([2, 'usage']);
    expect(await said('--from', 'sqlite:x', '--users', 'x', '--tokens', 'y')).toEqual([2, 'usage']);
    expect(await said('--users', 'x')).toEqual([2, 'usage']);
    expect(await said('--from', 'oracle://x')).toEqual([2, 'usage']);
    expect(await said('--from', 'sqlite:x', '--map', 'x')).toEqual([2, 'usage']);
    expect(await said('--from', 'sqlite:x', '--map', 'x=keyhouse.verify')).toEqual([2, 'usage']);
    expect(await said('--from', `sqlite:${join(bench.folder, 'none.db')}`)).toEqual([1, 'source_unavailable']);
    expect(await said('--from', 'mysql://root:hunter2@127.0.0.1:1/x')).toEqual([1, 'source_unavailable']);
    expect(await said('--from', 'postgres://x:hunter2@127.0.0.1:1/x')).toEqual([1, 'source_unavailable']);
    expect(await said('--from-file', join(bench.folder, 'none.txt'))).toEqual([1, 'not_found']);
    await bench.json(['migrate']);
    expect(await said('--from', `sqlite:${bench.database}`, '--users-table', 'nothing')).toEqual([1, 'source_unavailable']);
    await bench.clear();
  });
});

async function hashOf(secret: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(secret).digest('hex');
}
