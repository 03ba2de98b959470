import { describe, expect, it } from 'vitest';
import { type House, ISSUER, OPERATOR, openHouse } from '../../../test/house.ts';
import {
  CALLBACK,
  claimsOf,
  clientOf,
  type HouseApplication,
  newApplication,
  newCode,
  newPkce,
  openSession,
  signIn,
} from '../../../test/house-sessions.ts';
import { asUser, mailsOf, verdictOf } from '../../../test/house-things.ts';
import { DAY_MS, MINUTE_MS } from '../lib/clock.ts';
import { REPEAT_FOR_MS } from '../sessions/session.ts';

async function granted(house: House, wish: Parameters<typeof newApplication>[2] = {}) {
  const user = await house.user();
  const application = await newApplication(house, user.accountId, wish);
  const opened = await signIn(house, user);
  return { user, application, opened };
}

async function redeem(house: House, application: HouseApplication, redemption: { code: string; verifier: string }) {
  const client = await clientOf(house, application);
  const outcome = await house.keyhouse.oauth.tokenByCode(client, { redirectUri: CALLBACK, ...redemption }, OPERATOR);
  return outcome.ok ? outcome.value : outcome.error;
}

async function refresh(house: House, application: HouseApplication, refreshToken: string, scope: string | null = null) {
  const client = await clientOf(house, application);
  const outcome = await house.keyhouse.oauth.tokenByRefresh(client, { refreshToken, scope }, OPERATOR);
  return outcome.ok ? outcome.value : outcome.error;
}

const tokenOf = (answer: Awaited<ReturnType<typeof refresh>>): string =>
  typeof answer === 'string' ? `refused: ${answer}` : (answer.refresh_token ?? '');

describe('a code', () => {
  it('buys a session once, and coming again it ends what it bought', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const code = await newCode(house, { ...about, scope: 'openid email invoices.read' });
    const answer = await redeem(house, about.application, code);
    if (typeof answer === 'string') throw new Error(answer);
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'invoices.read openid email' });
    expect(claimsOf(answer.access_token)).toMatchObject({
      ...{ iss: ISSUER, aud: ISSUER, sub: `user:${about.user.id}`, client_id: about.application.clientId },
      ...{ account: about.user.accountId, permissions: ['invoices.read'] },
    });
    expect(claimsOf(answer.id_token ?? '')).toMatchObject({
      ...{ aud: about.application.clientId, email: about.user.email, email_verified: true },
    });
    expect(await verdictOf(house, answer.access_token)).toBe('ok');
    expect(await redeem(house, about.application, code)).toBe('invalid_grant');
    expect(await verdictOf(house, answer.access_token)).toBe('revoked');
    expect(await refresh(house, about.application, answer.refresh_token ?? '')).toBe('invalid_grant');
    expect((await house.events()).slice(0, 2)).toEqual(['code.reused', 'session.opened']);
  });

  it('opens one session when two redeem it at once', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const code = await newCode(house, { ...about, scope: 'invoices.read' });
    const answers = await Promise.all([redeem(house, about.application, code), redeem(house, about.application, code)]);
    expect(answers.filter((answer) => answer === 'invalid_grant')).toHaveLength(1);
    expect((await house.events()).filter((event) => event === 'session.opened')).toHaveLength(1);
  });

  it('is good for a minute and not a millisecond longer', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const [early, late] = [
      await newCode(house, { ...about, scope: 'invoices.read' }),
      await newCode(house, { ...about, scope: 'invoices.read' }),
    ];
    house.clock.atMs += MINUTE_MS - 1;
    expect(await redeem(house, about.application, early)).toBeTypeOf('object');
    house.clock.atMs += 1;
    expect(await redeem(house, about.application, late)).toBe('invalid_grant');
  });

  it('stays good when a stranger tries it with another client, verifier or redirect URI', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const other = await newApplication(house, about.user.accountId);
    const code = await newCode(house, { ...about, scope: 'invoices.read' });
    expect(await redeem(house, other, code)).toBe('invalid_grant');
    expect(await redeem(house, about.application, { ...code, verifier: newPkce().verifier })).toBe('invalid_grant');
    const client = await clientOf(house, about.application);
    for (const redirectUri of [null, 'https://app.example.com/other'])
      expect((await house.keyhouse.oauth.tokenByCode(client, { ...code, redirectUri }, OPERATOR)).ok).toBe(false);
    expect(await redeem(house, about.application, code)).toBeTypeOf('object');
  });
});

