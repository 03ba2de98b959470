/** From a guard in its own process to the records of a real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRefusal } from '../../server/src/core/audit/explain.ts';
import { startTestServer, type TestServer } from '../../server/test/server.ts';
import { createGuard, type Guard } from '../src/index.ts';

describe('what a guard reports', () => {
  let server: TestServer;
  let guard: Guard;
  beforeAll(async () => {
    server = await startTestServer();
    const { text } = await server.key(1, { permissions: ['keyhouse.verify'] });
    // The test server names itself by its public address and listens on another one.
    const throughLoopback: typeof fetch = (input, init) => fetch(String(input).replace(server.url, server.origin), init);
    guard = createGuard({ issuer: server.url, key: text, fetch: throughLoopback });
    await guard.ready();
  });
  afterAll(() => server.stop());

  it('counts on the key of a JWT that no server saw, and explains whom it refused, by the id that it answered with', async () => {
    const { accountId } = await server.register();
    const key = await server.key(accountId, { permissions: ['invoices.read'] });
    const jwt: string = (await server.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json
      .token;
    const asked = (target: string) =>
      guard.judge({
        ...{ method: 'GET', target, headers: ['Authorization', `Bearer ${jwt}`, 'User-Agent', 'erp/2'] },
        peer: { address: '127.0.0.1', isEncrypted: false },
      });
    for (let times = 0; times < 4; times++) expect((await asked('/api/invoices')).ok).toBe(true);
    const refused = await asked('/api/crm?x=1');
    expect(refused).toMatchObject({ ok: false, status: 403 });
    const before = (await server.keyhouse.store.credentials.getCredential('key', key.id))?.use.requests ?? 0;
    await guard.close();
    expect(guard.metrics()).toMatchObject({ reported_uses_total: 4, dropped_uses_total: 0, reported_refusals_total: 1 });
    await expect
      .poll(async () => (await server.keyhouse.store.credentials.getCredential('key', key.id))?.use, { timeout: 20_000 })
      .toMatchObject({ lastUserAgent: 'erp/2', requests: expect.toSatisfy((requests: number) => requests >= before + 4) });
    await server.keyhouse.refusals.flush();
    const [event] = await server.keyhouse.store.audit.list({ requestId: refused.ok ? '' : refused.requestId, limit: 1 });
    if (event === undefined) throw new Error('The refusal is not on record.');
    expect(explainRefusal(event, { credential: 'ERP', account: 'Acme' }).sentence).toBe(
      `Refused with 403: a JWT of key ${key.id} (“ERP”) of account ${accountId} (Acme) holds invoices.read; the request asked for crm.read. The request was GET /api/crm. A guard judged it.`,
    );
  });
});
