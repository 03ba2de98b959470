/** Reports that lie, that are forged, and that are not reports. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/databases.ts';
import { newPerson } from '../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../test/server.ts';

/** As guards report the part after the bar of a token. */
const digestOf = (token: string): string =>
  createHash('sha256')
    .update(token.slice(token.indexOf('|') + 1))
    .digest('base64url');

eachDatabase('a report that lies', (makeDatabase) => {
  let server: TestServer;
  let guard: { text: string; id: number };
  let token: { text: string; id: number };
  let key: { text: string; id: number; accountId: number };
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    guard = await server.key(1, { permissions: ['keyhouse.verify'] });
    const person = await server.register();
    token = { text: person.token, id: Number(person.token.split('|')[0]) };
    key = { ...(await server.key(person.accountId, { permissions: ['invoices.read'] })), accountId: person.accountId };
  });
  afterAll(() => server.stop());

  const use = (change: object = {}) => ({
    ...{ subject: { kind: 'key', credential: key.id }, permissions: ['invoices.read'], status: 200, count: 1 },
    ...{ last_used_at: new Date().toISOString(), address: null, user_agent: null },
    ...change,
  });
  const refusal = (change: object = {}) => ({
    ...{ request_id: randomUUID(), at: new Date().toISOString(), status: 403, reason: 'forbidden', method: 'GET' },
    ...{ subject: { kind: 'key', credential: key.id }, path: '/api', wanted: [], address: null, user_agent: null },
    ...change,
  });
  const report = (body: object, bearer = guard.text) =>
    server.request('/auth/usage', { bearer, body: { batch: randomUUID(), uses: [], refusals: [], ...body } });
  const requestsOf = async (kind: 'token' | 'key', id: number) =>
    (await server.store.credentials.getCredential(kind, id))?.use.requests;

  it('is taken from a key with keyhouse.verify alone', async () => {
    const plain = await server.key(1, { permissions: ['invoices.read'] });
    expect((await report({}, plain.text)).status).toBe(403);
    expect((await report({}, key.text)).status).toBe(403);
    expect((await report({}, token.text)).status).toBe(403);
    expect((await server.request('/auth/usage', { body: {} })).status).toBe(401);
  });

  it.each([
    ['a count below one', { count: 0 }],
    ['a negative count', { count: -5 }],
    ['a count beyond safe integers', { count: 2 ** 53 }],
    ['a fraction', { count: 1.5 }],
    ['text for a count', { count: '1' }],
    ['a moment that is none', { last_used_at: 'yesterday' }],
    ['an id beyond safe integers', { subject: { kind: 'key', credential: 1e300 } }],
    ['a negative id', { subject: { kind: 'key', credential: -1 } }],
    ['an unknown kind', { subject: { kind: 'root', credential: 1 } }],
    ['an unknown member', { admin: true }],
    ['a permission without end', { permissions: ['a'.repeat(200)] }],
    ['a user agent without end', { user_agent: 'x'.repeat(2000) }],
  ])('is refused with 422: %s', async (_, change) => expect((await report({ uses: [use(change)] })).status).toBe(422));

  it.each(['__proto__', 'constructor', 'toString', 'valueOf'].filter((reason) => /^[a-z_]+$/.test(reason)))(
    'breaks no page by the name of its reason: %s',
    async (reason) => {
      const owner = await newPerson(server);
      const own = await server.key(owner.accountId);
      const one = refusal({ subject: { kind: 'key', credential: own.id }, reason });
      expect((await report({ refusals: [one], counts: [{ reason, count: 3 }] })).status).toBe(204);
      const page = `/accounts/${owner.accountId}/audit`;
      await expect.poll(async () => (await owner.ask(`${page}?request_id=${one.request_id}`)).json.events.length).toBe(1);
      const { json } = await owner.ask(`${page}?request_id=${one.request_id}`);
      expect(json.events[0]).toMatchObject({
        reason,
        explanation: expect.stringContaining(`was refused: ${reason.replaceAll('_', ' ')}`),
      });
      for (const format of ['csv', 'jsonl']) {
        const file = await owner.ask(`${page}/export?format=${format}`);
        expect([file.status, file.text.includes(one.request_id)]).toEqual([200, true]);
      }
    },
  );

  it('is refused when it is too long', async () => {
    expect((await report({ uses: Array.from({ length: 1001 }, () => use()) })).status).toBe(422);
    expect((await report({ refusals: Array.from({ length: 101 }, () => refusal()) })).status).toBe(422);
    expect((await report({ uses: [use({ user_agent: 'x'.repeat(1_100_000) })] })).status).toBe(413);
    expect((await report({ batch: 'not-a-uuid' })).status).toBe(422);
  });

  it('keeps its good parts, whatever strangers put into method, address and permission', async () => {
    const other = await server.key(key.accountId);
    const subject = { kind: 'key', credential: other.id };
    const odd = refusal({ subject, method: 'b\u0000x', address: 'http://x', wanted: ['\u0000', 'crm.read'], reason: 'revoked' });
    const uses = [use({ subject, permissions: ['a b\u0000'], address: 'fe80::1%eth0' })];
    expect((await report({ uses, refusals: [odd] })).status).toBe(204);
    await expect.poll(() => requestsOf('key', other.id)).toBe(1);
    await server.keyhouse.audit.refusals.flush();
    const [event] = await server.store.audit.list({ requestId: odd.request_id, limit: 1 });
    expect(JSON.parse(event?.details ?? '{}')).toMatchObject({ wanted: ['crm.read'] });
    expect(event?.details).not.toContain('method');
  });

  it('makes nothing of what does not exist, or is of another kind', async () => {
    const person = await server.register();
    const [token, key] = [{ id: Number(person.token.split('|')[0]) }, await server.key(person.accountId)];
    const forged = [
      { kind: 'key', credential: 999_999 },
      { kind: 'jwt', credential: token.id, jti: 'x' },
      { kind: 'key', credential: token.id },
      { kind: 'token', credential: key.id },
      { kind: 'session', client_id: 'app_x', sid: 'nobody' },
      { kind: 'application', client_id: 'app_x' },
    ];
    const before = [await requestsOf('token', token.id), await requestsOf('key', key.id)];
    const refusals = forged.map((subject) => refusal({ subject, reason: 'revoked' }));
    expect((await report({ uses: forged.map((subject) => use({ subject })), refusals })).status).toBe(204);
    // Something that does count, so that the test can wait for it.
    const other = await server.key(person.accountId);
    await report({ uses: [use({ subject: { kind: 'key', credential: other.id } })] });
    await expect.poll(() => requestsOf('key', other.id)).toBe(1);
    expect([await requestsOf('token', token.id), await requestsOf('key', key.id)]).toEqual(before);
    await server.keyhouse.audit.refusals.flush();
    for (const { request_id: requestId } of refusals)
      for (const event of await server.store.audit.list({ requestId, limit: 5 }))
        expect([event.accountId, event.credentialId, event.actor]).toEqual([null, null, 'anonymous']);
  });

  it('of a digest that nobody’s secret has tells nothing of anybody, and none but of a digest is taken', async () => {
    const before = await requestsOf('token', token.id);
    const sha256 = createHash('sha256').update('guess').digest('base64url');
    const ofPrefix = createHash('sha256').update(key.text.slice(0, -1)).digest('base64url');
    const guesses = [
      { kind: 'token', id: token.id, sha256 },
      { kind: 'key', sha256: ofPrefix },
      // Its secret is a token's, which is neither a key nor an imported text.
      { kind: 'key', sha256: digestOf(token.text) },
      { kind: 'foreign', sha256: digestOf(token.text), behind_bar: { id: String(token.id), sha256: digestOf(token.text) } },
      { kind: 'foreign', sha256: createHash('sha256').update(key.text).digest('base64url') },
      { kind: 'token', id: 999_999, sha256: digestOf(token.text) },
    ];
    const refusals = guesses.map((presented) => refusal({ subject: null, reason: 'inactive', presented }));
    expect((await report({ refusals })).status).toBe(204);
    await server.keyhouse.audit.refusals.flush();
    for (const { request_id: requestId } of refusals)
      for (const event of await server.store.audit.list({ requestId, limit: 5 }))
        expect([event.accountId, event.credentialId, event.actor, event.reason]).toEqual([null, null, 'anonymous', 'unknown']);
    for (const presented of [
      ...[{ kind: 'key', sha256: key.text }, { kind: 'key' }, { kind: 'jwt', sha256 }, { kind: 'token', sha256 }],
      ...[
        { kind: 'token', id: 0, sha256 },
        { kind: 'key', sha256, text: key.text },
        { kind: 'key', sha256: `${sha256}=` },
      ],
      { kind: 'foreign', sha256, behind_bar: { id: 'x'.repeat(256), sha256 } },
    ])
      expect((await report({ refusals: [refusal({ subject: null, presented })] })).status, JSON.stringify(presented)).toBe(422);
    expect(await requestsOf('token', token.id)).toBe(before);
  });

  it('cannot give a refusal to another account than the one the credential is of', async () => {
    const victim = await server.register();
    const told = refusal({ subject: { kind: 'key', credential: key.id, account: victim.accountId, user: victim.id } });
    expect((await report({ refusals: [told] })).status).toBe(204);
    await server.keyhouse.audit.refusals.flush();
    const events = await server.store.audit.list({ requestId: told.request_id, limit: 5 });
    expect(events.map(({ accountId, userId }) => [accountId, userId])).toEqual([[key.accountId, null]]);
  });

  const NASTY = [
    ...['\u0000', '\u001b[2J', '\u202ereversed', '<script>alert(1)</script>', "'; DROP TABLE users; --", '\ud800', '𝔘𝔫𝔦'],
    ...['../../etc/passwd', '%00', '%s%s%n', '{{7*7}}', 'Ω≈ç√∫', '\r\nSet-Cookie: x=1', '​', '社會科學院', '👾🙇'],
  ];
  it('with naughty texts is refused or kept without what could steer a page, a terminal or a database', async () => {
    for (const text of NASTY) {
      expect((await report({ refusals: [refusal({ request_id: text })] })).status, JSON.stringify(text)).toBe(422);
      expect((await report({ refusals: [refusal({ reason: text })] })).status).toBe(422);
      const told = refusal({ path: `/${text}`, user_agent: text, reason: 'revoked', subject: null, address: '192.0.2.9' });
      expect((await report({ refusals: [told] })).status, JSON.stringify(text)).toBe(204);
      server.advance(60_000);
      await server.keyhouse.audit.refusals.flush();
      const [event] = await server.store.audit.list({ requestId: told.request_id, limit: 1 });
      expect(event?.person?.path).toBeDefined();
      expect(JSON.stringify(event?.person)).not.toMatch(/\\u00|[\p{Cc}\p{Cf}\p{Cs}]/u);
    }
  });
});
