/**
 * What the overview page of an account says is true of all its credentials and of its whole log, however many entries there are.
 */
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../../../test/databases.ts';
import { newPerson, type Person } from '../../../../test/people.ts';
import { OPERATOR, startTestServer, type TestServer } from '../../../../test/server.ts';
import { MANY_REFUSALS } from '../../../core/use/notices.ts';
import { toTimestamp } from '../../schemas.ts';

const DAY = 86_400_000;
/** More than any bounded search of the newest credentials or entries would reach. */
const MANY_CREDENTIALS = 300;
const MANY_ENTRIES = 3_000;

eachDatabase('the home page of an account where much happens', (makeDatabase) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase() });
    return () => server.stop();
  });

  const overviewOf = async ({ ask, accountId }: Person) => (await ask(`/accounts/${accountId}/home`)).json;
  const newest = async ({ accountId }: Person, wish: Parameters<TestServer['key']>[1] = {}) => {
    const keys: { id: number }[] = [];
    for (let made = 0; made < MANY_CREDENTIALS; made += 25)
      keys.push(...(await Promise.all(Array.from({ length: 25 }, () => server.key(accountId, wish)))));
    return keys;
  };
  const used = (credentialId: number, requests: number, agoMs = 0) => {
    const at = { lastUsedAtMs: server.now() - agoMs, day: Math.floor((server.now() - agoMs) / DAY) };
    const from = { lastAddress: '203.0.113.7', lastUserAgent: 'curl/8' };
    const previous = { previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null };
    const use = { credentialId, requests, ...at, ...from, previousRequests: 0, ...previous };
    return server.store.credentials.recordUse({ uses: [use], permissions: [] });
  };
  /** In the log, as the job that writes refusals would. */
  const write = async (
    event: 'request.refused' | 'jwt.minted',
    { accountId }: Person,
    credentialId: number,
    { times, atMs = server.now() }: { times: number; atMs?: number },
  ) => {
    const entry = { event, atMs, by: OPERATOR, accountId, credentialId, reason: 'forbidden' };
    for (let left = times; left > 0; left -= 500)
      await server.store.audit.record({ events: Array.from({ length: Math.min(left, 500) }, () => entry) });
  };
  const refusalsOn = async (person: Person): Promise<string[]> =>
    (await overviewOf(person)).notices
      .filter(({ kind }: { kind: string }) => kind === 'refusals')
      .map(({ credential, at }: { credential: { name: string }; at: string }) => `${credential.name} ${at}`)
      .sort();

  it('tells of a key whose requests are refused, whatever else was written to the log since', async () => {
    const person = await newPerson(server);
    const [refused, few, long] = [
      await server.key(person.accountId, { name: 'refused' }),
      await server.key(person.accountId, { name: 'few' }),
      await server.key(person.accountId, { name: 'long ago' }),
    ];
    const noisy = await server.key(person.accountId, { name: 'noisy' });
    const lastMs = server.now() - 5000;
    await write('request.refused', person, refused.id, { times: MANY_REFUSALS - 1, atMs: lastMs - 60_000 });
    await write('request.refused', person, refused.id, { times: 1, atMs: lastMs });
    await write('request.refused', person, few.id, { times: MANY_REFUSALS - 1 });
    await write('request.refused', person, long.id, { times: MANY_REFUSALS, atMs: lastMs - DAY - 60_000 });
    expect(await refusalsOn(person)).toEqual([`refused ${toTimestamp(lastMs)}`]);
    await write('jwt.minted', person, refused.id, { times: MANY_ENTRIES });
    await write('request.refused', person, noisy.id, { times: MANY_ENTRIES });
    expect(await refusalsOn(person)).toEqual([expect.stringMatching(/^noisy /), `refused ${toTimestamp(lastMs)}`]);
    expect((await overviewOf(person)).notices_total).toBe(2);
  });

  it('adds up the requests of every key, and names the last one, however many keys are newer', async () => {
    const person = await newPerson(server);
    const oldest = await server.key(person.accountId, { name: 'the oldest' });
    const keys = await newest(person);
    expect((await overviewOf(person)).has_request).toBe(false);
    await used(oldest.id, 5);
    const first = await overviewOf(person);
    expect([first.has_request, first.requests_by_day.at(-1)]).toEqual([true, 5]);
    for (const { id } of keys) await used(id, 1, DAY + 1000);
    await used(keys.at(-1)?.id ?? 0, 2, 60_000);
    const { requests_by_day, last_request } = await overviewOf(person);
    expect(requests_by_day.reduce((sum: number, count: number) => sum + count, 0)).toBe(5 + MANY_CREDENTIALS + 2);
    expect(last_request).toMatchObject({ credential_name: 'the oldest', address: '203.0.113.7', user_agent: 'curl/8' });
  });

  it('knows of a key that is active, however many newer ones were revoked or have expired', async () => {
    const person = await newPerson(server);
    const active = await server.key(person.accountId, { name: 'active' });
    const { credentials } = server.store;
    const by = { event: 'key.revoked', atMs: server.now(), by: OPERATOR } as const;
    for (const { id } of await newest(person))
      await credentials.revoke({ kind: 'key', id, nowMs: server.now(), event: { ...by, accountId: person.accountId } });
    expect((await overviewOf(person)).has_key).toBe(true);
    await credentials.revoke({ kind: 'key', id: active.id, nowMs: server.now(), event: { ...by, accountId: person.accountId } });
    expect((await overviewOf(person)).has_key).toBe(false);
    await server.key(person.accountId, { name: 'short', expiresAtMs: server.now() + 60_000 });
    expect((await overviewOf(person)).has_key).toBe(true);
    server.advance(60_000);
    expect((await overviewOf(person)).has_key, 'it has expired').toBe(false);
  });

  it('judges the keys that expire and those that do not, each once, and nothing that has expired', async () => {
    const person = await newPerson(server);
    const endsAtMs = server.now() + 3 * DAY;
    await newest(person, { name: 'over', expiresAtMs: server.now() + 3_600_000 });
    server.advance(3_600_000);
    await newest(person, { name: 'ends', expiresAtMs: endsAtMs });
    for (let made = 0; made < 60; made++) await server.key(person.accountId, { name: 'stays' });
    const { notices, notices_total } = await overviewOf(person);
    expect(notices_total).toBe(MANY_CREDENTIALS);
    expect(new Set(notices.map(({ credential }: { credential: { name: string } }) => credential.name))).toEqual(
      new Set(['ends']),
    );
    expect(new Set(notices.map(({ credential }: { credential: { id: number } }) => credential.id)).size).toBe(20);
  });
});
