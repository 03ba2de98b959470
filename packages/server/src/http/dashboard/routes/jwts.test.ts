/** The JWTs of a key at the private API: found, read, revoked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Person } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';

const KEY_WISH = { name: 'key', expires_at: null, permissions: ['a.read'], addresses: null, environment: 'live' };

describe('JWTs of a key', () => {
  let server: TestServer;
  let ada: Person;
  let key: { id: number; secret: string };
  let base: string;
  beforeAll(async () => {
    server = await startTestServer();
    ada = await newPerson(server);
    base = `/accounts/${ada.accountId}`;
    key = await newKey(ada);
  });
  afterAll(() => server.stop());

  const newKey = async (person: Person): Promise<{ id: number; secret: string }> => {
    const { json } = await person.ask(`/accounts/${person.accountId}/keys`, { body: KEY_WISH });
    return { id: json.credential.id, secret: json.secret };
  };
  const mint = async ({ secret }: { secret: string }, more: { subject?: string; expires?: string } = {}): Promise<string> => {
    const { status, json } = await server.request('/auth', { bearer: secret, body: { permissions: ['a.read'], ...more } });
    expect(status).toBe(200);
    return json.token;
  };
  const holds = async (jwt: string): Promise<boolean> => (await server.request('/verify/api/a', { bearer: jwt })).status === 200;
  const decode = async (jwt: string, person = ada) =>
    await person.ask(`/accounts/${person.accountId}/jwts/decode`, { body: { jwt } });
  const jtiOf = (jwt: string): string => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti;

  it('are listed newest first, in pages, and found by the beginning of their subject', async () => {
    const other = await newKey(ada);
    for (const subject of ['customer-1', 'customer-2', 'customer-21', 'x_customer', 'Customer-3']) await mint(other, { subject });
    await mint(other);
    const list = async (query: string) => (await ada.ask(`${base}/keys/${other.id}/jwts${query}`)).json;
    const subjects = (page: { jwts: { subject: string | null }[] }) => page.jwts.map(({ subject }) => subject);
    const first = await list('?limit=4');
    expect(subjects(first)).toEqual([null, 'Customer-3', 'x_customer', 'customer-21']);
    const second = await list(`?limit=4&before=${first.next}`);
    expect(subjects(second)).toEqual(['customer-2', 'customer-1']);
    expect(second.next).toBeNull();
    expect(subjects(await list('?subject=customer-2'))).toEqual(['customer-21', 'customer-2']);
    for (const nothing of ['%25', '_customer', 'customer-2%00', "'"])
      expect(subjects(await list(`?subject=${nothing}`))).toEqual([]);
    expect((await ada.ask(`${base}/keys/${other.id}/jwts?before=1`)).status).toBe(422);
    expect(JSON.stringify(first)).not.toContain('eyJ');
  });

  it('can be read, and say whether they hold', async () => {
    const jwt = await mint(key, { subject: 'customer-7', expires: new Date(server.now() + 60_000).toISOString() });
    const { status, json } = await decode(` ${jwt}\n`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      state: 'valid',
      header: { alg: 'ES256', typ: 'at+jwt' },
      claims: { sub: `account:${ada.accountId}:customer-7`, permissions: ['a.read'], jti: jtiOf(jwt) },
    });
    const revoked = await mint(key);
    expect((await ada.ask(`${base}/jwts/${jtiOf(revoked)}`, { method: 'DELETE' })).status).toBe(204);
    expect((await decode(revoked)).json.state).toBe('revoked');
    server.advance(61_000);
    expect((await decode(jwt)).json.state).toBe('expired');
  });

  it('of others are foreign, and the changed forged, whatever else they are', async () => {
    const eve = await newPerson(server);
    const hers = await mint(await newKey(eve));
    expect((await decode(hers, eve)).json.state).toBe('valid');
    expect((await decode(hers)).json.state).toBe('foreign');
    await eve.ask(`/accounts/${eve.accountId}/jwts/${jtiOf(hers)}`, { method: 'DELETE' });
    expect((await decode(hers)).json.state).toBe('foreign');
    const [head = '', , signature = ''] = hers.split('.');
    const claims = Buffer.from(JSON.stringify({ account: ada.accountId })).toString('base64url');
    expect((await decode(`${head}.${claims}.${signature}`)).json).toMatchObject({
      state: 'forged',
      claims: { account: ada.accountId },
    });
    const elsewhere = [{ alg: 'RS256', kid: 'theirs', typ: 'JWT', jku: 'https://e.example' }, { iss: 'https://e.example' }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    expect((await decode(`${elsewhere}.AAAA`)).json).toMatchObject({ state: 'foreign', header: { jku: 'https://e.example' } });
    const odd = Buffer.from('{"__proto__":{"a":1},"toString":null,"nested":{"list":[1,{"x":null}]}}').toString('base64url');
    const shown = await decode(`${head}.${odd}.${signature}`);
    expect([shown.status, shown.json.state]).toEqual([200, 'forged']);
    expect(shown.text).toContain('"nested":{"list":[1,{"x":null}]}');
    for (const text of ['x', 'a.b', 'a.b.c.d', `${head}.${head}`, `${head}..${signature}`, 'W10.W10.AAAA']) {
      const { status, json } = await decode(text);
      expect([status, Object.keys(json.errors)], text).toEqual([422, ['jwt']]);
    }
    expect(server.logged.join('\n')).not.toContain(signature);
  });

  it('are not read when they are nested thousands of levels deep', async () => {
    const part = (text: string) => Buffer.from(text).toString('base64url');
    const deep = `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    for (const jwt of [`${part('{"alg":"ES256"}')}.${part(deep)}.AAAA`, `${part(deep)}.${part('{}')}.AAAA`]) {
      const { status, json } = await decode(jwt);
      expect([status, Object.keys(json.errors)]).toEqual([422, ['jwt']]);
    }
  });

  it('end all at once, and those minted afterwards hold', async () => {
    const other = await newKey(ada);
    const before = [await mint(other), await mint(other), await mint(other)];
    const bystander = await mint(key);
    const ended = await ada.ask(`${base}/keys/${other.id}/jwts`, { method: 'DELETE' });
    expect([ended.status, ended.json]).toEqual([200, { revoked: 3 }]);
    for (const jwt of before) {
      expect(await holds(jwt)).toBe(false);
      expect((await decode(jwt)).json.state).toBe('revoked');
    }
    expect(await holds(bystander)).toBe(true);
    expect(await holds(await mint(other))).toBe(true);
    expect((await ada.ask(`${base}/keys/${other.id}/jwts`)).json.jwts).toHaveLength(1);
    const { json } = await ada.ask(`${base}/audit?event=jwt.all_revoked`);
    expect(json.events[0]).toMatchObject({ credential_id: other.id, details: { count: 3 } });
    expect((await ada.ask(`${base}/keys/${key.id + 999}/jwts`, { method: 'DELETE' })).status).toBe(404);
  });

  it('that are minted while all are revoked either hold or are on the list of the revoked', async () => {
    const other = await newKey(ada);
    const minting = Array.from({ length: 20 }, () =>
      server.request('/auth', { bearer: other.secret, body: { permissions: ['a.read'] } }),
    );
    const revoking = ada.ask(`${base}/keys/${other.id}/jwts`, { method: 'DELETE' });
    const jwts = (await Promise.all(minting)).filter(({ status }) => status === 200).map(({ json }) => json.token as string);
    await revoking;
    const live = (await ada.ask(`${base}/keys/${other.id}/jwts?limit=100`)).json.jwts.map(({ jti }: { jti: string }) => jti);
    for (const jwt of jwts) expect(await holds(jwt)).toBe(live.includes(jtiOf(jwt)));
  });
});
