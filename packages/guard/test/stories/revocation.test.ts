/**
 * Everything that was revoked is refused within a second by a guard that verifies without asking, and had accepted it a moment
 * ago.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  newApplication,
  openSession,
  type TestApplication,
  type TestSession,
  withSecret,
} from '../../../server/test/applications.ts';
import { registered } from '../../../server/test/browser.ts';
import { eachDatabase } from '../../../server/test/databases.ts';
import { newMember, newPerson, newTeam } from '../../../server/test/people.ts';
import { OPERATOR, startTestServer } from '../../../server/test/server.ts';
import type { Guard } from '../../src/index.ts';
import type { World } from '../adapters/world.ts';
import { startGuardedWorld, statusAt } from './guarded-world.ts';

eachDatabase('a guard hears within a second', (makeDatabase) => {
  let world: World;
  let guard: Guard;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ world, guard, stop } = await startGuardedWorld(await makeDatabase()));
  });
  afterAll(() => stop());

  const statusOf = (bearer: string, permission?: string): Promise<number> => statusAt(guard, bearer, permission);

  const untilAnswered = (status: number, bearer: string, permission?: string) =>
    expect.poll(() => statusOf(bearer, permission), { interval: 2 }).toBe(status);

  /** All of them are accepted, then the act is done, then none of them is. */
  async function ends(bearers: readonly string[], act: () => Promise<unknown>): Promise<void> {
    for (const bearer of bearers) expect(await statusOf(bearer)).toBe(200);
    await act();
    await Promise.all(bearers.map((bearer) => untilAnswered(401, bearer)));
  }

  it('of one JWT, and lets in the others of its key', async () => {
    const key = await world.key();
    const [one, other] = [await world.mint(key, ['invoices.read']), await world.mint(key, ['invoices.read'])];
    await ends([one], () => world.revoke(one));
    expect([await statusOf(other), await statusOf(key.text)]).toEqual([200, 200]);
  });

  it('of all JWTs of a key from before now, and lets in the key and what it mints next', async () => {
    const key = await world.key();
    const before = await world.mint(key, ['invoices.read']);
    const { accountId } = (await world.keyhouse.store.credentials.getCredential('key', key.id)) ?? { accountId: 0 };
    await ends([before], () => world.keyhouse.keyhouse.jwts.revokeOfKey({ keyId: key.id, accountId }, OPERATOR));
    expect([await statusOf(key.text), await statusOf(await world.mint(key, ['invoices.read']))]).toEqual([200, 200]);
  });

  it('of a key, with what was minted from it', async () => {
    const key = await world.key();
    await ends([key.text, await world.mint(key, ['invoices.read'])], () => world.revoke(key.text));
  });

  it('of a personal access token', async () => {
    const token = await world.token();
    await ends([token], () => world.revoke(token));
  });

  it('of a key that was narrowed: it lives on with less, and its wider JWTs do not', async () => {
    const key = await world.key(['invoices.read', 'crm.read']);
    const [wide, narrow] = [await world.mint(key, ['invoices.read', 'crm.read']), await world.mint(key, ['crm.read'])];
    for (const bearer of [key.text, wide]) expect(await statusOf(bearer)).toBe(200);
    const narrowed = await world.keyhouse.keyhouse.credentials.narrow(
      { kind: 'key', id: key.id, permissions: ['crm.read'] },
      OPERATOR,
    );
    expect(narrowed.ok).toBe(true);
    await Promise.all([untilAnswered(403, key.text), untilAnswered(401, wide)]);
    expect([await statusOf(key.text, 'crm.read'), await statusOf(narrow, 'crm.read')]).toEqual([200, 200]);
  });

  it('of a secret that was rotated away without an overlap, and knows the new one', async () => {
    const key = await world.key();
    const credential = await world.keyhouse.store.credentials.getCredential('key', key.id);
    if (credential === null) throw new Error('The key has gone.');
    let next = '';
    await ends([key.text], async () => {
      const rotated = await world.keyhouse.keyhouse.credentials.rotate(
        { credential, currentHash: credential.hash, overlapSeconds: 0, revokeJwts: false },
        OPERATOR,
      );
      next = rotated.ok ? rotated.value.text : '';
    });
    expect(await statusOf(next)).toBe(200);
  });

  it('of a disabled user: token, keys of the account, JWTs and sessions', async () => {
    const person = await registered(world.keyhouse);
    const personal = await world.keyhouse.store.accounts.findUser(person.id);
    const { text } = await world.keyhouse.key(personal?.accountId ?? 0);
    const owner = await newPerson(world.keyhouse);
    const session = await openSession(world.keyhouse, person.browser, await newApplication(world.keyhouse, owner.accountId));
    const jwt = await world.mint({ text, id: 0 }, ['invoices.read']);
    await ends([text, jwt, session.jwt], () => world.keyhouse.keyhouse.users.disable({ userId: person.id, by: OPERATOR }));
  });

  type Session = {
    person: Awaited<ReturnType<typeof registered>>;
    client: TestApplication;
    session: TestSession;
  };
  const ACTS: Readonly<Record<string, (of: Session) => Promise<unknown>>> = {
    'its refresh token was revoked': ({ client, session }) =>
      world.keyhouse.request('/auth/revoke', { body: { token: session.refreshToken, ...withSecret(client) } }),
    'it was ended by itself': ({ person, session }) =>
      world.keyhouse.keyhouse.sessions.end({ id: session.id, userId: person.id, reason: 'revoked' }, OPERATOR),
    'its application was disconnected': async ({ person, client }) => {
      const connected = await world.keyhouse.store.grants.listConnected(person.id, Date.now());
      const grant = connected.find(({ clientId }) => clientId === client.clientId);
      await world.keyhouse.keyhouse.oauth.endGrant({ id: grant?.id ?? 0, userId: person.id }, OPERATOR);
    },
    'the password was changed': ({ person }) =>
      person.browser.ask('/me/password', { method: 'PUT', body: { password: 'four other unrelated words' } }),
    'its application was deleted': ({ client }) => world.keyhouse.keyhouse.applications.delete(client, OPERATOR),
  };
  it.each(Object.keys(ACTS))('of a session: %s', async (how) => {
    const [person, owner] = [await registered(world.keyhouse), await newPerson(world.keyhouse)];
    const client = await newApplication(world.keyhouse, owner.accountId);
    const session = await openSession(world.keyhouse, person.browser, client);
    const other = await world.session();
    await ends([session.jwt], async () => await ACTS[how]?.({ person, client, session }));
    expect(await statusOf(other)).toBe(200);
  });

  it('of a session for a team that its user left', async () => {
    const owner = await newPerson(world.keyhouse);
    const team = await newTeam(owner);
    const member = await newMember(world.keyhouse, owner, team, 'developer');
    const client = await newApplication(world.keyhouse, owner.accountId);
    const session = await openSession(world.keyhouse, member, client, { consent: { account: team } });
    await ends([session.jwt], () => owner.ask(`/accounts/${team}/members/${member.id}`, { method: 'DELETE' }));
  });

  it('of an application that acts by itself, when it was deleted', async () => {
    const jwt = await world.application();
    const { sub } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    const client = await world.keyhouse.store.applications.findClient(sub);
    if (client === null) throw new Error('The application has gone.');
    await ends([jwt], () => world.keyhouse.keyhouse.applications.delete(client, OPERATOR));
  });

  it('of what another server on the same database revoked', async () => {
    const there = await startTestServer({ database: { ...world.keyhouse.database, drop: async () => {} } });
    const key = await world.key();
    const jwt = await world.mint(key, ['invoices.read']);
    for (const bearer of [key.text, jwt]) expect(await statusOf(bearer)).toBe(200);
    await there.keyhouse.credentials.revoke({ kind: 'key', id: key.id }, OPERATOR);
    await expect.poll(() => statusOf(jwt), { interval: 5 }).toBe(401);
    await expect.poll(() => statusOf(key.text), { interval: 5 }).toBe(401);
    await there.stop();
  });
});
