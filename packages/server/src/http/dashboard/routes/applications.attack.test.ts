import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { naughtyStrings } from '../../../../../protocol/test/vectors.ts';
import { askTokens, newApplication } from '../../../../test/applications.ts';
import { browserWith } from '../../../../test/dashboard-browser.ts';
import { eachDatabase } from '../../../../test/databases.ts';
import { newAdministrator, newPerson, type Person } from '../../../../test/people.ts';
import { png } from '../../../../test/pictures.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

const WISH = {
  name: 'Ledger',
  type: 'confidential',
  home_page: null,
  redirect_uris: ['https://ledger.example.com/cb'],
  post_logout_redirect_uris: [],
  permissions: null,
  optional_permissions: [],
  own_permissions: [],
  idle_seconds: null,
  absolute_seconds: null,
  jwks: null,
};

eachDatabase('what somebody types', (makeDatabase) => {
  let server: TestServer;
  let ada: Person;
  let root: Person;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1'], database: await makeDatabase() });
    ada = await newPerson(server);
    root = await newAdministrator(server);
  });
  afterAll(() => server.stop());

  it('breaks nothing, in any field', async () => {
    const path = `/accounts/${ada.accountId}/applications`;
    const { id } = await newApplication(server, ada.accountId);
    for (const text of ['a\u0000b', '\ud800', 'x'.repeat(3000), ...naughtyStrings]) {
      const bodies = [
        // Some are valid names; everything else is refused, and all faults are reported at once.
        { name: text },
        {
          ...{ home_page: text, logo: text, redirect_uris: [text], post_logout_redirect_uris: [text] },
          ...{ permissions: [text], optional_permissions: [text], own_permissions: [text] },
          jwks: { keys: [{ kid: text, alg: text, kty: text, x: text, [text]: text }] },
        },
        { [text]: text },
      ];
      const asked = [
        ...bodies.map((body) => ada.ask(`${path}/${id}`, { method: 'PATCH', body })),
        root.ask(`/operator/applications?q=${encodeURIComponent(text.toWellFormed())}`),
        ada.ask(`${path}/${id}/sessions/${encodeURIComponent(text.toWellFormed())}`, { method: 'DELETE' }),
      ];
      for (const { status } of await Promise.all(asked))
        expect([200, 204, 400, 404, 405, 422, 431], JSON.stringify(text).slice(0, 100)).toContain(status);
    }
    const found = await server.store.applications.findApplication(id);
    expect(found).toMatchObject({ accountId: ada.accountId, isFirstParty: false, verifiedAtMs: null, kind: 'public' });
  });
});

