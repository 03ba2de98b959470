/** Tokens and keys at the private API, as the pages ask for them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserFor } from '../../../../test/dashboard-browser.ts';
import { mailsTo } from '../../../../test/mails.ts';
import { newAdministrator, newMember, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';

const WISH = { name: 'laptop', expires_at: null, permissions: null, addresses: null };
const KEY_WISH = { ...WISH, environment: 'live' };
const DAY = 86_400_000;

interface Count {
  readonly requests_30_days: number;
}

describe('tokens and keys', () => {
  let server: TestServer;
  let ada: Person;
  beforeAll(async () => {
    server = await startTestServer();
    ada = await newPerson(server);
  });
  afterAll(() => server.stop());

  const keysOf = (person: Person): string => `/accounts/${person.accountId}/keys`;
  const newToken = async (person: Person, wish = {}) => (await person.ask('/tokens', { body: { ...WISH, ...wish } })).json;
  const newKey = async (person: Person, wish = {}) => (await person.ask(keysOf(person), { body: { ...KEY_WISH, ...wish } })).json;
  const works = async (token: string): Promise<boolean> =>
    (await server.request('/api/v1/cli/loggedUser', { bearer: token, headers: { 'user-agent': 'curl/8' } })).status === 200;
  const verify = async (bearer: string, path: string): Promise<number> =>
    (await server.request(`/verify/${path}`, { bearer, headers: { 'user-agent': 'curl/8' } })).status;
  /** What was counted is written every two seconds. */
  const untilWritten = async (look: () => Promise<boolean>): Promise<void> => {
    await expect.poll(look).toBe(true);
  };
  const kindsTo = (person: { email: string }): string[] => mailsTo(server, person.email).map(({ kind }) => kind);

  it('makes a token that works at once, shows it once, and lists it newest first', async () => {
    const made = await ada.ask('/tokens', { body: WISH });
    expect(made.status).toBe(200);
    expect(made.headers['cache-control']).toBe('no-store');
    const { id } = made.json.credential;
    expect(made.json.credential).toMatchObject({
      kind: 'token',
      name: 'laptop',
      environment: 'live',
      starts_with: `${id}|kh_`,
      source: 'dashboard',
      permissions: null,
      last_used_at: null,
      overlap: null,
    });
    expect(made.json.secret).toMatch(new RegExp(`^${id}\\|kh_[0-9A-Za-z]{48}$`));
    const user = await server.request('/api/v1/cli/loggedUser', { bearer: made.json.secret });
    expect(user.json.user.id).toBe(ada.id);
    const list = await ada.ask('/tokens');
    expect(list.json.credentials.map(({ name, source }: { name: string; source: string }) => [name, source])).toEqual([
      ['laptop', 'dashboard'],
      ['test', 'register'],
    ]);
    expect(list.text).not.toContain(made.json.secret.split('_')[1]);
    expect(list.text).not.toMatch(/[0-9a-f]{64}/);
    expect(mailsTo(server, ada.email).at(-1)).toMatchObject({ kind: 'credential-made' });
  });

  it('makes a key that mints a JWT at POST /auth', async () => {
    const body = { ...WISH, name: 'billing', environment: 'test', permissions: ['invoices.read'] };
    const made = await ada.ask(keysOf(ada), { body });
    expect(made.status).toBe(200);
    expect(made.json.secret).toMatch(/^kh_test_/);
    expect(made.json.credential).toMatchObject({ kind: 'key', starts_with: 'kh_test_', permissions: ['invoices.read'] });
    const minted = await server.request('/auth', { bearer: made.json.secret, body: { permissions: ['invoices.read'] } });
    expect(minted.status).toBe(200);
    expect((await ada.ask(keysOf(ada))).json.credentials[0]).toMatchObject({ id: made.json.credential.id, name: 'billing' });
  });

  it('tells every fault of a wish at its field, and makes nothing', async () => {
    const before = (await ada.ask('/tokens')).json.credentials.length;
    const yesterday = new Date(server.now() - DAY).toISOString();
    const faulty = { name: ' ', expires_at: yesterday, permissions: ['invoices'], addresses: ['203.0.113.7/24'] };
    const { status, json } = await ada.ask('/tokens', { body: faulty });
    expect(status).toBe(422);
    expect(Object.keys(json.errors).sort()).toEqual(['addresses', 'expires_at', 'name', 'permissions']);
    for (const expires_at of ['soon', '2027-02-31T00:00:00Z', ''])
      expect((await ada.ask('/tokens', { body: { ...WISH, expires_at } })).json.errors).toHaveProperty('expires_at');
    expect((await ada.ask('/tokens', { body: { ...WISH, permissions: [] } })).status).toBe(422);
    expect((await ada.ask('/tokens', { body: { ...WISH, user_id: 1 } })).json.errors).toEqual({
      user_id: ['This field does not exist.'],
    });
    expect((await ada.ask('/tokens')).json.credentials).toHaveLength(before);
  });

  it("gives keyhouse.verify to keys of the operator's account, and to nothing else", async () => {
    const administrator = await newAdministrator(server);
    const body = { ...KEY_WISH, permissions: ['keyhouse.verify'] };
    const made = await administrator.ask('/accounts/1/keys', { body });
    expect(made.status).toBe(200);
    expect(made.json.credential.permissions).toEqual(['keyhouse.verify']);
    expect((await administrator.ask(keysOf(administrator), { body })).status).toBe(422);
    expect((await administrator.ask('/tokens', { body: { ...WISH, permissions: ['keyhouse.verify'] } })).status).toBe(422);
  });

  it('lists in pages that neither repeat nor leave out', async () => {
    const eve = await newPerson(server);
    for (let count = 0; count < 5; count++) await newKey(eve, { name: `key ${count}` });
    const seen: string[] = [];
    let before: string | null = null;
    do {
      const page = await eve.ask(`${keysOf(eve)}?limit=2${before === null ? '' : `&before=${before}`}`);
      seen.push(...page.json.credentials.map(({ name }: { name: string }) => name));
      before = page.json.next;
    } while (before !== null);
    expect(seen).toEqual(['key 4', 'key 3', 'key 2', 'key 1', 'key 0']);
    expect((await eve.ask(`${keysOf(eve)}?before=x`)).status).toBe(422);
  });

  it('renames, and the log knows both', async () => {
    const { credential } = await newToken(ada);
    expect((await ada.ask(`/tokens/${credential.id}`, { method: 'PATCH', body: { name: 'desk' } })).status).toBe(204);
    expect((await ada.ask(`/tokens/${credential.id}`)).json.credential.name).toBe('desk');
    expect((await ada.ask(`/tokens/${credential.id}`, { method: 'PATCH', body: { name: '\u0007' } })).status).toBe(422);
    const { json } = await ada.ask(`/accounts/${ada.accountId}/audit?credential=${credential.id}`);
    expect(json.events.map(({ event }: { event: string }) => event)).toEqual(['token.renamed', 'token.created']);
  });

  it('narrows, never widens', async () => {
    const { credential } = await newKey(ada, { permissions: ['a.read', 'a.write'] });
    const narrow = (body: object) => ada.ask(`${keysOf(ada)}/${credential.id}/narrow`, { body });
    expect((await narrow({ permissions: ['a.read'], addresses: ['127.0.0.1/32'] })).status).toBe(204);
    for (const [body, field] of [
      [{ permissions: ['a.read', 'b.read'] }, 'permissions'],
      [{ permissions: null }, 'permissions'],
      [{ permissions: ['*'] }, 'permissions'],
      [{ addresses: null }, 'addresses'],
      [{ addresses: ['0.0.0.0/0'] }, 'addresses'],
      [{}, 'permissions'],
    ] as const) {
      const { status, json } = await narrow(body);
      expect(status, JSON.stringify(body)).toBe(422);
      expect(Object.keys(json.errors)).toEqual([field]);
    }
    expect((await ada.ask(`${keysOf(ada)}/${credential.id}`)).json.credential).toMatchObject({
      permissions: ['a.read'],
      addresses: ['127.0.0.1/32'],
    });
  });

  it('rotates with an overlap, shows who still uses the old secret, extends the overlap and ends it', async () => {
    const { credential, secret } = await newToken(ada);
    const path = `/tokens/${credential.id}`;
    expect(await works(secret)).toBe(true);
    const rotated = await ada.ask(`${path}/rotate`, { body: { overlap_seconds: 3600 } });
    expect(rotated.status).toBe(200);
    expect(rotated.json.secret).toMatch(new RegExp(`^${credential.id}\\|kh_`));
    expect(rotated.json.credential.overlap).toMatchObject({ requests: 0 });
    expect(await works(rotated.json.secret)).toBe(true);
    expect(await works(secret)).toBe(true);
    const overlap = async () => (await ada.ask(path)).json.credential.overlap;
    await untilWritten(async () => (await overlap()).requests > 0);
    expect(await overlap()).toMatchObject({ requests: 1, last_address: '127.0.0.1', last_user_agent: 'curl/8' });

    expect((await ada.ask(`${path}/overlap/extend`, { body: { seconds: 604_800 } })).status).toBe(204);
    expect(Date.parse((await overlap()).ends_at)).toBeGreaterThan(server.now() + 6 * DAY);
    expect((await ada.ask(`${path}/overlap/extend`, { body: { seconds: 604_801 } })).status).toBe(422);
    expect((await ada.ask(`${path}/overlap/end`, { method: 'POST' })).status).toBe(204);
    expect(await overlap()).toBeNull();
    expect(await works(secret)).toBe(false);
    expect(await works(rotated.json.secret)).toBe(true);
    // Nothing brings it back.
    expect((await ada.ask(`${path}/overlap/extend`, { body: { seconds: 60 } })).status).toBe(422);
    expect((await ada.ask(`${path}/overlap/end`, { method: 'POST' })).status).toBe(204);
    expect(await works(secret)).toBe(false);
    expect(kindsTo(ada).at(-1)).toBe('credential-rotated');
  });

  it('revokes a key with its JWTs, and then knows it no more', async () => {
    const { credential, secret } = await newKey(ada, { permissions: ['a.read'] });
    const { token } = (await server.request('/auth', { bearer: secret, body: { permissions: ['a.read'] } })).json;
    expect(await verify(token, 'api/a')).toBe(200);
    const path = `${keysOf(ada)}/${credential.id}`;
    expect((await ada.ask(path, { method: 'DELETE' })).status).toBe(204);
    expect(await verify(token, 'api/a')).toBe(401);
    for (const [method, end, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { name: 'x' }],
      ['POST', '/narrow', { permissions: ['a.read'] }],
      ['POST', '/rotate', { overlap_seconds: 0, revoke_jwts: true }],
      ['POST', '/overlap/end', undefined],
      ['POST', '/overlap/extend', { seconds: 1 }],
      ['DELETE', '', undefined],
      ['GET', '/jwts', undefined],
      ['DELETE', '/jwts', undefined],
    ] as const)
      expect((await ada.ask(`${path}${end}`, { method, body })).status, `${method} ${end}`).toBe(404);
  });

  it('tells owners, admins and whoever did it of a key of a team, and nobody else', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const [admin, developer, viewer] = [
      await newMember(server, owner, team, 'admin'),
      await newMember(server, owner, team, 'developer'),
      await newMember(server, owner, team, 'viewer'),
    ];
    const made = await developer.ask(`/accounts/${team}/keys`, { body: { ...KEY_WISH, name: 'deploy' } });
    expect(made.status).toBe(200);
    for (const person of [owner, admin, developer])
      expect(kindsTo(person).filter((kind) => kind === 'credential-made')).toHaveLength(1);
    expect(kindsTo(viewer)).not.toContain('credential-made');
    const mail = mailsTo(server, owner.email).find(({ kind }) => kind === 'credential-made');
    expect(mail?.text).toContain('deploy');
    expect(mail?.text).not.toContain(made.json.secret);
    // At the command line as well.
    await server.keyhouse.credentials.rotate(
      {
        credential: (await server.store.credentials.getCredential('key', made.json.credential.id)) ?? made.json.credential,
        currentHash: (await server.store.credentials.getCredential('key', made.json.credential.id))?.hash ?? '',
        overlapSeconds: 0,
        revokeJwts: false,
      },
      { actor: 'operator', requestId: null, person: {} },
    );
    expect(kindsTo(admin)).toContain('credential-rotated');
    expect(kindsTo(developer)).not.toContain('credential-rotated');
  });

  it('tells the user of a token that rotated itself', async () => {
    const eve = await newPerson(server);
    const { secret } = await newToken(eve);
    expect((await server.request('/api/v1/auth/tokens/rotate', { method: 'POST', bearer: secret })).status).toBe(200);
    expect(kindsTo(eve).filter((kind) => kind.startsWith('credential-'))).toEqual(['credential-made', 'credential-rotated']);
  });

  it('shows what was used of what was granted, and narrows to just that with one click', async () => {
    const { credential, secret } = await newKey(ada, { permissions: ['a.read', 'a.write', 'b.read', 'c.read'] });
    const path = `${keysOf(ada)}/${credential.id}`;
    expect((await ada.ask(path)).json.least).toMatchObject({ narrow_to: null });
    expect(await verify(secret, 'api/a')).toBe(200);
    expect(await verify(secret, 'api/d')).toBe(403);
    const { token } = (await server.request('/auth', { bearer: secret, body: { permissions: ['b.read'] } })).json;
    expect(await verify(token, 'api/b')).toBe(200);
    const least = async () => (await ada.ask(path)).json.least;
    const used = (row: { name: string; requests_30_days: number }) => row.name === 'b.read' && row.requests_30_days === 2;
    await untilWritten(async () => (await least()).permissions.some(used));
    // It is watched for a month first, and the answer says so.
    const watching = await least();
    expect(watching).toMatchObject({ narrow_to: null, watched_days: 0, watched_since: watching.observed_since });
    expect(Date.parse(watching.suggests_from) - Date.parse(watching.watched_since)).toBe(30 * DAY);
    await server.keyhouse.flush();
    server.advance(30 * DAY);
    ada = { ...ada, ...(await browserFor(server, ada.id)) };
    expect(await least()).toMatchObject({ watched_days: 30, suggests_from: null });
    const found = await least();
    expect(found.narrow_to).toEqual(['a.read', 'b.read']);
    expect(
      found.permissions.map((row: { name: string; granted: boolean; requests_90_days: number }) => [
        row.name,
        row.granted,
        row.requests_90_days,
      ]),
    ).toEqual([
      ['a.read', true, 1],
      ['a.write', true, 0],
      ['b.read', true, 2],
      ['c.read', true, 0],
    ]);
    expect((await ada.ask(`${path}/narrow`, { body: { permissions: found.narrow_to } })).status).toBe(204);
    expect((await ada.ask(path)).json.least.narrow_to).toBeNull();
    expect(await verify(secret, 'api/a')).toBe(200);
    expect(await verify(secret, 'api/c')).toBe(403);
  });

  it('counts keyhouse.verify as used, so that nobody narrows it away from a resource server', async () => {
    const administrator = await newAdministrator(server);
    const body = { ...KEY_WISH, permissions: ['keyhouse.verify', 'a.read'] };
    const { credential, secret } = (await administrator.ask('/accounts/1/keys', { body })).json;
    await server.request('/auth/introspect', { bearer: secret, body: { token: secret } });
    const least = async () => (await administrator.ask(`/accounts/1/keys/${credential.id}`)).json.least;
    await untilWritten(async () => (await least()).permissions.some(({ requests_30_days }: Count) => requests_30_days > 0));
    server.advance(30 * DAY);
    const later = await browserFor(server, administrator.id);
    const { json } = await later.ask(`/accounts/1/keys/${credential.id}`);
    expect(json.least.narrow_to).toEqual(['keyhouse.verify']);
  });

  it('gives back for a day exactly what was there before the last narrowing, whatever its secret is by then, and tells by mail', async () => {
    const bob = await newPerson(server);
    const { credential, secret } = await newKey(bob, { permissions: ['a.read', 'b.read', 'c.read'] });
    const path = `${keysOf(bob)}/${credential.id}`;
    const jwtOf = async (permissions: readonly string[]): Promise<string> =>
      (await server.request('/auth', { bearer: secret, body: { permissions } })).json.token;
    const narrow = (body: object) => bob.ask(`${path}/narrow`, { body });
    const undo = () => bob.ask(`${path}/narrow/undo`, { method: 'POST' });
    expect((await bob.ask(path)).json.undo).toBeNull();
    expect((await undo()).status).toBe(422);

    await narrow({ permissions: ['a.read', 'b.read'] });
    const wide = await jwtOf(['b.read']);
    await narrow({ permissions: ['a.read'], addresses: ['203.0.113.0/24'] });
    // One that takes nothing away changes nothing.
    await narrow({ permissions: ['a.read'] });
    expect(await verify(secret, 'api/a')).toBe(401);
    const kept = (await bob.ask(path)).json;
    expect(kept.undo).toMatchObject({ permissions: ['a.read', 'b.read'], addresses: null });
    expect(Date.parse(kept.undo.until) - Date.parse(kept.undo.narrowed_at)).toBe(DAY);

    const rotated = await bob.ask(`${path}/rotate`, { body: { overlap_seconds: 0, revoke_jwts: false } });
    expect((await undo()).status).toBe(204);
    const again = (await bob.ask(path)).json;
    expect(again).toMatchObject({ undo: null, credential: { permissions: ['a.read', 'b.read'], addresses: null } });
    const young = rotated.json.secret;
    expect([await verify(young, 'api/b'), await verify(young, 'api/c'), await verify(secret, 'api/b')]).toEqual([200, 403, 401]);
    // What the narrowing revoked stays revoked.
    expect(await verify(wide, 'api/b')).toBe(401);
    expect((await undo()).status).toBe(422);
    expect(kindsTo(bob)).toContain('narrowing-undone');
    const { json } = await bob.ask(`/accounts/${bob.accountId}/audit`);
    expect(json.events.map(({ event }: { event: string }) => event)).toContain('key.narrowing_undone');
  });

  it('gives nothing back after a day, after a revocation, or when the operator or the credential itself narrowed it', async () => {
    const bob = await newPerson(server);
    const newWide = async () => (await newKey(bob, { permissions: ['a.read', 'b.read'] })).credential.id as number;
    const narrowed = async (id: number) =>
      expect((await bob.ask(`${keysOf(bob)}/${id}/narrow`, { body: { permissions: ['a.read'] } })).status).toBe(204);
    const undo = async (id: number) => (await bob.ask(`${keysOf(bob)}/${id}/narrow/undo`, { method: 'POST' })).status;
    const [revoked, taken, again] = [await newWide(), await newWide(), await newWide()];
    await narrowed(revoked);
    await bob.ask(`${keysOf(bob)}/${revoked}`, { method: 'DELETE' });
    expect(await undo(revoked)).toBe(404);

    await server.keyhouse.credentials.narrow({ kind: 'key', id: taken, permissions: ['a.read'] }, OPERATOR);
    expect(await undo(taken)).toBe(422);
    // The operator wants what a user has already done: the user cannot undo it any more.
    await narrowed(again);
    await server.keyhouse.credentials.narrow({ kind: 'key', id: again, permissions: ['a.read'] }, OPERATOR);
    expect(await undo(again)).toBe(422);

    const { id } = (await newToken(bob, { permissions: ['a.read', 'b.read'] })).credential;
    await bob.ask(`/tokens/${id}/narrow`, { body: { permissions: ['a.read'] } });
    expect((await bob.ask(`/tokens/${id}`)).json.undo).not.toBeNull();
    server.advance(DAY);
    const later = await browserFor(server, bob.id);
    expect((await later.ask(`/tokens/${id}`)).json.undo).toBeNull();
    expect((await later.ask(`/tokens/${id}/narrow/undo`, { method: 'POST' })).status).toBe(422);
    await server.keyhouse.sweep();
  });

  it('asks for the password again before it makes, rotates or extends, and not before it takes away', async () => {
    const eve = await newPerson(server);
    const { credential } = await newKey(eve, { permissions: ['a.read', 'b.read'] });
    await eve.ask(`${keysOf(eve)}/${credential.id}/rotate`, { body: { overlap_seconds: 3600, revoke_jwts: false } });
    server.advance(11 * 60_000);
    const path = `${keysOf(eve)}/${credential.id}`;
    for (const [at, body] of [
      ['/tokens', WISH],
      [keysOf(eve), KEY_WISH],
      [`${path}/rotate`, { overlap_seconds: 0, revoke_jwts: false }],
      [`${path}/overlap/extend`, { seconds: 60 }],
      [`${path}/narrow/undo`, undefined],
    ] as const) {
      const { status, json } = await eve.ask(at, { method: 'POST', body });
      expect([status, json.proof], at).toEqual([403, 'required']);
    }
    expect((await eve.ask(`${path}/narrow`, { body: { permissions: ['a.read'] } })).status).toBe(204);
    expect((await eve.ask(`${path}/overlap/end`, { method: 'POST' })).status).toBe(204);
    expect((await eve.ask(path, { method: 'DELETE' })).status).toBe(204);
  });
});
