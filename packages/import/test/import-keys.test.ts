/** API keys are imported by their hashes: from a list, from better-auth, from Unkey. */
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Bench, openBench } from '../../server/src/cli/test-helper.ts';
import { eachDatabase } from '../../server/test/databases.ts';
import { ISSUER, OPERATOR, startTestServer, type TestServer } from '../../server/test/server.ts';

const SECRET = 'a master secret for the tests, long enough';

const sha256 = (text: string, encoding: 'hex' | 'base64' | 'base64url' = 'hex'): string =>
  createHash('sha256').update(text).digest(encoding);
const newKey = (prefix: string): string => prefix + randomBytes(32).toString('base64url').replace(/[-_]/g, 'x');

interface Report {
  readonly keys: {
    readonly read: number;
    readonly taken: number;
    readonly already: number;
    readonly over: number;
    readonly refused: number;
  };
  readonly notes: Readonly<Record<string, number>>;
  readonly not_taken: readonly { readonly at: string; readonly reason: string; readonly sentence: string }[];
}

interface House {
  readonly server: TestServer;
  readonly bench: Bench;
  importKeys(content: string, ...args: readonly string[]): Promise<{ exitCode: number; report: Report }>;
  /** The status of `/verify` for a key. */
  verify(method: string, path: string, key: string): Promise<number>;
  close(): Promise<void>;
}

async function openHouse(database: Parameters<typeof startTestServer>[0]): Promise<House> {
  const server = await startTestServer(database);
  const bench = openBench();
  let files = 0;
  return {
    server,
    bench,
    importKeys: async (content, ...args) => {
      const file = join(bench.folder, `keys-${++files}`);
      writeFileSync(file, content);
      const settings = { DATABASE_URL: server.database.url, SECRET, URL: ISSUER };
      const { exitCode, stdout, stderr } = await bench.run(['import', 'keys', file, ...args, '--json'], { settings });
      if (stdout === '') throw new Error(stderr);
      // The server is notified within half a second; attempts before that would count as guesses.
      await server.keyhouse.revocations.follower.poll();
      return { exitCode, report: JSON.parse(stdout) as Report };
    },
    verify: async (method, path, key) => (await server.request(`/verify${path}`, { method, bearer: key })).status,
    close: async () => {
      await server.stop();
      await bench.clear();
    },
  };
}

const reasons = ({ not_taken }: Report) => not_taken.map(({ at, reason }) => [at, reason]);

