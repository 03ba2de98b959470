/**
 * An attacker who answers in place of Keyhouse when a guard asks about a token or a key: badly, falsely, late or never. The
 * waiting client gets the refusal of the contract in time, nobody gets in by it, the guard keeps what it knew before, and asks
 * again when the issuer behaves correctly again.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN, SLOW } from './bodies.ts';
import {
  BATCH,
  changed,
  type Issuer,
  inGroups,
  json,
  ONE,
  type Spoil,
  startIssuer,
  until,
  type Victim,
  watchProcess,
} from './issuer.ts';

const faults = watchProcess();
let issuer: Issuer;
let token: string;
let other: { token: string; id: number; accountId: number };
let jwt: string;
let revoked: string;
beforeAll(async () => {
  issuer = await startIssuer();
  other = await issuer.keyhouse.register();
  ({ token } = await issuer.keyhouse.register());
  const { accountId } = await issuer.keyhouse.register();
  const key = await issuer.keyhouse.key(accountId);
  const mint = async (): Promise<string> =>
    (await issuer.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
  jwt = await mint();
  revoked = await mint();
  await issuer.keyhouse.request('/auth/revoke', { body: { token: revoked } });
});
afterAll(async () => {
  await issuer.stop();
  expect(faults).toEqual([]);
});

type Answer = Record<string, unknown>;
const says = (members: Answer) => changed((answer: Answer) => ({ ...answer, ...members }));
const lacks = (name: string) => changed(({ [name]: _gone, ...rest }: Answer) => rest);

/** What has to be asked for is refused, what needs no request is not, and nothing stays broken. */
async function suffers(path: string, how: Spoil, sentence: RegExp = /^\/auth\/introspect: /): Promise<Victim> {
  const victim = await issuer.victim({ rememberSeconds: 0 });
  await victim.keyhouse.ready();
  victim.spoil(path, how);
  const refused = await victim.ask(token);
  expect([refused.status, refused.json, refused.headers['retry-after']]).toEqual([
    503,
    { message: 'The service is not available now.' },
    '2',
  ]);
  expect(refused.headers['x-request-id']).toBeTruthy();
  expect((await victim.ask(jwt)).status).toBe(200);
  expect((await victim.ask(revoked)).status).toBe(401);
  expect(victim.said.filter((line) => sentence.test(line))).toHaveLength(1);
  victim.keepsQuietAbout([token, jwt, revoked]);
  victim.heal();
  expect((await victim.ask(token)).text).toBe('token');
  await victim.stop();
  return victim;
}

describe('an issuer that cannot answer', () => {
  it.each(Object.entries(BROKEN))('%s', async (_name, how) => {
    await suffers(ONE, how);
  });

  it('leads the guard elsewhere, and its key does not go there', async () => {
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(`${request.headers.authorization}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"active":true}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}${ONE}`;
    for (const status of [301, 302, 303, 307, 308])
      await suffers(ONE, (response) => void response.writeHead(status, { location }).end());
    await suffers(ONE, (response) => void response.writeHead(200, { refresh: `0; url=${location}` }).end());
    expect(asked).toEqual([]);
    await new Promise((resolve) => elsewhere.close(resolve));
  });
});

describe('an issuer that lies', () => {
  it.each<[string, Spoil]>([
    ...[
      ...[{ active: 'true' }, { active: 1 }, { active: null }, { active: [true] }, { permissions: 'invoices.read' }],
      ...[{ permissions: [null] }, { permissions: {} }, { account: 1.5 }, { account: 2 ** 53 }, { account: '12' }],
      ...[{ account: -1 }, { account: 0 }, { account: null }, { iss: 'https://keys.example.org' }, { iss: null }],
      ...[{ kind: 'admin' }, { kind: 'jwt' }, { kind: 'session' }, { kind: 'key' }, { kind: ['token'] }, { sub: 7 }],
      ...[{ sub: 'user:1.5' }, { sub: 'user:99999999999999999' }, { sub: 'account:1' }, { sub: '' }],
      ...[{ client_id: 'token:0' }, { client_id: 'token:9007199254740993' }, { client_id: 'key:1' }, { client_id: 1 }],
      ...[{ environment: 'prod' }, { environment: null }, { addresses: '10.0.0.0/8' }, { addresses: [10] }],
      ...[{ iat: '0' }, { iat: -1 }, { iat: 1.5 }, { iat: 1e300 }, { exp: 'never' }, { exp: null }, { exp: 1e300 }],
      ...[{ jti: 'AZq3vN1kAAECAwQFBgcICQoLDA0ODw' }, { sid: 'AZq3vN1kAAECAwQFBgcICQ' }],
    ].map((members): [string, Spoil] => [`about ${JSON.stringify(members)}`, says(members)]),
    ...['active', 'kind', 'sub', 'client_id', 'account', 'permissions', 'environment', 'addresses', 'iss', 'iat'].map(
      (name): [string, Spoil] => [`by keeping "${name}" to itself`, lacks(name)],
    ),
  ])('%s', async (_name, how) => {
    await suffers(ONE, how);
  });

  it('about whose the token is', async () => {
    const sub = `user:${other.id}`;
    await suffers(ONE, says({ client_id: `token:${Number.parseInt(other.token, 10)}`, sub, account: other.accountId }));
  });

  it.each<[string, Spoil]>([
    ['too few', changed(({ results }) => ({ results: results.slice(1) }))],
    ['too many', changed(({ results }) => ({ results: [...results, { active: false }] }))],
    ['none', json({ results: [] })],
    ['no list', json({ results: { 0: { active: true } } })],
    ['those of others', changed(({ results }) => ({ results: results.toReversed() }))],
    ['a single one', changed(({ results }) => results[0])],
  ])('with results for many at once: %s', async (_name, how) => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    const both = async (): Promise<number[]> =>
      (await Promise.all([victim.ask(token), victim.ask(other.token)])).map(({ status }) => status);
    const judgedBoth = async (): Promise<number[]> => {
      const decisions = [token, other.token].map((bearer) =>
        victim.keyhouse.guard.judge({
          ...{ method: 'GET', target: '/api/invoices', headers: ['Authorization', `Bearer ${bearer}`] },
          peer: { address: '127.0.0.1', isEncrypted: false },
        }),
      );
      return (await Promise.all(decisions)).map((decision) => (decision.ok ? 200 : decision.status));
    };
    victim.spoil(BATCH, how);
    victim.spoil(ONE, json({}));
    expect(await judgedBoth()).toEqual([503, 503]);
    expect(victim.said.filter((line) => line.startsWith(`${BATCH}: `))).toHaveLength(1);
    // Each is then asked about separately: one that spoils the answer for all does not spoil it for the others.
    victim.spoil(
      ONE,
      changed((answer) => answer),
    );
    expect(await judgedBoth()).toEqual([200, 200]);
    victim.keepsQuietAbout([token, other.token]);
    victim.heal();
    expect(await both()).toEqual([200, 200]);
    await victim.stop();
  });
});