describe('a refresh', () => {
  it('moves on to the next token, and repeats the same one to whoever did not hear it', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const { refreshToken } = await openSession(house, about);
    house.clock.atMs += MINUTE_MS;
    const [one, other] = await Promise.all([
      refresh(house, about.application, refreshToken),
      refresh(house, about.application, refreshToken),
    ]);
    expect(tokenOf(one)).not.toBe(refreshToken);
    expect(tokenOf(other)).toBe(tokenOf(one));
    house.clock.atMs += REPEAT_FOR_MS - 1;
    expect(tokenOf(await refresh(house, about.application, refreshToken))).toBe(tokenOf(one));
    expect(await refresh(house, about.application, tokenOf(one))).toBeTypeOf('object');
  });

  it('ends a session whose older token comes again, its JWTs too, and tells its user by mail', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const { refreshToken, jwt } = await openSession(house, about);
    const second = tokenOf(await refresh(house, about.application, refreshToken));
    const third = tokenOf(await refresh(house, about.application, second));
    expect(await refresh(house, about.application, refreshToken)).toBe('invalid_grant');
    expect(await refresh(house, about.application, third)).toBe('invalid_grant');
    expect(await verdictOf(house, jwt)).toBe('revoked');
    expect((await mailsOf(house)).at(-1)).toEqual({ kind: 'session-reuse', to: about.user.email });
    expect((await house.events())[0]).toBe('session.reused');
  });

  it('takes a token of this client alone, and none that anybody made', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const other = await newApplication(house, about.user.accountId);
    const { refreshToken } = await openSession(house, about);
    expect(await refresh(house, other, refreshToken)).toBe('invalid_grant');
    const last = refreshToken.at(-1) === 'A' ? 'B' : 'A';
    expect(await refresh(house, about.application, `${refreshToken.slice(0, -1)}${last}`)).toBe('invalid_grant');
    expect(await refresh(house, about.application, 'kh_refresh_')).toBe('invalid_grant');
    expect(await refresh(house, about.application, refreshToken)).toBeTypeOf('object');
  });

  it('narrows one JWT and not the session, and moves nothing when it is asked for more', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const { refreshToken } = await openSession(house, { ...about, scope: 'invoices.read invoices.write' });
    expect(await refresh(house, about.application, refreshToken, 'reports.read')).toBe('invalid_scope');
    const narrow = await refresh(house, about.application, refreshToken, 'invoices.read');
    expect(narrow).toMatchObject({ scope: 'invoices.read' });
    expect(await refresh(house, about.application, tokenOf(narrow))).toMatchObject({ scope: 'invoices.read invoices.write' });
  });

  it('ends when the session was not refreshed for as long as its application says, and at its absolute end', async () => {
    const house = await openHouse();
    const about = await granted(house, { idleSeconds: 3600, absoluteSeconds: 2 * 3600 });
    const idle = await openSession(house, about);
    const used = await openSession(house, about);
    house.clock.atMs += 3600 * 1000 - 1000;
    const second = await refresh(house, about.application, used.refreshToken);
    expect(second).toMatchObject({ expires_in: 600 });
    house.clock.atMs += 1000;
    expect(await refresh(house, about.application, idle.refreshToken)).toBe('invalid_grant');
    house.clock.atMs += 3600 * 1000 - 60_000;
    const third = await refresh(house, about.application, tokenOf(second));
    expect(third).toMatchObject({ expires_in: 60 });
    house.clock.atMs += 60_000;
    expect(await refresh(house, about.application, tokenOf(third))).toBe('invalid_grant');
  });

  it('gives nothing while the account is suspended, and goes on once it is resumed', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const { refreshToken, jwt } = await openSession(house, about);
    const { administration } = house.keyhouse;
    await administration.suspendAccount({ accountId: about.user.accountId, reason: null, by: OPERATOR });
    expect(await verdictOf(house, jwt)).toBe('account_suspended');
    expect((await house.keyhouse.oauth.authenticateClient({ method: 'none', clientId: about.application.clientId })).ok).toBe(
      false,
    );
    await administration.resumeAccount({ accountId: about.user.accountId, by: OPERATOR });
    expect(await verdictOf(house, jwt)).toBe('ok');
    expect(await refresh(house, about.application, refreshToken)).toBeTypeOf('object');
  });
});

