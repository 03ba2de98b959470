/**
 * Attackers who guess passwords, users, credentials. They learn nothing and are slowed down; the owner can sign in all the time.
 */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import { type Answer, OPERATOR, PASSWORD, startTestServer, type TestServer } from '../../test/server.ts';

const PROXY = '127.0.0.1';
let address = 0;
/** A new address on the internet, as a trusted proxy reports it. */
const somewhere = () => ({ 'x-forwarded-for': `198.51.${Math.floor(address / 250)}.${(address++ % 250) + 1}` });
type ProxyHeaders = ReturnType<typeof somewhere>;

const loginAt = (server: TestServer) => (email: string, password: string, from: ProxyHeaders) =>
  server.request('/api/v1/auth/login', { headers: from, body: { email, password, device_name: 'x' } });

/** What a stranger can distinguish two answers by. */
const seen = ({ status, text, headers }: Answer) => {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return { status, text, names: Object.keys(headers), rest };
};

describe('who has an account', () => {
  let server: TestServer;
  let login: ReturnType<typeof loginAt>;
  beforeAll(async () => {
    server = await startTestServer({ trustedProxies: [PROXY] });
    login = loginAt(server);
    return () => server.stop();
  });

  it('is not told by any part of the answer to a failed log-in', async () => {
    const [known, disabled] = [await server.register(), await server.register()];
    await server.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    const answers = [
      await login('nobody@example.com', PASSWORD, somewhere()),
      await login(known.email, `${PASSWORD}!`, somewhere()),
      await login(disabled.email, PASSWORD, somewhere()),
      await login(disabled.email, `${PASSWORD}!`, somewhere()),
      await login('no address at all', PASSWORD, somewhere()),
      await login(known.email, 'x'.repeat(4000), somewhere()),
      await login('nobody@example.com', '\u0000', somewhere()),
    ];
    expect(answers[0]?.status).toBe(422);
    for (const answer of answers) expect(seen(answer)).toEqual(seen(answers[0] as Answer));
  });

  it('is not told by the refusal of one try too many either', async () => {
    const known = await server.register();
    for (const email of [known.email, 'nobody-at-all@example.com']) {
      const statuses: number[] = [];
      // From ten networks, so that only the user's own limit can be the cause.
      for (let index = 0; index < 12; index++) statuses.push((await login(email, 'wrong password', somewhere())).status);
      expect(statuses, email).toEqual([...Array(10).fill(422), 429, 429]);
    }
  });

  it('is not told by the work that a failed log-in takes', async () => {
    const [known, disabled] = [await server.register(), await server.register()];
    await server.keyhouse.users.disable({ userId: disabled.id, by: OPERATOR });
    const kinds = { known: known.email, disabled: disabled.email, unknown: 'nobody@nowhere.example' };
    const costs: Record<string, number[]> = { known: [], disabled: [], unknown: [] };
    // In turn, so that other work of the machine affects all kinds alike. Each user has ten attempts.
    for (let round = 0; round < 9; round++) {
      for (const [kind, email] of Object.entries(kinds)) {
        const before = process.cpuUsage();
        const { status } = await login(email, kind === 'disabled' ? PASSWORD : 'wrong password', somewhere());
        expect(status).toBe(422);
        const { user, system } = process.cpuUsage(before);
        costs[kind]?.push(user + system);
      }
    }
    const least = Object.values(costs).map((list) => Math.min(...list));
    // Without a dummy hash the unknown user would be ten times as cheap.
    expect(Math.max(...least) / Math.min(...least), JSON.stringify(costs)).toBeLessThan(2);
  });
});

eachDatabase('guessing passwords', (makeDatabase) => {
  let server: TestServer;
  let login: ReturnType<typeof loginAt>;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: [PROXY] });
    login = loginAt(server);
    return () => server.stop();
  });

  it('looks at no more than ten of a hundred tries that come at once, and says when to come back', async () => {
    const { email } = await server.register();
    const from = somewhere();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => login(email, `guess number ${index}`, from)));
    const refused = answers.filter(({ status }) => status === 429);
    expect([answers.filter(({ status }) => status === 422).length, refused.length]).toEqual([10, 90]);
    for (const { json, headers } of refused) {
      expect(json).toEqual({ message: 'Too many requests.' });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(300);
      expect([headers['ratelimit-remaining'], headers['ratelimit-reset']]).toEqual(['0', headers['retry-after']]);
    }
    // The right password does not get past the refusal either, so the refusal does not reveal which one is right.
    expect((await login(email, PASSWORD, from)).status).toBe(429);
  });

  it('does not lock the owner out of a place that he has signed in from, whoever guesses elsewhere', async () => {
    const home = somewhere();
    const email = 'owner@example.com';
    const body = { email, password: PASSWORD, device_name: 'home' };
    expect((await server.request('/api/v1/auth/register', { headers: home, body })).status).toBe(201);
    await Promise.all(Array.from({ length: 30 }, () => login(email, 'a guess', somewhere())));
    expect((await login(email, PASSWORD, somewhere())).status).toBe(429);
    expect((await login(email, PASSWORD, home)).status).toBe(200);
  });

  it('refuses nothing before the tenth failure, and does not count what succeeds', async () => {
    const { email } = await server.register();
    const from = somewhere();
    for (let index = 0; index < 9; index++) expect((await login(email, 'wrong', from)).status).toBe(422);
    for (let index = 0; index < 4; index++) expect((await login(email, PASSWORD, from)).status).toBe(200);
    expect((await login(email, 'wrong', from)).status).toBe(422);
    expect((await login(email, 'wrong', from)).status).toBe(429);
  });

  it('cannot be spread over the addresses of one IPv6 customer, nor over spellings of one user', async () => {
    const { email } = await server.register();
    const spellings = [email, email.toUpperCase(), email.replace('example', 'EXAMPLE')];
    const statuses: number[] = [];
    for (let index = 0; index < 11; index++) {
      const from = { 'x-forwarded-for': `2001:db8:77:1::${index + 1}` };
      statuses.push((await login(spellings[index % 3] ?? '', 'wrong', from)).status);
    }
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('guessing credentials', () => {
  it('is slowed by address, and stops nobody whose credential holds', async () => {
    const server = await startTestServer({ trustedProxies: [PROXY] });
    try {
      const { token } = await server.register();
      const guess = (from: ProxyHeaders, index: number) =>
        server.request('/verify/a', {
          headers: from,
          bearer: `made-up-credential-${createHash('sha1').update(`${index}`).digest('hex')}`,
        });
      const from = somewhere();
      for (let index = 0; index < 10; index++) expect((await guess(from, index)).status).toBe(401);
      const late = await guess(from, 10);
      expect([late.status, late.json, late.headers['ratelimit-remaining']]).toEqual([
        429,
        { message: 'Too many requests.' },
        '0',
      ]);
      expect((await server.request('/verify/a', { headers: from, bearer: token })).status).toBe(200);
      expect((await guess(somewhere(), 11)).status).toBe(401);
      // IPv6 gives a customer a /64, and an attacker all of it.
      for (let index = 0; index < 10; index++) await guess({ 'x-forwarded-for': `2001:db8:5:5::${index + 1}` }, index);
      expect((await guess({ 'x-forwarded-for': '2001:db8:5:5::ffff' }, 12)).status).toBe(429);
    } finally {
      await server.stop();
    }
  });
});
