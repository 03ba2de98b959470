/**
 * Attempts to get more of tokens and keys than is theirs: by role, by the ids of others, and with a bearer credential anywhere at
 * all.
 */
import { request } from 'node:http';
import { covers } from '@keyhouse/protocol';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserWith } from '../../../../test/dashboard-browser.ts';
import { newAdministrator, newMember, newPerson, newTeam, type Person } from '../../../../test/people.ts';
import { ISSUER, startTestServer, type TestServer } from '../../../../test/server.ts';
import { api } from '../api/index.ts';

const WISH = { name: 'wish', expires_at: null, permissions: ['a.read'], addresses: null };
const KEY_WISH = { ...WISH, environment: 'live' };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const newKey = async (person: Person, account: number, wish = {}): Promise<{ id: number; secret: string }> => {
  const { json, status, text } = await person.ask(`/accounts/${account}/keys`, { body: { ...KEY_WISH, ...wish } });
  expect(status, text).toBe(200);
  return { id: json.credential.id, secret: json.secret };
};
const newToken = async (person: Person, wish = {}): Promise<{ id: number; secret: string }> => {
  const { json } = await person.ask('/tokens', { body: { ...WISH, ...wish } });
  return { id: json.credential.id, secret: json.secret };
};
const jtiOf = (jwt: string): string => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti;
const mint = async (secret: string, permissions = ['a.read']): Promise<string> =>
  (await server.request('/auth', { bearer: secret, body: { permissions } })).json.token;

/** Everything that can be done to one credential, after its path. */
const EACH: readonly (readonly [method: string, end: string, body: (kind: 'token' | 'key') => object | undefined])[] = [
  ['GET', '', () => undefined],
  ['PATCH', '', () => ({ name: 'taken over' })],
  ['POST', '/narrow', () => ({ permissions: ['a.read'] })],
  ['POST', '/narrow/undo', () => undefined],
  ['POST', '/rotate', (kind) => ({ overlap_seconds: 60, ...(kind === 'key' ? { revoke_jwts: true } : {}) })],
  ['POST', '/overlap/end', () => undefined],
  ['POST', '/overlap/extend', () => ({ seconds: 60 })],
  ['DELETE', '', () => undefined],
];

describe('a member of a team', () => {
  it('does with its keys what the role allows, and nothing else', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const [admin, developer, viewer] = [
      await newMember(server, owner, team, 'admin'),
      await newMember(server, owner, team, 'developer'),
      await newMember(server, owner, team, 'viewer'),
    ];
    const [outsider, administrator] = [await newPerson(server), await newAdministrator(server)];
    const keys = `/accounts/${team}/keys`;
    const callers = { owner, admin, developer, viewer, outsider, administrator, nobody: browserWith(server, '') };
    const look = { owner: 200, admin: 200, developer: 200, viewer: 200, outsider: 404, administrator: 404, nobody: 401 };
    const change = { owner: 204, admin: 204, developer: 204, viewer: 403, outsider: 404, administrator: 404, nobody: 401 };
    const answer = { ...change, owner: 200, admin: 200, developer: 200 };
    const { id, secret } = await newKey(owner, team, { permissions: ['a.read', 'b.read'] });
    const jwt = await mint(secret);
    const walk: [string, string, object | undefined, Record<string, number>][] = [
      ['GET', keys, undefined, look],
      ['GET', `${keys}/${id}`, undefined, look],
      ['GET', `${keys}/${id}/jwts`, undefined, look],
      ['GET', `/accounts/${team}/home`, undefined, look],
      ['GET', `/accounts/${team}/audit`, undefined, look],
      ['GET', `/accounts/${team}/audit/export?format=csv`, undefined, look],
      ['POST', `/accounts/${team}/jwts/decode`, { jwt }, look],
      ['POST', keys, KEY_WISH, answer],
      ['PATCH', `${keys}/${id}`, { name: 'another' }, change],
      ['POST', `${keys}/${id}/narrow`, { permissions: ['a.read'] }, change],
      ['POST', `${keys}/${id}/narrow/undo`, undefined, { ...change, admin: 422, developer: 422 }],
      ['POST', `${keys}/${id}/rotate`, { overlap_seconds: 60, revoke_jwts: false }, answer],
      ['POST', `${keys}/${id}/overlap/extend`, { seconds: 60 }, change],
      ['POST', `${keys}/${id}/overlap/end`, undefined, change],
      ['DELETE', `${keys}/${id}/jwts`, undefined, answer],
    ];
    for (const [method, path, body, statuses] of walk)
      for (const [name, caller] of Object.entries(callers)) {
        const { status, text } = await caller.ask(path, { method, body });
        expect(status, `${method} ${path} by ${name}: ${text.slice(0, 200)}`).toBe(statuses[name]);
      }
    for (const name of ['viewer', 'outsider', 'administrator', 'nobody'] as const)
      expect((await callers[name].ask(`${keys}/${id}`, { method: 'DELETE' })).status).toBe(change[name]);
    expect((await developer.ask(`${keys}/${id}`, { method: 'DELETE' })).status).toBe(204);
  });
});

