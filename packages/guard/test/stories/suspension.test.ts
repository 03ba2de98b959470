/**
 * Nothing of a suspended account is accepted anywhere, not even by guards that verify without asking; once it is resumed
 * everything is that was not revoked.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  askTokens,
  newApplication,
  openSession,
  refresh,
  type TestApplication,
  type TestSession,
  withSecret,
} from '../../../server/test/applications.ts';
import { browserFor } from '../../../server/test/dashboard-browser.ts';
import { eachDatabase } from '../../../server/test/databases.ts';
import { newMember, newPerson, newTeam, type Person } from '../../../server/test/people.ts';
import { OPERATOR } from '../../../server/test/server.ts';
import { createGuard, type Guard } from '../../src/index.ts';
import type { World } from '../adapters/world.ts';
import { startGuardedWorld, statusAt } from './guarded-world.ts';

interface Account {
  readonly id: number;
  readonly owner: Person;
  readonly key: { readonly text: string; readonly id: number };
  readonly jwt: string;
  /** Of the account, and the session that a user of another account granted to it. */
  readonly application: TestApplication;
  readonly ofApplication: TestSession;
  readonly byItself: string;
  /** What the owner granted in the account to another account's application. */
  readonly elsewhere: TestApplication;
  readonly granted: TestSession;
  /** Of a personal account. */
  readonly token: string | null;
}

