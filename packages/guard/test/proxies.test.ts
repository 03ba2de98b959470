/**
 * Behind a trusted proxy a guard finds the same address as the server does, in each spelling; what cannot be read is allowed
 * nowhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRefusal } from '../../server/src/core/audit/explain.ts';
import { startTestServer, type TestServer } from '../../server/test/server.ts';
import { createGuard, type Decision, type Guard } from '../src/index.ts';

describe('a guard behind a proxy', () => {
  let server: TestServer;
  let guard: Guard;
  let key: { text: string; id: number };
  let jwt: string;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1'] });
    const { text } = await server.key(1, { permissions: ['keyhouse.verify'] });
    // The test server names itself by its public address and listens on another one.
    const throughLoopback: typeof fetch = (input, init) => fetch(String(input).replace(server.url, server.origin), init);
    guard = createGuard({ issuer: server.url, key: text, fetch: throughLoopback, trustedProxies: ['10.0.0.0/8'] });
    await guard.ready();
    const { accountId } = await server.register();
    key = await server.key(accountId, { addresses: ['203.0.113.7', '2001:db8::/32'], permissions: ['invoices.read'] });
    const minted = await server.request('/auth', {
      ...{ bearer: key.text, headers: { 'x-forwarded-for': '203.0.113.7:51234' }, body: { permissions: ['invoices.read'] } },
    });
    jwt = minted.json.token;
  });
  afterAll(async () => {
    await guard.close();
    await server.stop();
  });

  const judge = async (bearer: string, hops: string): Promise<Decision> =>
    await guard.judge({
      ...{ method: 'GET', target: '/invoices', headers: ['Authorization', `Bearer ${bearer}`, 'X-Forwarded-For', hops] },
      peer: { address: '10.0.0.1', isEncrypted: false },
    });
  const onServer = async (hops: string): Promise<number> =>
    (await server.request('/verify/invoices', { bearer: key.text, headers: { 'x-forwarded-for': hops } })).status;

  it.each([
    [200, '203.0.113.7'],
    [200, '203.0.113.7:51234'],
    [200, '"203.0.113.7:51234"'],
    [200, '[::ffff:203.0.113.7]:443'],
    [200, '[2001:db8::1]:51234'],
    [200, '2001:db8::1%eth0'],
    [200, '198.51.100.1, 203.0.113.7:51234'],
    [401, '203.0.113.8:51234'],
    [401, '203.0.113.7, 198.51.100.1:1'],
    [401, 'unknown'],
    [401, '203.0.113.7, _hidden'],
    [401, ''],
  ])('is %i, as at the server: %j', async (status, hops) => {
    for (const bearer of [key.text, jwt]) {
      const decision = await judge(bearer, hops);
      expect(decision.ok ? 200 : decision.status).toBe(status);
    }
    expect(await onServer(hops)).toBe(status);
  });

  it('reports which proxy did not tell the address, so that the refusal can be explained', async () => {
    // Only this many refusals a minute of one credential are recorded: this one has none yet.
    const fresh = await server.key(1, { addresses: ['203.0.113.7'], permissions: ['invoices.read'] });
    const refused = await judge(fresh.text, 'unknown');
    if (refused.ok) throw new Error('It was let in.');
    const { requestId } = refused;
    await expect
      .poll(async () => {
        await server.keyhouse.audit.refusals.flush();
        return await server.store.audit.list({ requestId, limit: 1 });
      })
      .toHaveLength(1);
    const [event] = await server.store.audit.list({ requestId, limit: 1 });
    if (event === undefined) throw new Error('The refusal is not on record.');
    const { sentence } = explainRefusal(event, { credential: null, account: null });
    expect(sentence).toContain('The trusted proxy 10.0.0.1 did not send the client’s address');
    expect(sentence).toContain('The refusal came from a guard.');
  });
});