describe('a slow body', () => {
  /** Sends the head of a request, does something else, then sends the body. */
  const post = (person: Person, path: string, body: object, meanwhile: () => Promise<unknown>): Promise<number> =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const asking = request(
        {
          port: server.port,
          method: 'POST',
          path: `/dashboard/api${path}`,
          headers: { cookie: person.cookie, origin: ISSUER, 'content-type': 'application/json', 'content-length': text.length },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      asking.on('error', reject);
      asking.write(text.slice(0, 5));
      // Long enough for the head to have been judged.
      setTimeout(() => void meanwhile().then(() => asking.end(text.slice(5)), reject), 100);
    });

  it('makes no key for one who was removed, or whose sign-in was ended, while it came', async () => {
    const owner = await newPerson(server);
    const team = await newTeam(owner);
    const developer = await newMember(server, owner, team, 'developer');
    const keys = `/accounts/${team}/keys`;
    expect(await post(developer, keys, KEY_WISH, async () => {})).toBe(200);
    const remove = () => owner.ask(`/accounts/${team}/members/${developer.id}`, { method: 'DELETE' });
    expect(await post(developer, keys, KEY_WISH, remove)).toBe(404);
    const end = () =>
      server.keyhouse.administration.endSignInsOf({ userId: owner.id, by: { actor: 'operator', requestId: null, person: {} } });
    expect(await post(owner, '/tokens', WISH, end)).toBe(401);
    expect(
      await server.store.credentials.listCredentials({ kind: 'key', accountId: team, withRevoked: true, limit: 9 }),
    ).toHaveLength(1);
  });
});

describe('the ids of others', () => {
  it('name nothing, in each place where an id can stand', async () => {
    const [ada, eve] = [await newPerson(server), await newPerson(server)];
    const team = await newTeam(ada);
    const hers = { token: await newToken(ada), key: await newKey(ada, ada.accountId), ofTeam: await newKey(ada, team) };
    const own = { token: await newToken(eve), key: await newKey(eve, eve.accountId) };
    const jti = jtiOf(await mint(hers.key.secret));
    const keys = `/accounts/${eve.accountId}/keys`;
    const strange = ['0', '-1', '1e3', '01', `${'9'.repeat(30)}`, 'x', '%00', '1%20'];
    const bases = [
      ...[hers.token.id, hers.key.id, own.key.id, ...strange].map((id) => ['token', `/tokens/${id}`] as const),
      ...[hers.key.id, hers.token.id, hers.ofTeam.id, own.token.id, ...strange].map((id) => ['key', `${keys}/${id}`] as const),
      ['key', `/accounts/${ada.accountId}/keys/${hers.key.id}`] as const,
      ['key', `/accounts/${team}/keys/${hers.ofTeam.id}`] as const,
    ];
    for (const [kind, base] of bases)
      for (const [method, end, body] of EACH) {
        const { status, json } = await eve.ask(`${base}${end}`, { method, body: body(kind) });
        expect([status, json], `${method} ${base}${end}`).toEqual([404, { message: 'Not found.' }]);
      }
    for (const id of [hers.key.id, hers.token.id, own.token.id])
      for (const method of ['GET', 'DELETE']) expect((await eve.ask(`${keys}/${id}/jwts`, { method })).status).toBe(404);
    for (const id of [jti, 'x', '%00', jti.toUpperCase()])
      expect((await eve.ask(`/accounts/${eve.accountId}/jwts/${id}`, { method: 'DELETE' })).status).toBe(404);
    // A member of both accounts does not reach the keys of one by the path of the other.
    expect((await ada.ask(`/accounts/${team}/keys/${hers.key.id}`)).status).toBe(404);
    expect((await ada.ask(`/accounts/${team}/jwts/${jti}`, { method: 'DELETE' })).status).toBe(404);
    for (const { secret } of [hers.key, hers.ofTeam])
      expect((await server.request('/verify/api/a', { bearer: secret })).status, 'it still works').toBe(200);
    expect((await ada.ask(`/tokens/${hers.token.id}`)).json.credential.name).toBe('wish');
  });

  it('find nothing in the log of another account', async () => {
    const [ada, eve] = [await newPerson(server), await newPerson(server)];
    const { id } = await newKey(ada, ada.accountId);
    const { json } = await ada.ask(`/accounts/${ada.accountId}/audit?credential=${id}`);
    const requestId = json.events[0].request_id;
    for (const query of [`credential=${id}`, `request_id=${requestId}`, `actor=user:${ada.id}`]) {
      expect((await eve.ask(`/accounts/${eve.accountId}/audit?${query}`)).json.events, query).toEqual([]);
      const file = await eve.ask(`/accounts/${eve.accountId}/audit/export?format=jsonl&${query}`);
      expect(file.text, query).toBe('');
    }
    expect((await eve.ask(`/accounts/${eve.accountId}/audit?account=${ada.accountId}`)).status).toBe(422);
  });
});

