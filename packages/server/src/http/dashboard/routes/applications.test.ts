import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApplication } from '../../../../test/applications.ts';
import { newAdministrator, newMember, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { png } from '../../../../test/pictures.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

const PNG = png().toString('base64');
const PERMISSIONS = [
  { name: 'invoices.read', sentence: 'See your invoices', isGrantable: true, isSensitive: false },
  { name: 'invoices.write', sentence: 'Change your invoices', isGrantable: true, isSensitive: false },
  { name: 'payouts.write', sentence: 'Send money', isGrantable: true, isSensitive: true },
  { name: 'inner.read', sentence: 'See what is inside', isGrantable: false, isSensitive: false },
];
const WISH = {
  name: 'Reader',
  type: 'confidential',
  home_page: null,
  redirect_uris: ['https://reader.example.com/callback'],
  post_logout_redirect_uris: [],
  permissions: ['invoices.read'],
  optional_permissions: [],
  own_permissions: [],
  idle_seconds: null,
  absolute_seconds: null,
  jwks: null,
};

describe('the applications of an account', () => {
  let server: TestServer;
  let root: Person;
  let ada: Person;
  let team: number;
  let path: string;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1'] });
    root = await newAdministrator(server);
    ada = await newPerson(server);
    team = await newTeam(ada);
    path = `/accounts/${team}/applications`;
    await server.keyhouse.permissions.setCatalogue({ catalogue: PERMISSIONS, by: OPERATOR });
  });
  afterAll(() => server.stop());

  const register = async (wish: Record<string, unknown> = {}, at = path, by = ada) => {
    const made = await by.ask(at, { body: { ...WISH, ...wish } });
    if (made.status !== 200) throw new Error(made.text);
    return made.json as { application: { id: number; client_id: string; logo_url: string }; client_secret: string | null };
  };
  const patch = (id: number, body: unknown, by = ada) => by.ask(`${path}/${id}`, { method: 'PATCH', body });

  it('are registered, listed, looked at and changed', async () => {
    const { application, client_secret } = await register({ home_page: ' https://reader.example.com ', logo: PNG });
    expect(client_secret).toMatch(/^kh_client_[0-9A-Za-z]{40}[0-9a-f]{8}$/);
    expect(application).toMatchObject({
      client_id: expect.stringMatching(/^app_[0-9A-Za-z]{22}$/),
      home_page: 'https://reader.example.com',
      permissions: ['invoices.read'],
      first_party: false,
      verified_at: null,
    });
    const list = await ada.ask(path);
    expect(list.json).toMatchObject({ applications: [{ id: application.id, live_sessions: 0 }], next: null });
    const changed = await patch(application.id, {
      name: ' Writer ',
      permissions: null,
      optional_permissions: ['invoices.write'],
    });
    expect(changed.json).toMatchObject({
      name: 'Writer',
      permissions: null,
      optional_permissions: ['invoices.write'],
      redirect_uris: WISH.redirect_uris,
    });
    const detail = await ada.ask(`${path}/${application.id}`);
    expect(detail.json).toMatchObject({ application: { name: 'Writer' }, sessions: [], live_sessions: 0 });
    expect(list.text + detail.text + changed.text).not.toMatch(/kh_client|hash/);
  });

  it('are told every fault at once, at its field, and nothing is registered', async () => {
    const bad = await ada.ask(path, {
      body: {
        ...WISH,
        name: 'x\u202e',
        home_page: 'javascript:1',
        redirect_uris: ['http://reader.example.com/cb'],
        post_logout_redirect_uris: ['/bye'],
        permissions: ['inner.read', 'cats.read'],
        optional_permissions: ['invoices.write'],
        own_permissions: ['*'],
        idle_seconds: 59,
        absolute_seconds: 34_560_001,
        jwks: { keys: [] },
        logo: 'AAAA',
      },
    });
    expect(bad.status).toBe(422);
    expect(Object.keys(bad.json.errors).sort()).toEqual(['logo', ...Object.keys(WISH).filter((name) => name !== 'type')].sort());
    expect((await ada.ask(path)).text).not.toContain('javascript');
    expect((await ada.ask(path, { body: { ...WISH, colour: 'red' } })).json.errors).toHaveProperty('colour');
  });

  it('get a secret once, with an overlap; a public one has none', async () => {
    const { application, client_secret: first } = await register();
    const secret = (id: number, overlap_seconds: number) => ada.ask(`${path}/${id}/secret`, { body: { overlap_seconds } });
    const rotated = await secret(application.id, 3600);
    expect(rotated.json.client_secret).toMatch(/^kh_client_/);
    expect(rotated.json.client_secret).not.toBe(first);
    expect(rotated.json.application.previous_secret_ends_at).toEqual(expect.any(String));
    expect((await ada.ask(`${path}/${application.id}/secret/end-overlap`, { method: 'POST' })).status).toBe(204);
    expect((await ada.ask(`${path}/${application.id}/secret/end-overlap`, { method: 'POST' })).status).toBe(422);
    expect((await secret(application.id, 2_592_001)).status).toBe(422);
    const open = await register({ type: 'public' });
    expect(open.client_secret).toBeNull();
    expect((await secret(open.application.id, 0)).status).toBe(422);
  });

  it('show their logo from our own address, where nothing in it can run', async () => {
    const { application } = await register({ logo: PNG });
    const logo = await server.request(application.logo_url);
    expect([logo.status, logo.headers['content-type']]).toEqual([200, 'image/png']);
    expect(logo.headers['content-security-policy']).toContain("default-src 'none'");
    expect(logo.headers['content-security-policy']).toContain('sandbox');
    const none = await patch(application.id, { logo: null });
    expect(none.json.logo_url).toBeNull();
    expect((await server.request(application.logo_url)).status).toBe(404);
    expect((await server.request('/dashboard/applications/app_x/logo')).status).toBe(404);
  });

  it('are looked at by viewers, managed by developers, and there for nobody else', async () => {
    const { application } = await register();
    const [viewer, developer, stranger] = [
      await newMember(server, ada, team, 'viewer'),
      await newMember(server, ada, team, 'developer'),
      await newPerson(server),
    ];
    expect((await viewer.ask(path)).status).toBe(200);
    expect((await viewer.ask(`${path}/${application.id}`)).status).toBe(200);
    const verbs = [
      ['POST', path, WISH],
      ['PATCH', `${path}/${application.id}`, { name: 'x' }],
      ['POST', `${path}/${application.id}/secret`, { overlap_seconds: 0 }],
      ['POST', `${path}/${application.id}/secret/end-overlap`, undefined],
      ['DELETE', `${path}/${application.id}/sessions/x`, undefined],
      ['DELETE', `${path}/${application.id}`, undefined],
    ] as const;
    for (const [method, at, body] of verbs) {
      const options = { method, ...(body === undefined ? {} : { body }) };
      expect([method, at, (await viewer.ask(at, options)).status]).toEqual([method, at, 403]);
      expect([method, at, (await stranger.ask(at, options)).status]).toEqual([method, at, 404]);
    }
    expect((await patch(application.id, { name: 'By a developer' }, developer)).status).toBe(200);
    // Another account's, under a path of one's own account.
    const own = `/accounts/${stranger.accountId}/applications/${application.id}`;
    expect((await stranger.ask(own)).status).toBe(404);
    expect((await stranger.ask(own, { method: 'PATCH', body: { name: 'Mine' } })).status).toBe(404);
    expect((await stranger.ask(own, { method: 'DELETE' })).status).toBe(404);
    expect((await ada.ask(`${path}/${application.id}/sessions/nobody`, { method: 'DELETE' })).status).toBe(404);
  });

  it('keep what has left the catalogue until somebody changes that very list', async () => {
    const { application } = await register({ permissions: ['invoices.read', 'invoices.write'] });
    await server.keyhouse.permissions.setCatalogue({
      catalogue: PERMISSIONS.filter(({ name }) => name !== 'invoices.write'),
      by: OPERATOR,
    });
    expect((await patch(application.id, { name: 'Another', permissions: ['invoices.read', 'invoices.write'] })).status).toBe(200);
    const bad = await patch(application.id, { permissions: ['invoices.write'] });
    expect(bad.json.errors).toEqual({ permissions: ['The permission invoices.write does not exist.'] });
    await server.keyhouse.permissions.setCatalogue({ catalogue: PERMISSIONS, by: OPERATOR });
  });

  it('are verified and called first-party by administrators alone', async () => {
    const { application } = await register({ permissions: ['payouts.write'] });
    const at = `/operator/applications/${application.id}`;
    const put = (by: Person, what: string, body: unknown) => by.ask(`${at}/${what}`, { method: 'PUT', body });
    expect((await put(ada, 'verified', { verified: true })).status).toBe(403);
    expect((await put(ada, 'first-party', { first_party: true })).status).toBe(403);
    expect((await ada.ask('/operator/applications')).status).toBe(403);
    expect((await ada.ask(path, { body: { ...WISH, first_party: true } })).status).toBe(422);
    expect((await put(root, 'verified', { verified: true })).status).toBe(204);
    // Only applications of the operator's account can be first-party.
    expect((await put(root, 'first-party', { first_party: true })).json.errors).toHaveProperty('first_party');
    const own = await newApplication(server, team, { isFirstParty: true });
    expect(own.accountId).toBe(1);
    const find = async () => (await root.ask(`/operator/applications?q=${application.client_id}`)).json.applications;
    expect(await find()).toEqual([
      expect.objectContaining({
        id: application.id,
        first_party: false,
        verified_at: expect.any(String),
        lost_badges: null,
        account_name: 'Engines',
      }),
    ]);
    const [{ version: before }] = await find();
    expect((await patch(application.id, { idle_seconds: 3600 })).json.verified_at).toEqual(expect.any(String));
    const lost = { badges: ['verified'], changed: ['name', 'redirect_uris'], at: expect.any(String) };
    const changed = await patch(application.id, { name: 'Your bank', redirect_uris: ['https://evil.example/callback'] });
    expect([changed.json.verified_at, changed.json.lost_badges]).toEqual([null, lost]);
    expect(await find()).toMatchObject([{ verified_at: null, lost_badges: lost }]);
    // Nobody vouches for what they have not seen.
    const late = await put(root, 'verified', { verified: true, version: before });
    expect([late.status, Object.keys(late.json.errors)]).toEqual([422, ['version']]);
    const [{ version }] = await find();
    expect((await put(root, 'verified', { verified: true, version })).status).toBe(204);
    expect(await find()).toMatchObject([{ verified_at: expect.any(String), lost_badges: null }]);
    expect((await put(root, 'verified', { verified: false })).status).toBe(204);
    expect((await root.ask('/operator/applications?q=nobody-has-this')).json).toEqual({ applications: [], next: null });
  });

  it('are gone for good when they are deleted', async () => {
    const { application } = await register();
    expect((await ada.ask(`${path}/${application.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await ada.ask(`${path}/${application.id}`)).status).toBe(404);
    expect((await ada.ask(`${path}/${application.id}`, { method: 'DELETE' })).status).toBe(404);
    const { json } = await ada.ask(`/accounts/${team}/audit?limit=1`);
    expect(json.events[0]).toMatchObject({ event: 'application.deleted', details: { application: 'Reader' } });
  });

  it('ask for the password again before a secret is made or anything is widened', async () => {
    const { application } = await register();
    server.advance(11 * 60_000);
    const asked = [
      await ada.ask(path, { body: WISH }),
      await patch(application.id, { permissions: null }),
      await ada.ask(`${path}/${application.id}/secret`, { body: { overlap_seconds: 0 } }),
      await root.ask(`/operator/applications/${application.id}/verified`, { method: 'PUT', body: { verified: true } }),
    ];
    expect(asked.map(({ status, json }) => [status, json.proof])).toEqual(asked.map(() => [403, 'required']));
  });
});