eachDatabase('a suspended account', (makeDatabase) => {
  let world: World;
  let guard: Guard;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ world, guard, stop } = await startGuardedWorld(await makeDatabase()));
  });
  afterAll(() => stop());

  const operate = () => world.keyhouse.keyhouse;

  const atServer = async (bearer: string): Promise<number> =>
    (await world.keyhouse.request('/verify?permission=invoices.read', { bearer })).status;
  const isActive = async (token: string): Promise<boolean> =>
    (await world.keyhouse.request('/auth/introspect', { bearer: world.options.key, body: { token } })).json.active;

  /** The server knows when the act is answered; the guard is notified. */
  async function answers(status: number, bearers: readonly string[]): Promise<void> {
    for (const bearer of bearers) {
      expect(await atServer(bearer), bearer.slice(0, 12)).toBe(status);
      expect(await isActive(bearer)).toBe(status === 200);
      await expect.poll(() => statusAt(guard, bearer), { interval: 2 }).toBe(status);
    }
  }

  async function fill(owner: Person, id: number, token: string | null): Promise<Account> {
    const key = await world.keyhouse.key(id);
    const application = await newApplication(world.keyhouse, id, { kind: 'confidential', ownPermissions: ['invoices.read'] });
    const stranger = await newPerson(world.keyhouse);
    const elsewhere = await newApplication(world.keyhouse, stranger.accountId);
    const byItself = await askTokens(world.keyhouse, { grant_type: 'client_credentials', ...withSecret(application) });
    return {
      ...{ id, owner, key, application, elsewhere, token },
      jwt: await world.mint(key, ['invoices.read']),
      ofApplication: await openSession(world.keyhouse, stranger, application),
      byItself: byItself.json.access_token,
      granted: await openSession(world.keyhouse, owner, elsewhere, { consent: { account: id } }),
    };
  }

  async function newTeamAccount(): Promise<Account> {
    const owner = await newPerson(world.keyhouse);
    return await fill(owner, await newTeam(owner), null);
  }

  async function newPersonalAccount(): Promise<Account> {
    const { token, id, email, accountId } = await world.keyhouse.register();
    return await fill({ ...(await browserFor(world.keyhouse, id)), id, email, accountId }, accountId, token);
  }

  const bearersOf = ({ key, jwt, ofApplication, byItself, granted, token }: Account): readonly string[] => [
    key.text,
    jwt,
    ofApplication.jwt,
    byItself,
    granted.jwt,
    ...(token === null ? [] : [token]),
  ];

  const suspend = (accountId: number, reason: string | null = null) =>
    operate().administration.suspendAccount({ accountId, reason, by: OPERATOR });
  const resume = (accountId: number) => operate().administration.resumeAccount({ accountId, by: OPERATOR });

  it.each(['team', 'personal'])('lets nothing in, and everything once it is resumed: a %s account', async (kind) => {
    const account = await (kind === 'team' ? newTeamAccount() : newPersonalAccount());
    const bearers = bearersOf(account);
    await answers(200, bearers);
    expect(await suspend(account.id)).toBe('done');
    await answers(401, bearers);
    expect(await suspend(account.id)).toBe('already');

    const { application, ofApplication, elsewhere, granted } = account;
    expect(
      (await world.keyhouse.request('/auth', { bearer: account.key.text, body: { permissions: ['invoices.read'] } })).status,
    ).toBe(401);
    const byItself = await askTokens(world.keyhouse, { grant_type: 'client_credentials', ...withSecret(application) });
    expect([byItself.status, byItself.json.error]).toEqual([401, 'invalid_client']);
    expect((await refresh(world.keyhouse, application, ofApplication.refreshToken)).json.error).toBe('invalid_client');
    expect((await refresh(world.keyhouse, elsewhere, granted.refreshToken)).json.error).toBe('invalid_grant');
    const asked = await world.keyhouse.request(`/auth?client_id=${application.clientId}&response_type=code`);
    expect(asked.status).not.toBe(303);

    expect(await resume(account.id)).toBe('done');
    await answers(200, bearers);
    expect(await resume(account.id)).toBe('already');
    // A refusal changed nothing: the same refresh tokens are the newest.
    for (const [client, session] of [
      [application, ofApplication],
      [elsewhere, granted],
    ] as const) {
      const refreshed = await refresh(world.keyhouse, client, session.refreshToken);
      expect(refreshed.status).toBe(200);
      await answers(200, [refreshed.json.access_token]);
    }
  });

  it('does not bring back what was revoked while it was suspended, by whoever holds it', async () => {
    const account = await newTeamAccount();
    const other = await world.mint(account.key, ['invoices.read']);
    await answers(200, [account.jwt, other]);
    await suspend(account.id);
    await answers(401, [account.jwt, other]);
    await world.revoke(account.jwt);
    await operate().sessions.end({ id: account.granted.id, reason: 'revoked' }, OPERATOR);
    await resume(account.id);
    await answers(401, [account.jwt, account.granted.jwt]);
    await answers(200, [other, account.key.text]);
  });

  it('is known to a guard that starts while it is suspended, and one that starts afterwards knows that it is not', async () => {
    const account = await newTeamAccount();
    await suspend(account.id);
    const during = createGuard({ ...world.options, log: () => {} });
    await during.ready();
    expect(await statusAt(during, account.jwt)).toBe(401);
    await resume(account.id);
    await expect.poll(() => statusAt(during, account.jwt), { interval: 2 }).toBe(200);
    const afterwards = createGuard({ ...world.options, log: () => {} });
    await afterwards.ready();
    expect(await statusAt(afterwards, account.jwt)).toBe(200);
    await Promise.all([during.close(), afterwards.close()]);
  });

  it('is every team that a disabled user alone owns, until they are enabled; not one that another owner holds', async () => {
    const [alone, shared] = [await newTeamAccount(), await newTeamAccount()];
    const second = await newMember(world.keyhouse, shared.owner, shared.id, 'owner');
    const disable = (userId: number) => operate().users.disable({ userId, by: OPERATOR });
    const enable = (userId: number) => operate().users.enable({ userId, by: OPERATOR });
    expect(await disable(alone.owner.id)).toMatchObject({ ok: true });
    const kept = [alone.key.text, alone.jwt, alone.ofApplication.jwt, alone.byItself];
    await answers(401, [...kept, alone.granted.jwt]);
    await disable(shared.owner.id);
    await answers(200, [shared.key.text, shared.jwt]);
    await disable(second.id);
    await answers(401, [shared.key.text, shared.jwt]);
    // Either of the owners is enough.
    await enable(second.id);
    await answers(200, [shared.key.text, shared.jwt]);

    await enable(alone.owner.id);
    await answers(200, kept);
    // What the user granted ended with their sign-ins, as it always did.
    await answers(401, [alone.granted.jwt]);
  });

  it('stays suspended for the reason that is left, when one of two goes', async () => {
    const account = await newTeamAccount();
    await suspend(account.id);
    await operate().users.disable({ userId: account.owner.id, by: OPERATOR });
    await operate().users.enable({ userId: account.owner.id, by: OPERATOR });
    await answers(401, [account.key.text, account.jwt]);
    await resume(account.id);
    await answers(200, [account.key.text, account.jwt]);
  });

  it.each(['team', 'personal'])('never comes back once it is deleted: a %s account', async (kind) => {
    const account = await (kind === 'team' ? newTeamAccount() : newPersonalAccount());
    const bearers = bearersOf(account);
    await suspend(account.id);
    expect(await operate().administration.deleteAccount({ accountId: account.id, by: OPERATOR })).toBe('done');
    await answers(401, bearers);
    expect(await resume(account.id)).toBe('gone');
    expect(await world.keyhouse.store.accounts.accountState(account.id)).toBe('deleted');
    await answers(401, bearers);
  });

  it('is never the account of the operator', async () => {
    expect(await suspend(1)).toBe('operator');
    expect(await operate().administration.deleteAccount({ accountId: 1, by: OPERATOR })).toBe('operator');
    expect(await suspend(987_654)).toBe('gone');
  });
});