describe('a bearer credential', () => {
  /** ID and permissions of every credential, and of every JWT with what its key holds. */
  const rights = () => {
    const database = new Database(server.database.url.slice('sqlite:'.length), { readonly: true });
    const read = (sql: string) =>
      database.prepare(sql).all() as { id: number; kind: string; permissions: string | null; held: string | null }[];
    const credentials = read('SELECT id, kind, permissions, NULL AS held FROM credentials');
    const jwts = read(
      'SELECT 0 AS id, jwts.jti AS kind, jwts.permissions, credentials.permissions AS held FROM jwts JOIN credentials ON credentials.id = jwts.key_id',
    );
    database.close();
    return { credentials, jwts };
  };
  const list = (text: string | null | undefined): readonly string[] | null =>
    text == null ? null : (JSON.parse(text) as string[]);

  /** Bodies that ask for as much as there is, in the names of both documents and of the private API. */
  const greedy = (self: string): readonly (object | undefined)[] => [
    undefined,
    {},
    { permissions: ['*'] },
    { permissions: null, addresses: null },
    { permissions: ['a.read', 'a.write', 'keyhouse.verify'], subject: 'x' },
    { ...KEY_WISH, permissions: null },
    { ...WISH, permissions: null },
    { overlap_seconds: 60, permissions: ['*'] },
    { overlap_seconds: 60 },
    { overlap_seconds: 60, revoke_jwts: false },
    { seconds: 60 },
    { administrator: true },
    { role: 'owner' },
    { token: self },
  ];

  it('of whatever kind makes no API key and lifts no rights, at no endpoint, public or private', async () => {
    const ada = await newPerson(server);
    const key = {
      whole: await newKey(ada, ada.accountId, { permissions: null }),
      every: await newKey(ada, ada.accountId, { permissions: ['*'] }),
    };
    const narrow = await newKey(ada, ada.accountId);
    const narrowToken = await newToken(ada);
    const bearers: Record<string, string> = {
      token: (await newToken(ada, { permissions: null })).secret,
      'narrowed token': narrowToken.secret,
      'whole key': key.whole.secret,
      'key with *': key.every.secret,
      'narrow key': narrow.secret,
      'JWT with *': await mint(key.every.secret, ['*']),
      JWT: await mint(narrow.secret),
    };
    const ids: Readonly<Record<string, string>> = {
      account: String(ada.accountId),
      user: String(ada.id),
      id: String(narrow.id),
      jti: jtiOf(bearers.JWT ?? ''),
      provider: 'x',
    };
    const before = rights();
    const known = new Map(before.credentials.map((row) => [row.id, row]));

    const { paths } = (await server.request('/openapi.json')).json as { paths: Record<string, Record<string, unknown>> };
    const publicOnes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{[^}]*\}/g, '1') })),
    );
    const privateOnes = Object.keys(api).map((name) => {
      const [method = '', path = ''] = name.split(' ');
      const filled = path.replace(/:(\w+)/g, (_, param: string) => ids[param] ?? '1');
      return { method, path: `/dashboard/api${filled}` };
    });
    expect(publicOnes.length).toBeGreaterThan(10);
    expect(privateOnes.length).toBeGreaterThan(80);

    for (const { method, path } of privateOnes)
      for (const [kind, bearer] of Object.entries(bearers))
        for (const cookie of ['', ada.cookie]) {
          const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
          const body = method === 'GET' || method === 'DELETE' ? {} : { body: { ...KEY_WISH, permissions: null } };
          const { status } = await browserWith(server, cookie).ask(path, { method, headers, ...body });
          // 404: no handler serves it, which another test rules out.
          expect([401, 404], `${method} ${path} with a ${kind}: ${status}`).toContain(status);
        }

    // These revoke what is presented: they come last. An endpoint that creates users creates tokens of those users, never keys.
    const isEnd = ({ path }: { path: string }): number => (/logout|revoke|rotate/.test(path) ? 1 : 0);
    for (const { method, path } of publicOnes.sort((a, b) => isEnd(a) - isEnd(b)))
      for (const bearer of Object.values(bearers))
        for (const body of method === 'GET' ? [undefined] : greedy(bearer)) {
          if (path.endsWith('/rotate') && body === undefined) continue;
          await server.request(path, { method, bearer, ...(body === undefined ? {} : { body }) });
        }

    const after = rights();
    expect(after.credentials.filter(({ id, kind }) => kind === 'key' && !known.has(id))).toEqual([]);
    expect(after.credentials.map(({ id }) => id)).toEqual(before.credentials.map(({ id }) => id));
    for (const { id, permissions } of after.credentials)
      expect(covers(list(known.get(id)?.permissions), list(permissions)), `credential ${id}`).toBe(true);
    expect(after.jwts.length).toBeGreaterThan(before.jwts.length);
    for (const { permissions, held } of after.jwts) expect(covers(list(held), list(permissions))).toBe(true);
  });
});
