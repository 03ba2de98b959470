import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { newAdministrator, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { png } from '../../../../test/pictures.ts';
import { PASSWORD, startTestServer, type TestServer } from '../../../../test/server.ts';

describe('an administrator', () => {
  let server: TestServer;
  let root: Person;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1'] });
    root = await newAdministrator(server);
  });
  afterAll(() => server.stop());

  const put = (path: string, body: unknown) => root.ask(path, { method: 'PUT', body });
  const post = (path: string, body?: unknown) => root.ask(path, { method: 'POST', ...(body === undefined ? {} : { body }) });

  it('finds users by id, and by the beginning of address or name, in pages', async () => {
    // Never only digits: that would be an id.
    const mark = `m${crypto.randomUUID().slice(0, 8)}`;
    const made = [await newPerson(server, `${mark}.a@example.com`), await newPerson(server, `${mark}.b@example.com`)];
    const find = async (q: string) => (await root.ask(`/operator/users?q=${encodeURIComponent(q)}`)).json;
    expect((await find(`${mark.toUpperCase()}.`)).users.map(({ id }: { id: number }) => id)).toEqual(
      made.map(({ id }) => id).reverse(),
    );
    expect((await find(String(made[0]?.id))).users[0]).toMatchObject({
      id: made[0]?.id,
      administrator: false,
      disabled_at: null,
    });
    expect((await find('nobody at all')).users).toEqual([]);
    const first = (await root.ask(`/operator/users?limit=1&q=${mark}`)).json;
    expect(first.next).toBe(String(made[1]?.id));
    const second = (await root.ask(`/operator/users?limit=1&q=${mark}&before=${first.next}`)).json;
    expect([second.users[0].id, second.next]).toEqual([made[0]?.id, null]);
    expect((await root.ask('/operator/users?limit=999')).status).toBe(422);
    expect((await root.ask('/operator/users?before=x')).status).toBe(422);
  });

  it('sees what a user has, ends their sign-ins, resets their second factor, shuts them out and lets them in again', async () => {
    const ada = await newPerson(server);
    const team = await newTeam(ada);
    const path = `/operator/users/${ada.id}`;
    const { json } = await root.ask(path);
    expect(json).toMatchObject({ has_password: true, passkeys: 0, totp: false, recovery_codes_left: 0, tokens: 1 });
    expect(json.accounts.map(({ id, role }: { id: number; role: string }) => [id, role])).toEqual([
      [ada.accountId, 'owner'],
      [team, 'owner'],
    ]);
    expect(json.sign_ins).toEqual([expect.objectContaining({ current: false, address: '127.0.0.1' })]);

    expect((await post(`${path}/end-sign-ins`)).status).toBe(204);
    expect((await ada.ask('/me')).status).toBe(401);
    const again = await browserFor(server, ada.id);
    expect((await post(`${path}/reset-second-factor`)).status).toBe(204);
    expect((await again.ask('/me')).status).toBe(401);

    const third = await browserFor(server, ada.id);
    expect((await post(`${path}/disable`)).status).toBe(204);
    expect((await third.ask('/me')).status).toBe(401);
    expect((await post(`${path}/disable`)).status).toBe(422);
    expect((await root.ask(path)).json.user.disabled_at).toEqual(expect.any(String));
    expect((await post(`${path}/enable`)).status).toBe(204);
    expect((await post('/operator/users/999999/disable')).status).toBe(404);
    expect((await root.ask('/operator/users/999999')).status).toBe(404);
  });

  it('gives the platform flag, and with it the operator account', async () => {
    const ada = await newPerson(server);
    expect((await put(`/operator/users/${ada.id}/administrator`, { administrator: true })).status).toBe(204);
    expect((await ada.ask('/accounts/1/members')).json.members.map(({ user_id }: { user_id: number }) => user_id)).toContain(
      ada.id,
    );
    expect((await put('/operator/users/999999/administrator', { administrator: true })).status).toBe(404);
  });

  it('finds accounts, with owner, members and keys', async () => {
    const ada = await newPerson(server);
    const name = `Team ${crypto.randomUUID()}`;
    const team = await newTeam(ada, name);
    await server.key(team);
    const { json } = await root.ask(`/operator/accounts?q=${encodeURIComponent(name.toLowerCase())}`);
    expect(json.accounts).toEqual([
      { id: team, kind: 'team', name, owner: ada.email, members: 1, keys: 1, suspension: null, created_at: expect.any(String) },
    ]);
  });

  it('lets somebody try again whom a stranger has kept from it', async () => {
    const ada = await newPerson(server);
    const logIn = (password: string, from: string) =>
      server.request('/api/v1/auth/login', {
        body: { email: ada.email, password, device_name: 'x' },
        headers: { 'x-forwarded-for': from, 'x-forwarded-proto': 'https' },
      });
    for (let failed = 0; failed < 10; failed++) expect((await logIn('wrong', '203.0.113.1')).status).toBe(422);
    expect((await logIn(PASSWORD, '198.51.100.7')).status).toBe(429);
    expect((await post('/operator/limits/clear', { email: ada.email })).status).toBe(204);
    expect((await logIn(PASSWORD, '198.51.100.7')).status).toBe(200);
    // What was counted for the stranger's address still is.
    expect((await logIn(PASSWORD, '203.0.113.1')).status).toBe(429);
    expect((await post('/operator/limits/clear', { email: 'nobody@example.com' })).status).toBe(422);
    const [event] = await server.store.audit.list({ event: 'limits.cleared', limit: 1 });
    expect(event).toMatchObject({ userId: ada.id, actor: `user:${root.id}` });
  });

  it('replaces the catalogue and the routes, is told of each faulty row, and tries what a path asks for', async () => {
    const bad = await put('/operator/permissions', {
      permissions: [
        { name: 'a.read', sentence: 'See it' },
        { name: 'keyhouse.verify', sentence: '' },
      ],
    });
    expect(bad.status).toBe(422);
    expect(Object.keys(bad.json.errors)).toEqual(['permissions.1.name', 'permissions.1.sentence']);
    const crm = { name: 'crm.read', sentence: 'See customers' };
    expect((await put('/operator/permissions', { permissions: [{ ...crm, sensitive: true }] })).json.errors).toHaveProperty([
      'permissions.0.sensitive',
    ]);
    expect((await put('/operator/permissions', { permissions: [{ ...crm, grantable: true, sensitive: true }] })).status).toBe(
      204,
    );
    expect(await server.store.permissions.listPermissions()).toEqual([{ ...crm, isGrantable: true, isSensitive: true }]);
    expect((await root.ask('/permissions')).json.permissions).toEqual([{ ...crm, grantable: true, sensitive: true }]);
    expect((await put('/operator/permissions', { permissions: [crm] })).status).toBe(204);
    expect(await server.store.permissions.listPermissions()).toEqual([{ ...crm, isGrantable: false, isSensitive: false }]);

    const routes = [
      { methods: null, pattern: '/open/**', resource: null, permission: null },
      { methods: null, pattern: '/api/crm/:resource/**', resource: 'crm.:resource', permission: null },
      { methods: ['POST'], pattern: '/search', resource: null, permission: 'crm.read' },
      { methods: ['GET', 'PUT'], pattern: '/search', resource: null, permission: null },
      { methods: null, pattern: '/files/:name.key', resource: null, permission: null, refused: true },
    ];
    const [open] = routes;
    for (const bad of [
      { pattern: 'no', resource: 'x' },
      { pattern: '/x', resource: 'x', permission: 'x.read' },
      { pattern: '/x', permission: 'x.read' },
      { pattern: '/x', methods: ['GET'], resource: 'x' },
      { pattern: '/x', methods: ['HEAD'] },
      { pattern: '/x', resource: 'x', refused: true },
    ])
      expect((await put('/operator/routes', { routes: [...routes, { ...open, ...bad }] })).json.errors).toHaveProperty([
        'routes.5',
      ]);
    expect((await put('/operator/routes', { routes })).status).toBe(204);
    expect((await root.ask('/operator/routes')).json).toEqual({ routes });
    const tried = async (method: string, path: string) => (await post('/operator/routes/try', { method, path })).json;
    await expect.poll(() => tried('GET', '/open/x')).toEqual({ outcome: 'public', permission: null });
    expect(await tried('POST', '/api/crm/leads/7')).toEqual({ outcome: 'permission', permission: 'crm.leads.write' });
    expect(await tried('POST', '/search')).toEqual({ outcome: 'permission', permission: 'crm.read' });
    expect(await tried('HEAD', '/search')).toEqual({ outcome: 'public', permission: null });
    expect(await tried('DELETE', '/search')).toEqual({ outcome: 'refused', permission: null });
    expect(await tried('GET', '/files/a.key')).toEqual({ outcome: 'refused', permission: null });
    expect(await tried('GET', '/files/a.txt')).toEqual({ outcome: 'permission', permission: 'files.read' });
    expect(await tried('GET', '/api/crm/../x')).toEqual({ outcome: 'refused', permission: null });
    expect((await put('/operator/routes', { routes: [] })).status).toBe(204);
    expect((await put('/operator/permissions', { permissions: [] })).status).toBe(204);
  });

  it('sees the signing keys, rotates them, and sets how often they do so themselves', async () => {
    const before = (await root.ask('/operator/signing-keys')).json;
    const shown = ({ state, algorithm }: { state: string; algorithm: string }) => `${state} ${algorithm}`;
    const pairs = ['next ES256', 'next RS256', 'current ES256', 'current RS256'];
    expect(before.keys.map(shown)).toEqual(pairs);
    expect(before.rotate_every_days).toBe(90);
    const early = await post('/operator/signing-keys/rotate', { emergency: false });
    expect([early.status, early.json.errors.emergency]).toEqual([422, [expect.stringMatching(/Wait \d minutes/)]]);
    expect((await post('/operator/signing-keys/rotate', { emergency: true })).status).toBe(204);
    const after = (await root.ask('/operator/signing-keys')).json;
    expect(after.keys.map(shown)).toEqual([...pairs, 'retired ES256', 'retired RS256']);
    expect([after.keys[2].kid, after.keys[3].kid]).toEqual([before.keys[0].kid, before.keys[1].kid]);
    expect((await put('/operator/signing-keys/schedule', { days: 30 })).status).toBe(204);
    const { rotate_every_days, next_rotation_at, keys } = (await root.ask('/operator/signing-keys')).json;
    expect(rotate_every_days).toBe(30);
    expect(Date.parse(next_rotation_at) - Date.parse(keys[2].signing_since)).toBe(30 * 86_400_000);
    expect((await put('/operator/signing-keys/schedule', { days: 0 })).status).toBe(422);
  });

  it('reads the limits that hold and the state of the server', async () => {
    const { limits } = (await root.ask('/operator/limits')).json;
    expect(limits).toContainEqual({
      name: 'JWT, at most',
      value: '366 days',
      why: expect.any(String),
      setting: 'KEYHOUSE_MAX_JWT_DAYS',
    });
    const health = (await root.ask('/operator/health')).json;
    expect(health).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+/), database: 'SQLite' });
    expect(health.checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
  });

  it('gives the place a name, a readable colour and a logo, on every server that shares the database', async () => {
    const other = await startTestServer({ database: server.database });
    expect((await root.ask('/operator/brand')).json).toMatchObject({ logo_url: null });
    const pale = await put('/operator/brand', { name: 'Acme', accent: '#ffee00' });
    expect([pale.status, Object.keys(pale.json.errors)]).toEqual([422, ['accent']]);
    const logo = png();
    expect((await put('/operator/brand', { name: 'Acme', accent: '#1d4ed8', logo: logo.toString('base64') })).status).toBe(204);
    const brand = (await root.ask('/operator/brand')).json;
    expect(brand).toMatchObject({
      name: 'Acme',
      accent: '#1d4ed8',
      logo_url: expect.stringMatching(/^\/dashboard\/brand\/logo\?v=[0-9a-f]{16}$/),
    });
    expect((await server.request(brand.logo_url)).headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': `${logo.length}`,
    });
    await expect.poll(() => other.keyhouse.branding.current().name).toBe('Acme');
    expect((await put('/operator/brand', { name: 'Acme Two', accent: '#1d4ed8' })).status).toBe(204);
    expect((await root.ask('/operator/brand')).json).toEqual({ ...brand, name: 'Acme Two' });
  });

  it('invites somebody to register, and the link tells for whom', async () => {
    expect((await post('/operator/invitations', { email: root.email })).status).toBe(422);
    expect((await post('/operator/invitations', { email: 'no address' })).status).toBe(422);
    const email = `new-${crypto.randomUUID()}@example.com`;
    expect((await post('/operator/invitations', { email })).status).toBe(204);
    expect((await post('/operator/invitations', { email })).status).toBe(204);
  });
});
