/** Imported tokens and keys at the private API: shown with their origin, and managed like any other. */
import { createHash } from 'node:crypto';
import { importKeys, importSanctum, type SourceRow } from '@keyhouse/import';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Person } from '../../../../test/people.ts';
import { importPortsOf, OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

async function* rows(...cells: readonly Readonly<Record<string, unknown>>[]): AsyncGenerator<readonly SourceRow[]> {
  yield cells.map((each) => ({ at: 'row', cells: each }));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('imported tokens and keys', () => {
  let server: TestServer;
  let ada: Person;
  beforeAll(async () => {
    server = await startTestServer();
    ada = await newPerson(server);
    const common = { dryRun: false, map: new Map<string, readonly string[]>(), dropUnknownAbilities: false };
    const user = await server.store.accounts.findUser(ada.id);
    if (user === null) throw new Error('She is not there.');
    await server.store.imports.importUsers({
      ...{ origin: 'sanctum', nowMs: Date.now(), by: OPERATOR },
      users: [
        {
          ...{ foreignId: '1', addressHash: sha256(user.email), userId: user.id, email: user.email, emailKey: user.email },
          ...{ passwordHash: '', displayName: 'Ada', firstName: '', lastName: '', emailVerifiedAtMs: null, createdAtMs: 0 },
        },
      ],
    });
    const token = { id: 12, tokenable_type: 'App\\Models\\User', tokenable_id: 1, token: sha256('plain'), abilities: '["*"]' };
    const sanctum = { models: ['App\\Models\\User'], merge: false, dropUnknownPasswords: false, expirationMinutes: null };
    const users = rows({ id: 1, email: user.email, password: '' });
    await importSanctum(importPortsOf(server), {
      ...{ ...common, ...sanctum, origin: 'sanctum', users, tokens: rows({ ...token, name: 'phone' }) },
    });
    const keys = rows({ hash: sha256('proj_1'), prefix: 'proj_', name: 'CI', permissions: 'invoices.read invoices.write' });
    const wish = { format: 'csv', accountId: ada.accountId, owners: new Map(), permissions: null, dropLimits: false } as const;
    await importKeys(importPortsOf(server), { ...common, ...wish, origin: 'csv', keys });
  });
  afterAll(() => server.stop());

  const status = async (bearer: string, path = '/verify/api/invoices', method = 'GET') =>
    (await server.request(path, { bearer, method })).status;

  it('say where they came from, and how their secrets begin', async () => {
    const { json: tokens } = await ada.ask('/tokens');
    const imported = tokens.credentials.find(({ name }: { name: string }) => name === 'phone');
    expect(imported).toMatchObject({ imported_from: 'sanctum', starts_with: '12|', permissions: null });
    expect(
      tokens.credentials.filter(({ imported_from }: { imported_from: string | null }) => imported_from === null).length,
    ).toBe(1);
    const { json: keys } = await ada.ask(`/accounts/${ada.accountId}/keys`);
    expect(keys.credentials[0]).toMatchObject({ name: 'CI', imported_from: 'csv', starts_with: 'proj_' });
    expect(JSON.stringify([tokens, keys])).not.toMatch(/[0-9a-f]{64}/);
  });

  it('are narrowed, rotated and revoked like those that were made here', async () => {
    const { json } = await ada.ask('/tokens');
    const { id } = json.credentials.find(({ name }: { name: string }) => name === 'phone');
    expect(await status('12|plain')).toBe(200);
    expect((await ada.ask(`/tokens/${id}/narrow`, { body: { permissions: ['invoices.read'] } })).status).toBe(204);
    expect([await status('12|plain'), await status('12|plain', '/verify/api/invoices', 'POST')]).toEqual([200, 403]);
    const rotated = await ada.ask(`/tokens/${id}/rotate`, { body: { overlap_seconds: 3600 } });
    expect(rotated.json).toMatchObject({ credential: { starts_with: `${id}|kh_`, imported_from: 'sanctum' } });
    expect([await status('12|plain'), await status(rotated.json.secret)]).toEqual([200, 200]);
    expect((await ada.ask(`/tokens/${id}/overlap/end`, { method: 'POST' })).status).toBe(204);
    expect([await status('12|plain'), await status(rotated.json.secret)]).toEqual([401, 200]);

    const keys = `/accounts/${ada.accountId}/keys`;
    const [key] = (await ada.ask(keys)).json.credentials;
    const minted = await server.request('/auth', { bearer: 'proj_1', body: { permissions: ['invoices.write'] } });
    expect(await status(minted.json.token, '/verify/api/invoices', 'POST')).toBe(200);
    expect((await ada.ask(`${keys}/${key.id}`, { method: 'DELETE' })).status).toBe(204);
    expect([await status('proj_1'), await status(minted.json.token, '/verify/api/invoices', 'POST')]).toEqual([401, 401]);
  });
});
