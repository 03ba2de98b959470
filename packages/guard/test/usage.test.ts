/** From a guard in its own process to the records of a real server. */

import { makeKeyText } from '@keyhouse/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainRefusal } from '../../server/src/core/audit/explain.ts';
import { startTestServer, type TestServer } from '../../server/test/server.ts';
import { createGuard, type Guard } from '../src/index.ts';

describe('what a guard reports', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  async function newGuard(): Promise<Guard> {
    const { text } = await server.key(1, { permissions: ['keyhouse.verify'] });
    // The test server names itself by its public address and listens on another one.
    const throughLoopback: typeof fetch = (input, init) => fetch(String(input).replace(server.url, server.origin), init);
    const guard = createGuard({ issuer: server.url, key: text, fetch: throughLoopback });
    await guard.ready();
    return guard;
  }

  it('counts on the key of a JWT that no server saw, and explains whom it refused, by the id that it answered with', async () => {
    const guard = await newGuard();
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
    const before = (await server.store.credentials.getCredential('key', key.id))?.use.requests ?? 0;
    await guard.close();
    expect(guard.metrics()).toMatchObject({ reported_uses_total: 4, dropped_uses_total: 0, reported_refusals_total: 1 });
    await expect
      .poll(async () => (await server.store.credentials.getCredential('key', key.id))?.use)
      .toMatchObject({ lastUserAgent: 'erp/2', requests: expect.toSatisfy((requests: number) => requests >= before + 4) });
    await server.keyhouse.audit.refusals.flush();
    const [event] = await server.store.audit.list({ requestId: refused.ok ? '' : refused.requestId, limit: 1 });
    if (event === undefined) throw new Error('The refusal is not on record.');
    expect(explainRefusal(event, { credential: 'ERP', account: 'Acme' }).sentence).toBe(
      `Refused with 403: a JWT of key ${key.id} (“ERP”) of account ${accountId} (Acme) has invoices.read, but the request needed crm.read. The request was GET /api/crm. The refusal came from a guard.`,
    );
  });

  it('counts a request once, though the guard asked about its credential before it reported it', async () => {
    const guard = await newGuard();
    const person = await server.register();
    const key = await server.key(person.accountId, { permissions: ['invoices.read', 'crm.read'] });
    const asked = async (text: string) =>
      await guard.judge({
        ...{ method: 'GET', target: '/api/invoices', headers: ['Authorization', `Bearer ${text}`] },
        peer: { address: '127.0.0.1', isEncrypted: false },
      });
    for (const text of [key.text, key.text, person.token]) expect((await asked(text)).ok).toBe(true);
    await guard.close();
    await server.keyhouse.flush();
    const { store } = server;
    const [ofKey, ofToken] = await Promise.all([
      store.credentials.getCredential('key', key.id),
      store.credentials.getCredential('token', Number(person.token.split('|')[0])),
    ]);
    expect([ofKey?.use.requests, ofToken?.use.requests]).toEqual([2, 1]);
    const least = ofKey === null ? undefined : (await server.keyhouse.use.leastPrivilegeOf([ofKey])).get(key.id);
    expect(least?.untoldRequests).toBe(0);
    expect(least?.permissions.map(({ name, requests30Days }) => [name, requests30Days])).toEqual([
      ['crm.read', 0],
      ['invoices.read', 2],
    ]);
  });

  it('explains a key, a token, nobody’s and none at all by the ids that it answered with, though it was told nothing of them', async () => {
    const guard = await newGuard();
    const { keyhouse } = server;
    const person = await server.register();
    const key = await server.key(person.accountId, { permissions: ['invoices.read'] });
    const unknown = makeKeyText('live', (length) => crypto.getRandomValues(new Uint8Array(length)));
    const cases = [
      { text: key.text, sentence: `key ${key.id} (“ERP”) of account ${person.accountId} (Acme) was revoked` },
      { text: person.token, sentence: /token \d+ \(“ERP”\) of account \d+ \(Acme\) was revoked/ },
      { text: unknown, sentence: /this server does not know this API key/ },
      { text: null, sentence: /no credential/i },
    ];
    const asked = async (text: string | null) =>
      await guard.judge({
        ...{ method: 'GET', target: '/api/invoices', peer: { address: '127.0.0.1', isEncrypted: false } },
        headers: text === null ? [] : ['Authorization', `Bearer ${text}`],
      });
    for (const text of [key.text, person.token]) {
      expect((await asked(text)).ok).toBe(true);
      await server.request('/auth/revoke', { body: { token: text } });
      await expect.poll(async () => (await asked(text)).ok).toBe(false);
    }
    server.advance(60_000);
    const ids: string[] = [];
    for (const { text } of cases) {
      const refused = await asked(text);
      if (refused.ok) throw new Error('The guard lets in what does not hold.');
      expect(refused.status).toBe(401);
      ids.push(refused.requestId);
    }
    await guard.close();
    await keyhouse.audit.refusals.flush();
    for (const [index, { sentence }] of cases.entries()) {
      const [event] = await keyhouse.audit.list({ requestId: ids[index] ?? '', limit: 1 });
      if (event === undefined) throw new Error(`Refusal ${index} is not on record.`);
      expect(explainRefusal(event, { credential: 'ERP', account: 'Acme' }).sentence).toMatch(sentence);
    }
  });
});
