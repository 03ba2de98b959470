/**
 * Behind a trusted proxy: each spelling of an address is read, and a proxy that reports none does not leave clients without
 * limits.
 */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import { PASSWORD, startTestServer, type TestServer } from '../../test/server.ts';
import { explainRefusal } from '../core/audit/explain.ts';

/** From none of these can the address of the client be read. */
const UNREADABLE = ['unknown', '_hidden', '_gateway:80', 'unix:', '', '203.0.113.007', '203.0.113.7, unknown'];

let address = 0;
const somewhere = (): string => `198.18.${Math.floor(address / 250)}.${(address++ % 250) + 1}`;

eachDatabase('behind a trusted proxy', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    return () => server.stop();
  });

  const behind = (hops: string) => ({ 'x-forwarded-for': hops });
  const login = (email: string, password: string, hops: string) =>
    server.request('/api/v1/auth/login', { headers: behind(hops), body: { email, password, device_name: 'x' } });
  const guess = (hops: string, index: number) => {
    const random = createHash('sha256').update(`${hops}${index}${address}`).digest('hex').slice(0, 40);
    return server.request('/verify/a', { headers: behind(hops), bearer: `1|${random}` });
  };

  it.each(['203.0.113.7', '203.0.113.7:51234', '"203.0.113.7:51234"', '::ffff:203.0.113.7', '[::ffff:203.0.113.7]:443'])(
    'a key is held to its addresses: %s',
    async (hops) => {
      const { accountId } = await server.register();
      const key = await server.key(accountId, { addresses: ['203.0.113.7'], permissions: ['invoices.read'] });
      const ask = async (from: string) =>
        (await server.request('/verify/invoices', { headers: behind(from), bearer: key.text })).status;
      expect(await ask(hops)).toBe(200);
      expect(await ask(`198.51.100.1, ${hops}`)).toBe(200);
      expect(await ask(`${hops}, 198.51.100.1`)).toBe(401);
    },
  );

  it.each(UNREADABLE)('no list of addresses allows what cannot be read, and explain says why: %j', async (hops) => {
    const { accountId } = await server.register();
    const key = await server.key(accountId, { addresses: ['0.0.0.0/0', '::/0'], permissions: ['invoices.read'] });
    const refused = await server.request('/verify/invoices', { headers: behind(hops), bearer: key.text });
    expect(refused.status).toBe(401);
    const requestId = String(refused.headers['x-request-id']);
    await expect.poll(() => server.store.audit.list({ requestId, limit: 1 })).toHaveLength(1);
    const [event] = await server.store.audit.list({ requestId, limit: 1 });
    if (event === undefined) throw new Error('nothing on record');
    const { sentence, advice } = explainRefusal(event, { credential: null, account: null });
    expect(sentence).toContain(
      'The trusted proxy 127.0.0.1 did not send the client’s address: its X-Forwarded-For cannot be read.',
    );
    expect(advice).toContain('X-Forwarded-For');
  });

  it('wrong passwords are counted for the proxy whose addresses cannot be read, whatever it sends', async () => {
    const people = await Promise.all(Array.from({ length: 11 }, () => server.register()));
    const statuses: number[] = [];
    for (const [index, { email }] of people.entries())
      statuses.push((await login(email, 'wrong', UNREADABLE[index % UNREADABLE.length] ?? '')).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 422), 429]);

    // Clients whose address is read are others, and so is the proxy itself.
    const [someone] = people;
    expect((await login(someone?.email ?? '', PASSWORD, somewhere())).status).toBe(200);
    expect((await login(someone?.email ?? '', PASSWORD, '127.0.0.1')).status).toBe(200);
  });

  it('a user who came from such a place is not known there: others in it do not use up a bucket of theirs', async () => {
    const own = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    try {
      const { email, id } = await own.register();
      const answer = await own.request('/api/v1/auth/login', {
        ...{ headers: behind('unknown'), body: { email, password: PASSWORD, device_name: 'x' } },
      });
      expect(answer.status).toBe(200);
      expect(await own.store.accounts.knownAddresses(id)).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  it('guesses of credentials are counted there too, and stop nobody whose address is read', async () => {
    for (let index = 0; index < 10; index++)
      expect((await guess(UNREADABLE[index % UNREADABLE.length] ?? '', index)).status).toBe(401);
    expect((await guess('unknown', 11)).status).toBe(429);
    expect((await guess(somewhere(), 12)).status).toBe(401);
    expect((await guess('127.0.0.1', 13)).status).toBe(401);
  });

  it('the log names the proxy once, and nothing of what it sent', async () => {
    const own = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    try {
      const about = () => own.logged.filter((line) => line.includes('X-Forwarded-For'));
      await own.request('/verify/a', { headers: behind('203.0.113.7:1'), bearer: 'x' });
      expect(about()).toEqual([]);
      for (const hops of ['_hidden-text', 'unknown', '_hidden-text'])
        await own.request('/verify/a', { headers: behind(hops), bearer: 'x' });
      expect(about()).toEqual([expect.stringContaining('"proxy":"127.0.0.1"')]);
      expect(own.logged.join()).not.toContain('hidden-text');
    } finally {
      await own.stop();
    }
  });

  it('registrations and mails are counted there too', async () => {
    const own = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1'] });
    try {
      const register = async (index: number, hops: string) =>
        (
          await own.request('/api/v1/auth/register', {
            headers: behind(hops),
            body: {
              name: 'x',
              email: `p${index}@example.com`,
              password: PASSWORD,
              password_confirmation: PASSWORD,
              device_name: 'x',
            },
          })
        ).status;
      const statuses: number[] = [];
      for (let index = 0; index < 11; index++) statuses.push(await register(index, UNREADABLE[index % 2] ?? ''));
      expect(statuses.at(0)).toBe(201);
      expect(statuses.at(-1)).toBe(429);
      expect(await register(12, somewhere())).toBe(201);
    } finally {
      await own.stop();
    }
  });

  it('a spelling is no new place: port, brackets and zone do not give a guesser more tries', async () => {
    const spellings = ['203.0.113.99', '203.0.113.99:1', '203.0.113.99:2', '[::ffff:203.0.113.99]:3', '"203.0.113.99"'];
    for (let index = 0; index < 10; index++)
      expect((await guess(spellings[index % spellings.length] ?? '', index)).status).toBe(401);
    expect((await guess('203.0.113.99:4', 11)).status).toBe(429);
    for (let index = 0; index < 10; index++) await guess(`[2001:db8:9:9::${index}%eth0]:${index + 1}`, index);
    expect((await guess('2001:db8:9:9::ffff', 12)).status).toBe(429);
  });
});

describe('without a trusted proxy', () => {
  it('the header says nothing', async () => {
    const server = await startTestServer();
    try {
      const { accountId } = await server.register();
      const key = await server.key(accountId, { addresses: ['203.0.113.7'] });
      const asked = await server.request('/verify/a', { headers: { 'x-forwarded-for': '203.0.113.7:1' }, bearer: key.text });
      expect(asked.status).toBe(401);
    } finally {
      await server.stop();
    }
  });
});