describe('client credentials', () => {
  it('give a confidential application its own permissions, for its account, without a refresh token', async () => {
    const house = await openHouse();
    const { accountId } = await house.user();
    const application = await newApplication(house, accountId, { kind: 'confidential', ownPermissions: ['a.read', 'b.read'] });
    const client = await clientOf(house, application);
    const ask = async (scope: string | null) => {
      const outcome = await house.keyhouse.oauth.tokenByClientCredentials(client, scope);
      return outcome.ok ? outcome.value : outcome.error;
    };
    const answer = await ask(null);
    expect(answer).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 600, scope: 'a.read b.read' });
    expect(await ask('b.read')).toMatchObject({ scope: 'b.read' });
    expect(await ask('c.read')).toBe('invalid_scope');
    expect(await ask(' ')).toBe('invalid_scope');
    const jwt = typeof answer === 'string' ? '' : answer.access_token;
    expect(claimsOf(jwt)).toMatchObject({ sub: application.clientId, account: accountId });
    expect(await verdictOf(house, jwt)).toBe('ok');
    await house.keyhouse.applications.delete(application, OPERATOR);
    expect(await verdictOf(house, jwt)).toBe('revoked');
  });

  it('give nothing to a public application, nor to one without permissions of its own', async () => {
    const house = await openHouse();
    const { accountId } = await house.user();
    for (const kind of ['public', 'confidential'] as const) {
      const client = await clientOf(house, await newApplication(house, accountId, { kind }));
      expect(await house.keyhouse.oauth.tokenByClientCredentials(client, null)).toMatchObject({ error: 'unauthorized_client' });
    }
  });
});

describe('disconnecting an application', () => {
  it('ends its sessions and their JWTs, once, for its own user alone', async () => {
    const house = await openHouse();
    const about = await granted(house);
    const stranger = await house.user();
    const { jwt, refreshToken } = await openSession(house, about);
    const { oauth } = house.keyhouse;
    const [connected] = await oauth.listConnected(about.user.id);
    const id = connected?.id ?? 0;
    expect(await oauth.endGrant({ id, userId: stranger.id }, asUser(stranger))).toBe(false);
    expect(await oauth.endGrant({ id, userId: about.user.id }, asUser(about.user))).toBe(true);
    expect(await oauth.endGrant({ id, userId: about.user.id }, asUser(about.user))).toBe(false);
    expect(await verdictOf(house, jwt)).toBe('revoked');
    expect(await refresh(house, about.application, refreshToken)).toBe('invalid_grant');
    expect((await house.events())[0]).toBe('grant.ended');
  });
});

it('gives a session of a year the same token names and another key after ninety days', async () => {
  const house = await openHouse();
  const about = await granted(house);
  const first = await openSession(house, about);
  house.clock.atMs += 91 * DAY_MS;
  const opened = await signIn(house, about.user);
  const second = await openSession(house, { ...about, opened });
  expect(await refresh(house, about.application, first.refreshToken)).toBeTypeOf('object');
  expect(await refresh(house, about.application, second.refreshToken)).toBeTypeOf('object');
});
