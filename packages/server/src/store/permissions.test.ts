/** The catalogue and the routes on both databases. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';
import type { EventDraft } from '../core/audit/event.ts';
import type { StoredRoute } from '../core/permissions/catalogue.ts';

const by = { actor: 'operator', requestId: null, person: {} } as const;
const event: EventDraft = { event: 'permission.routes_set', atMs: 0, by };

eachDatabase('permissions and routes', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
  });
  afterAll(() => server.stop());

  const routes: readonly StoredRoute[] = [
    { pattern: '/crm/:resource/**', resource: 'crm.:resource' },
    { pattern: '/status', public: true },
    { methods: ['POST', 'GET'], pattern: '/reports/search', permission: 'reports.read' },
    { methods: ['DELETE'], pattern: '/drafts/:id', public: true },
    { pattern: '/internal/**', refused: true },
    { methods: ['GET', 'PUT'], pattern: String.raw`/items/:id.json\:old`, refused: true },
  ];

  it('come back as they were written, in their order', async () => {
    const { permissions: store } = server.store;
    await store.setRoutes({ routes, event });
    expect(await store.listRoutes()).toEqual(routes);
    const permissions = [{ name: 'a.read', sentence: 'See it', isGrantable: true, isSensitive: false }];
    await store.setPermissionsAndRoutes({ permissions, routes: routes.toReversed(), nowMs: 1, events: [] });
    expect(await store.listPermissions()).toEqual(permissions);
    expect(await store.listRoutes()).toEqual(routes.toReversed());
    await store.setPermissionsAndRoutes({ permissions: [], routes: [], nowMs: 1, events: [] });
    expect([await store.listPermissions(), await store.listRoutes()]).toEqual([[], []]);
  });

  it('are replaced both or not at all', async () => {
    const { permissions: store } = server.store;
    await store.setRoutes({ routes, event });
    const entry = { name: 'a.read', sentence: 'See it', isGrantable: false, isSensitive: false };
    await expect(
      store.setPermissionsAndRoutes({ permissions: [entry, entry], routes: [], nowMs: 1, events: [] }),
    ).rejects.toThrow();
    expect([await store.listPermissions(), await store.listRoutes()]).toEqual([[], routes]);
    await store.setRoutes({ routes: [], event });
  });

  it('counts who holds a permission by name and lives, of every kind', async () => {
    const { permissions: store } = server.store;
    const nowMs = Date.now();
    const user = await server.register();
    const key = await server.key(user.accountId, { permissions: ['orders.read', 'orders.write'] });
    const revoked = await server.key(user.accountId, { permissions: ['orders.read'] });
    await server.key(user.accountId, { permissions: ['*'] });
    await server.request('/auth/revoke', { body: { token: revoked.text } });
    const mint = { method: 'POST', bearer: key.text, body: { permissions: ['orders.read'] } };
    for (let count = 0; count < 3; count++) expect((await server.request('/auth', mint)).status).toBe(200);
    const holders = await store.countHolders({ nowMs });
    expect(Object.fromEntries(holders)).toEqual({ 'orders.read': 4, 'orders.write': 1, '*': 1 });
    const inTwoYears = await store.countHolders({ nowMs: nowMs + 2 * 366 * 86_400_000 });
    expect(inTwoYears.get('orders.read')).toBe(1);
  });
});