eachDatabase('a list of keys', (database) => {
  it('is taken by hashes in every spelling, for the accounts that it names; the keys verify, mint, rotate and end', async () => {
    const house = await openHouse({ database: await database() });
    const { server, importKeys, verify } = house;
    const ada = await server.register('ada@example.com');
    await prove(server, ada.id);
    const eve = await server.register('eve@example.com', { isVerified: false });
    const keys = [1, 2, 3, 4, 5].map(() => newKey('proj_'));
    const [hex = '', base64 = '', url = '', test = '', barred = ''] = [...keys.slice(0, 4), `12|${newKey('x')}`];
    const list = [
      'hash,id,name,prefix,permissions,account,email,environment,created_at,expires_at,last_used_at',
      `${sha256(hex).toUpperCase()},k1,"Billing, EU",proj_,"invoices.read, invoices.write",${ada.accountId},,,2024-05-06T07:08:09Z,2096-01-01,2026-01-02 03:04:05`,
      `${sha256(base64, 'base64')},k2,,,*,,ada@example.com,live,,,`,
      `${sha256(url, 'base64url')},k3,,,"[""crm.leads.read""]",,ADA@example.com,,1715000000,,`,
      `${sha256(test)},,Tests,,*.read,${ada.accountId},,test,,,`,
      `${sha256(barred)},k6,,,*,${ada.accountId},,,,,`,
      `${sha256('x1')},k7,,,*,,eve@example.com,,,,`,
      `${sha256('x2')},k8,,,*,999,,,,,`,
      `${sha256('x3')},k9,,,*,${ada.accountId},ada@example.com,,,,`,
      `${sha256('x4')},k10,,,,${ada.accountId},,,,,`,
      `${sha256('x5')},k11,,,server:update,${ada.accountId},,,,,`,
      `${sha256('x6')},k12,,,*,${ada.accountId},,,,2020-01-01,`,
      `${sha256('x7')},k13,,kh_live_,*,${ada.accountId},,,,,`,
      `${sha256('x8')},k14,,,*,${ada.accountId},,staging,,,`,
      `${sha256('x9')},k15,,,*,${ada.accountId},,,31.12.2024,,`,
      `${sha256('x10')},k1,,,*,${ada.accountId},,,,,`,
      `${sha256(hex)},k16,,,*,${ada.accountId},,,,,`,
      `${sha256('x11')},k17,,,*,,,,,,`,
    ].join('\r\n');

    const dry = await importKeys(list, '--format', 'csv', '--dry-run');
    expect(await server.store.imports.hasImports()).toBe(false);
    const { report, exitCode } = await importKeys(list, '--format', 'csv');
    expect({ ...report, dry_run: true }).toEqual(dry.report);
    expect(exitCode).toBe(1);
    expect(report.keys).toEqual({ read: 17, taken: 5, already: 0, over: 1, refused: 11 });
    expect(reasons(report)).toEqual([
      ...[
        ['line 7', 'address_not_verified'],
        ['line 8', 'no_account'],
        ['line 9', 'two_owners'],
        ['line 10', 'no_permissions'],
      ],
      ...[
        ['line 11', 'unknown_ability'],
        ['line 13', 'prefix'],
        ['line 14', 'environment'],
        ['line 15', 'date'],
      ],
      ...[
        ['line 16', 'id_twice'],
        ['line 17', 'secret_twice'],
        ['line 18', 'no_owner'],
      ],
    ]);
    expect(eve.accountId).not.toBe(ada.accountId);

    // Its origin is shown, and when it was used there: before anything is used here.
    const shown = await server.store.credentials.listCredentials({
      ...{ kind: 'key', accountId: ada.accountId, withRevoked: false, limit: 10 },
    });
    const billing = shown.find(({ name }) => name === 'Billing, EU');
    expect(billing).toMatchObject({ imported: { origin: 'csv', startsWith: 'proj_' }, expiresAtMs: Date.parse('2096-01-01') });
    expect(billing?.use.lastUsedAtMs).toBe(Date.parse('2026-01-02T03:04:05Z'));
    expect(shown.map(({ name }) => name).sort()).toEqual(['Billing, EU', 'Key k2', 'Key k3', 'Key k6', 'Tests']);

    expect(await verify('GET', '/api/invoices', hex)).toBe(200);
    expect(await verify('GET', '/api/customers', hex)).toBe(403);
    for (const key of [base64, barred]) expect(await verify('DELETE', '/api/anything', key)).toBe(200);
    expect(await verify('GET', '?permission=crm.leads.read', url)).toBe(200);
    const answer = await server.request('/verify/api/x', { bearer: test });
    expect(answer.headers).toMatchObject({ 'x-keyhouse-environment': 'test', 'x-keyhouse-account': String(ada.accountId) });
    for (const wrong of [`5|${hex}`, `${hex}x`, `k1|${hex}`]) expect(await verify('GET', '/api/invoices', wrong)).toBe(401);

    // It mints JWTs like a key of ours.
    const minted = await server.request('/auth', { bearer: hex, body: { permissions: ['invoices.read'] } });
    expect(minted.status).toBe(200);
    expect(await verify('GET', '/api/invoices', minted.json.token)).toBe(200);

    // A new secret of our own form, the old one works too for a while.
    if (billing === undefined) throw new Error('It is not there.');
    const rotated = await server.keyhouse.credentials.rotate(
      { credential: billing, currentHash: billing.hash, overlapSeconds: 60, revokeJwts: false },
      OPERATOR,
    );
    if (!rotated.ok) throw new Error('It was not rotated.');
    expect(rotated.value.text).toMatch(/^kh_live_/);
    expect([await verify('GET', '/api/invoices', hex), await verify('GET', '/api/invoices', rotated.value.text)]).toEqual([
      200, 200,
    ]);
    server.advance(61_000);
    expect([await verify('GET', '/api/invoices', hex), await verify('GET', '/api/invoices', rotated.value.text)]).toEqual([
      401, 200,
    ]);

    // Once more: nothing is imported; and what was revoked stays revoked.
    expect(await server.keyhouse.credentials.revoke({ kind: 'key', id: billing.id }, OPERATOR)).toBe(true);
    const again = await importKeys(list, '--format', 'csv');
    expect(again.report.keys).toMatchObject({ taken: 0, already: 6 });
    expect([await verify('GET', '/api/invoices', hex), await verify('GET', '/api/invoices', rotated.value.text)]).toEqual([
      401, 401,
    ]);

    // A guard that was told only that it is not valid reports it by a digest, and its holder can ask why.
    const guard = await server.key(1, { permissions: ['keyhouse.verify'] });
    const refusal = {
      ...{ request_id: 'r-1', at: new Date(server.now()).toISOString(), status: 401, reason: 'inactive', subject: null },
      ...{ presented: { kind: 'foreign', sha256: sha256(hex, 'base64url') }, method: 'GET', path: '/api', wanted: [] },
      ...{ address: null, user_agent: null },
    };
    const told = { batch: crypto.randomUUID(), uses: [], refusals: [refusal] };
    expect((await server.request('/auth/usage', { bearer: guard.text, body: told })).status).toBe(204);
    await server.keyhouse.audit.refusals.flush();
    expect(await server.store.audit.list({ requestId: 'r-1', limit: 2 })).toMatchObject([
      { reason: 'revoked', credentialId: billing.id, accountId: billing.accountId },
    ]);
    await house.close();
  });

  it('is taken from better-auth, as JSON or CSV, with owners from a list of its users', async () => {
    const house = await openHouse({ database: await database() });
    const { server, importKeys, verify, bench } = house;
    const ada = await server.register('ada@example.com');
    await prove(server, ada.id);
    const owners = join(bench.folder, 'owners.csv');
    writeFileSync(owners, 'owner,email\nuser_1,ada@example.com\n');
    const [one, two, plain] = [newKey('ba_'), newKey('ba_'), newKey('ba_')];
    const row = (more: object) => ({
      ...{ id: randomBytes(8).toString('hex'), name: null, start: 'ba_abc', prefix: 'ba_', referenceId: 'user_1', enabled: true },
      ...{ rateLimitEnabled: true, remaining: null, expiresAt: null, createdAt: '2026-01-01T00:00:00.000Z', permissions: null },
      ...more,
    });
    const rows = [
      row({ key: sha256(one, 'base64url'), name: 'CI', permissions: '{"files":["read","write"],"users":["read"]}' }),
      row({ key: sha256(two, 'base64url'), expiresAt: Date.now() + 86_400_000 }),
      row({ key: sha256('3', 'base64url'), enabled: false }),
      row({ key: sha256('4', 'base64url'), remaining: 5, permissions: '{"files":["read"]}' }),
      row({ key: plain, permissions: '{"files":["read"]}' }),
      row({ key: sha256('6', 'base64url'), referenceId: 'user_2', permissions: '{"files":["read"]}' }),
      row({ key: sha256('7', 'base64url'), permissions: '{"files":["read","delete"]}' }),
      row({ key: sha256('8', 'base64url'), permissions: '{"files":"read"}' }),
      row({ key: sha256('9', 'base64url'), permissions: '{"keyhouse.":["verify"],"keyhouse":["verify"]}' }),
    ];
    const options = ['--format', 'better-auth', '--owners', owners];
    const { report } = await importKeys(JSON.stringify(rows), ...options);
    expect(reasons(report)).toEqual([
      ...[
        ['entry 2', 'no_permissions'],
        ['entry 4', 'limits'],
        ['entry 5', 'hash'],
        ['entry 6', 'no_owner'],
      ],
      ...[
        ['entry 7', 'unknown_ability'],
        ['entry 8', 'cell'],
        ['entry 9', 'reserved'],
      ],
    ]);
    expect(report).toMatchObject({ keys: { taken: 1, over: 1 }, notes: { limits: 1 } });
    expect(await verify('POST', '/api/files', one)).toBe(200);
    expect(await verify('POST', '/api/users', one)).toBe(403);

    const csv = rows.map((each) =>
      Object.values(each)
        .map((cell) => `"${String(cell ?? '').replaceAll('"', '""')}"`)
        .join(','),
    );
    const second = await importKeys(
      [Object.keys(rows[0] ?? {}).join(','), ...csv].join('\n'),
      ...[...options, '--permissions', '*', '--map', 'files.delete=files.write', '--drop-limits'],
    );
    expect(second.report.keys).toMatchObject({ taken: 3, already: 1, over: 1 });
    expect(await verify('DELETE', '/api/whatever', two)).toBe(200);
    await house.close();
  });

  it('is taken from Unkey, in its three shapes', async () => {
    const house = await openHouse({ database: await database() });
    const { server, importKeys, verify } = house;
    const ada = await server.register('ada@example.com');
    const [one, two, three] = [newKey('unkey_'), newKey('unkey_'), newKey('unkey_')];
    const account = ['--format', 'unkey', '--account', String(ada.accountId)];
    const listed = {
      data: [
        {
          keyId: 'key_1',
          start: 'unkey_1',
          hash: sha256(one, 'base64'),
          enabled: true,
          permissions: ['documents.read'],
          name: 'One',
        },
        { keyId: 'key_2', start: 'unkey_2', hash: sha256('2', 'base64'), enabled: false, permissions: ['documents.read'] },
        {
          keyId: 'key_3',
          start: 'unkey_3',
          hash: sha256('3', 'base64'),
          credits: { remaining: 10 },
          permissions: ['documents.read'],
        },
        { keyId: 'key_4', start: 'unkey_4', hash: sha256('4', 'base64'), roles: ['finance'] },
        { keyId: 'key_5', start: 'unkey_5', permissions: ['documents.read'] },
        {
          keyId: 'key_6',
          start: 'unkey_6',
          hash: sha256('6', 'base64'),
          permissions: ['documents.read'],
          expires: 1_600_000_000_000,
        },
        'no key',
      ],
    };
    const first = await importKeys(JSON.stringify(listed), ...account);
    expect(first.report.keys).toEqual({ read: 7, taken: 1, already: 0, over: 2, refused: 4 });
    expect(reasons(first.report)).toEqual([
      ...[
        ['entry 3', 'limits'],
        ['entry 4', 'unknown_ability'],
        ['entry 5', 'hash'],
        ['entry 7', 'unreadable'],
      ],
    ]);
    const migration = [{ id: 'a', hash: { value: sha256(two, 'base64'), variant: 'sha256_base64' }, roles: ['finance'] }];
    const second = await importKeys(JSON.stringify(migration), ...account, '--map', 'role:finance=invoices.read');
    expect(second.report.keys.taken).toBe(1);
    const lines = [
      { id: 'key_9', hash: sha256(three, 'base64'), enabled: 1, deleted_at_m: null, permissions: '["documents.read"]' },
    ];
    const third = await importKeys(lines.map((line) => JSON.stringify(line)).join('\n'), ...account);
    expect(third.report.keys.taken).toBe(1);
    expect(await verify('GET', '/api/documents', three)).toBe(200);
    expect([await verify('GET', '/api/documents', one), await verify('GET', '/api/invoices', two)]).toEqual([200, 200]);
    await house.close();
  });
});

/** As if they had followed the link in their mail. */
async function prove(server: TestServer, userId: number): Promise<void> {
  const user = await server.keyhouse.users.find(userId);
  if (user === null) throw new Error('The user does not exist.');
  const ticketHash = sha256(user.email);
  const nowMs = Date.now();
  const ends = { createdAtMs: nowMs, endsAtMs: nowMs + 60_000 };
  const ticket = { hash: ticketHash, purpose: 'verify-email', userId, data: { emailKey: user.email }, ...ends } as const;
  const { tickets, profile } = server.store;
  await tickets.issueTicket({ ticket, replace: true, event: null });
  const event = { event: 'user.email_verified', atMs: nowMs, by: OPERATOR, userId } as const;
  expect(await profile.verifyEmail({ userId, ticketHash, nowMs, event })).not.toBeNull();
}
