/** What a guard requests from Keyhouse, counted: signing keys once, a credential once, and nothing at all for a JWT. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR } from '../../../server/test/server.ts';
import { createGuard, type Guard, type GuardOptions } from '../../src/index.ts';
import { startWorld, type World } from '../adapters/world.ts';

const JWKS = '/.well-known/jwks.json';
const ONE = '/auth/introspect';
const BATCH = '/auth/introspect/batch';

describe('a guard asks', () => {
  let world: World;
  const guards: Guard[] = [];
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(async () => {
    for (const guard of guards) await guard.close();
    await world.stop();
  });

  /** Its requests go to the real Keyhouse, and are recorded on the way. */
  async function start(options: Partial<GuardOptions> = {}) {
    const questions: { readonly path: string; readonly body: string }[] = [];
    const written: typeof fetch = (input, init) => {
      questions.push({
        path: String(input).slice(world.options.issuer.length).split('?', 1)[0] ?? '',
        body: `${init?.body ?? ''}`,
      });
      return fetch(input, init);
    };
    const guard = createGuard({ ...world.options, fetch: written, log: () => {}, ...options });
    guards.push(guard);
    await guard.ready();
    const judge = async (bearer: string) =>
      await guard.judge({
        ...{ method: 'GET', target: '/api/invoices', headers: ['Authorization', `Bearer ${bearer}`] },
        peer: { address: '127.0.0.1', isEncrypted: false },
      });
    return { judge, count: (path: string) => questions.filter((question) => question.path === path).length, questions };
  }

  it('for the signing keys once, however many JWTs come, and for nothing about any of them', async () => {
    const { judge, count } = await start();
    const keys = await Promise.all(Array.from({ length: 20 }, () => world.key()));
    const jwts = await Promise.all(keys.flatMap((key) => [1, 2, 3, 4, 5].map(() => world.mint(key, ['invoices.read']))));
    for (let round = 0; round < 10; round++)
      for (const jwt of jwts) expect(await judge(jwt)).toMatchObject({ ok: true, caller: { kind: 'jwt' } });
    expect([count(JWKS), count(ONE), count(BATCH)]).toEqual([1, 0, 0]);
  });

  it('for the signing keys again when Keyhouse tells that they changed, and then knows the new one before its first JWT', async () => {
    const { judge, count } = await start();
    const key = await world.key();
    const before = await world.mint(key, ['invoices.read']);
    const rotated = await world.keyhouse.keyhouse.signingKeys.rotate({ emergency: true, by: OPERATOR });
    expect(rotated.ok).toBe(true);
    await expect.poll(() => count(JWKS), { interval: 5 }).toBe(2);
    const after = await world.mint(key, ['invoices.read']);
    expect([await judge(before), await judge(after)]).toMatchObject([{ ok: true }, { ok: true }]);
    expect(count(JWKS)).toBe(2);
  });

  it('about one credential once, though two hundred requests come with it at the same time', async () => {
    const { judge, count } = await start();
    const token = await world.token();
    const decisions = await Promise.all(Array.from({ length: 200 }, () => judge(token)));
    expect(decisions.every(({ ok }) => ok)).toBe(true);
    expect([count(ONE), count(BATCH)]).toEqual([1, 0]);
    // All of them get the same caller object, and so does the next one.
    expect(new Set([...decisions, await judge(token)].map((decision) => (decision.ok ? decision.caller : null))).size).toBe(1);
    expect(count(ONE)).toBe(1);
  });

  it('about many at once in one question, and nobody gets the answer of another', async () => {
    const { judge, count, questions } = await start();
    const keys = await Promise.all(Array.from({ length: 50 }, () => world.key()));
    const decisions = await Promise.all(keys.map(({ text }) => judge(text)));
    expect(decisions.map((decision) => (decision.ok ? decision.caller?.credentialId : null))).toEqual(keys.map(({ id }) => id));
    expect([count(ONE), count(BATCH)]).toEqual([0, 1]);
    expect(JSON.parse(questions.find(({ path }) => path === BATCH)?.body ?? '{}').tokens).toHaveLength(50);
  });

  it('again when what it knew has changed, at once, and otherwise when it is some seconds old', async () => {
    const { judge, count } = await start({ rememberSeconds: 1 });
    const [changed, other] = [await world.key(['invoices.read', 'crm.read']), await world.key()];
    for (const { text } of [changed, other]) expect((await judge(text)).ok).toBe(true);
    expect(count(ONE)).toBe(2);
    await world.keyhouse.keyhouse.credentials.narrow({ kind: 'key', id: changed.id, permissions: ['crm.read'] }, OPERATOR);
    await expect.poll(async () => (await judge(changed.text)).ok, { interval: 5 }).toBe(false);
    expect(count(ONE)).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await judge(other.text)).ok).toBe(true);
    expect(count(ONE)).toBe(4);
  });

  it('about garbage once a second at most, and about what cannot be a credential never', async () => {
    const { judge, count } = await start();
    const unknown = `123|kh_${'0'.repeat(40)}${'0'.repeat(8)}`;
    const revoked = await world.key();
    await world.revoke(revoked.text);
    for (let times = 0; times < 30; times++) {
      expect(await judge(unknown)).toMatchObject({ ok: false, status: 401 });
      expect(await judge(revoked.text)).toMatchObject({ ok: false, status: 401 });
    }
    expect(count(ONE)).toBeLessThanOrEqual(2);
    expect(count(ONE)).toBeGreaterThan(0);
  });
});