describe('an issuer that takes its time', () => {
  it('may take as long as it likes, and nobody waits for it', async () => {
    await inGroups(Object.values(SLOW), (how) => suffers(ONE, how));
  });

  it('lets nobody wait for longer than a question may take, however many there are', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    victim.spoil(ONE, () => {});
    victim.spoil(BATCH, () => {});
    // Ten times the maximum of concurrent requests.
    const waits = Array.from({ length: 8000 }, (_each, index) => {
      const headers = ['Authorization', `Bearer garbage-${index}`];
      const asked = { method: 'GET', target: '/api/invoices', headers, peer: { address: '127.0.0.1', isEncrypted: false } };
      return victim.keyhouse.guard.judge(asked);
    });
    // None of these requests is ever answered: that the refusals come at all shows the guard's own limit.
    const decisions = await Promise.all(waits);
    expect(new Set(decisions.map((decision) => (decision.ok ? 200 : decision.status)))).toEqual(new Set([503]));
    victim.heal();
    expect((await victim.ask(token)).text).toBe('token');
    await victim.stop();
  });

  it('does not get far by lying about JWTs, once they have to be asked about: they are nobody else’s, and they never may everything', async () => {
    const { accountId } = await issuer.keyhouse.register();
    const key = await issuer.keyhouse.key(accountId);
    const another = (await issuer.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.write'] } }))
      .json;
    const { jti } = JSON.parse(Buffer.from(another.token.split('.')[1], 'base64url').toString());
    const victim = await issuer.victim({ staleAfterMs: 1000, rememberSeconds: 0 });
    await victim.keyhouse.ready();
    victim.spoil('/auth/revocations', () => {});
    victim.cut();
    await until(
      () => victim.keyhouse.guard.lagMs,
      (lagMs) => lagMs > 1000,
    );
    expect((await victim.ask(jwt)).text).toBe('jwt');
    for (const members of [{ jti }, { permissions: null }, { jti: null }, { kind: 'key', jti: undefined }, { sub: 'user:1' }]) {
      victim.spoil(ONE, says(members));
      // What was learnt a moment ago may be remembered for a second.
      await until(
        async () => (await victim.ask(jwt)).status,
        (status) => status === 503,
      );
    }
    victim.keepsQuietAbout([jwt, another.token]);
    await victim.stop();
  });
});

describe('strangers who spoil the question for others', () => {
  it('send credentials so long that Keyhouse would not take a hundred of them', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    const judge = (bearer: string) =>
      victim.keyhouse.guard.judge({
        ...{ method: 'GET', target: '/api/invoices', headers: ['Authorization', `Bearer ${bearer}`] },
        peer: { address: '127.0.0.1', isEncrypted: false },
      });
    const long = Array.from({ length: 99 }, (_each, index) => judge(`${'\\'.repeat(16_000)}${index}`));
    const honest = judge(token);
    expect(await honest).toMatchObject({ ok: true });
    expect((await Promise.all(long)).map((decision) => (decision.ok ? 200 : decision.status))).toEqual(long.map(() => 401));
    expect(victim.said).toEqual([]);
    await victim.stop();
  });

  it('are asked about one by one or in hundreds, and Keyhouse goes on answering the guard', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    for (let round = 0; round < 30; round++) expect((await victim.ask(`garbage-${round}`)).status).toBe(401);
    expect((await victim.ask(token)).status).toBe(200);
    await victim.stop();
  });

  it('does not get in by a server that is behind: an answer older than what the feed told is nobody’s', async () => {
    const { token: old } = await issuer.keyhouse.register();
    const before = await issuer.keyhouse.request(ONE, { bearer: issuer.key, body: { token: old } });
    const behind = json(before.json, { 'x-keyhouse-position': String(before.headers['x-keyhouse-position']) });
    const victim = await issuer.victim({ rememberSeconds: 0 });
    await victim.keyhouse.ready();
    victim.spoil(ONE, behind);
    expect((await victim.ask(old)).status).toBe(200);
    await issuer.keyhouse.request('/auth/revoke', { body: { token: old } });
    const first = await until(
      async () => await victim.ask(old),
      ({ status }) => status !== 200,
    );
    expect(first.status).toBe(503);
    // It catches up while a request waits.
    let answers = 0;
    victim.spoil(ONE, (response, pass, request) =>
      ++answers < 4 ? behind(response, pass, request) : json({ active: false })(response, pass, request),
    );
    expect((await victim.ask(old)).status).toBe(401);
    expect(answers).toBe(4);
    await victim.stop();
  });
});