describe('somebody who wants more', () => {
  let server: TestServer;
  let ada: Person;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1'] });
    ada = await newPerson(server);
  });
  afterAll(() => server.stop());
  const path = () => `/accounts/${ada.accountId}/applications`;

  it('does not call an application verified, first-party, or another account’s', async () => {
    const more = [
      { first_party: true },
      { isFirstParty: true },
      { verified: true },
      { verified_at: '2027-01-01T00:00:00Z' },
      { account_id: 1 },
      { client_id: 'app_0000000000000000000000' },
      { client_secret: 'mine' },
      { id: 1 },
    ];
    const { id } = await newApplication(server, ada.accountId);
    for (const each of more) {
      expect((await ada.ask(path(), { body: { ...WISH, ...each } })).status).toBe(422);
      expect((await ada.ask(`${path()}/${id}`, { method: 'PATCH', body: each })).status).toBe(422);
    }
    // A public application never becomes one that acts by itself.
    expect((await ada.ask(`${path()}/${id}`, { method: 'PATCH', body: { type: 'confidential' } })).status).toBe(422);
    expect((await ada.ask(`${path()}/${id}`, { method: 'PATCH', body: { own_permissions: ['a.read'] } })).status).toBe(422);
    expect((await ada.ask('/accounts/1/applications', { body: WISH })).status).toBe(404);
  });

  it('gives no application what is reserved or a wildcard, in no list and in no spelling', async () => {
    for (const name of ['*', '*.read', '*.write', 'keyhouse.verify', 'Keyhouse.read', 'KEYHOUSE.x.write', 'keyhouse.read '])
      for (const list of ['permissions', 'optional_permissions', 'own_permissions']) {
        const { status, json } = await ada.ask(path(), { body: { ...WISH, [list]: [name] } });
        expect([name, list, status, Object.keys(json.errors ?? {})]).toEqual([name, list, 422, [list]]);
      }
  });

  it('does not get at another application by an id that is not one, or by the id of another kind of thing', async () => {
    const made = await newApplication(server, ada.accountId);
    for (const id of ['0', '-1', '1.0', '01', '1e0', '%201', '%31%00', made.clientId, 'x', '9'.repeat(20)])
      expect([id, (await ada.ask(`${path()}/${id}`)).status]).toEqual([id, 404]);
  });

  it('does nothing without a browser’s sign-in, from another site, or with a bearer credential beside the cookie', async () => {
    const made = await newApplication(server, ada.accountId);
    const at = `${path()}/${made.id}`;
    const change = { method: 'PATCH', body: { name: 'Mine' } };
    expect((await browserWith(server, '').ask(at, change)).status).toBe(401);
    expect((await ada.ask(at, { ...change, headers: { origin: 'https://evil.example' } })).status).toBe(403);
    const { text } = await server.key(ada.accountId);
    expect((await ada.ask(at, { ...change, headers: { authorization: `Bearer ${text}` } })).status).toBe(401);
    expect((await server.store.applications.findApplication(made.id))?.name).toBe('Ledger');
  });

  it('has one secret from many rotations at once, and the one before it; all others are dead', async () => {
    const made = await newApplication(server, ada.accountId, { kind: 'confidential', ownPermissions: ['invoices.read'] });
    const rotated = await Promise.all(
      Array.from({ length: 10 }, () => ada.ask(`${path()}/${made.id}/secret`, { body: { overlap_seconds: 3600 } })),
    );
    const secrets = [made.secret, ...rotated.map(({ json }) => json.client_secret as string)];
    const answers = await Promise.all(
      secrets.map((secret) =>
        askTokens(server, { grant_type: 'client_credentials', client_id: made.clientId, client_secret: secret ?? '' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(new Set(secrets).size).toBe(11);
  });

  it('keeps nobody’s secret or private key in the store, the log, or an answer that comes later', async () => {
    const made = await ada.ask(path(), { body: WISH });
    const { client_secret: secret, application } = made.json as { client_secret: string; application: { id: number } };
    const detail = await ada.ask(`${path()}/${application.id}`);
    const audit = await ada.ask(`/accounts/${ada.accountId}/audit`);
    const needles = [secret, secret.slice(10, 50), Buffer.from(secret).toString('base64').slice(0, 60)];
    for (const needle of needles) expect(detail.text + audit.text + server.logged.join('\n')).not.toContain(needle);
  });

  it('gets no key set read that is nested thousands of levels deep, at any place', async () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    for (const jwks of [`{"keys":${deep}}`, `{"keys":[{"kid":"a","x":${deep}}]}`, deep]) {
      const { status, json } = await ada.ask(path(), {
        method: 'POST',
        body: `{"name":"Ledger","type":"confidential","jwks":${jwks}}`,
        headers: { 'content-type': 'application/json' },
      });
      expect([status, json.errors]).toEqual([422, { body: ['The body is nested too deeply or has too many members.'] }]);
    }
  });

  it('is not served a logo that runs: no markup is accepted, and a stored SVG is shown as a picture without scripts', async () => {
    const svg = (inner: string) => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${inner}</svg>`).toString('base64');
    const bad = [
      svg('<script>alert(1)</script>'),
      svg('<rect width="1" height="1"/>'),
      Buffer.from('<!DOCTYPE svg [<!ENTITY x "y">]><svg/>').toString('base64'),
      Buffer.from(`${'<!---->'.repeat(50)}x`).toString('base64'), // once more than the age of the universe, by a regular expression
      Buffer.from('<html><script>alert(1)</script></html>').toString('base64'),
      Buffer.from('GIF89a').toString('base64'),
      png(5000, 5000).toString('base64'),
      Buffer.alloc(100_001, 1).toString('base64'),
    ];
    for (const logo of bad) expect((await ada.ask(path(), { body: { ...WISH, logo } })).json.errors).toHaveProperty('logo');
    const { application } = (await ada.ask(path(), { body: { ...WISH, logo: png().toString('base64') } })).json;
    await server.store.applications.updateApplication({
      id: application.id,
      settings: {},
      logo: { type: 'image/svg+xml', base64: svg('<image href="https://evil.example/x"/>') },
      nowMs: Date.now(),
      event: { event: 'application.updated', atMs: Date.now(), by: OPERATOR, details: {} },
    });
    const { headers } = await server.request(application.logo_url);
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': expect.stringMatching(/^default-src 'none'.*sandbox/),
      'x-content-type-options': 'nosniff',
    });
  });
});
