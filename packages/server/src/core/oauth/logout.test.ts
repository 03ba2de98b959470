import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import type { LogoutWish } from './logout.ts';

const AFTER = 'https://app.example.com/bye';
const NOTHING = { idTokenHint: null, clientId: null, postLogoutRedirectUri: null, state: null };

async function granted(house: House) {
  const user = await house.user();
  const application = await newApplication(house, user.accountId, { postLogoutRedirectUris: [AFTER] });
  const opened = await signIn(house, user);
  const session = await openSession(house, { user, opened, application, scope: 'openid' });
  const wish = { ...NOTHING, idTokenHint: session.idToken ?? '', postLogoutRedirectUri: AFTER, state: 'x y' };
  return { user, application, session, wish, present: { userId: user.id, signInId: opened.signIn.id } };
}

describe('logging out at the request of an application', () => {
  it('is done at once in the sign-in in which its session was granted', async () => {
    const house = await openHouse();
    const { wish, present, session, application, user } = await granted(house);
    expect(await house.keyhouse.oauth.beginLogout(wish, present)).toEqual({
      step: 'done',
      end: { sessionId: session.id, clientId: application.clientId, applicationId: application.id, userId: user.id },
      location: `${AFTER}?state=x+y`,
    });
  });

  it('is asked about in another sign-in, of the same user too, and ends nothing where nobody is signed in', async () => {
    const house = await openHouse();
    const { oauth } = house.keyhouse;
    const { wish, user } = await granted(house);
    const elsewhere = { userId: user.id, signInId: (await signIn(house, user)).signIn.id };
    const asked = await oauth.beginLogout(wish, elsewhere);
    expect(asked.step).toBe('ask');
    expect(asked.step === 'ask' && oauth.openLogout(asked.request)?.application).toBe('Ledger');
    expect(await oauth.beginLogout(wish, null)).toEqual({ step: 'done', end: null, location: `${AFTER}?state=x+y` });
    expect((await oauth.beginLogout(NOTHING, elsewhere)).step).toBe('ask');
  });

  it('goes back nowhere but to an address that the application registered', async () => {
    const house = await openHouse();
    const { oauth } = house.keyhouse;
    const { wish, present, application } = await granted(house);
    const problemOf = async (changed: Partial<LogoutWish>) => {
      const step = await oauth.beginLogout({ ...wish, ...changed }, present);
      return step.step === 'show' ? step.problem : step.step;
    };
    expect(await problemOf({ postLogoutRedirectUri: 'https://evil.example/bye' })).toBe('redirect_uri');
    expect(await problemOf({ idTokenHint: null })).toBe('redirect_uri');
    expect(await problemOf({ idTokenHint: null, clientId: application.clientId })).toBe('ask');
    expect(await problemOf({ clientId: 'app_0000000000000000000000' })).toBe('unknown_client');
  });

  it('waits an hour for the answer, sealed, and not a millisecond longer', async () => {
    const house = await openHouse();
    const { oauth } = house.keyhouse;
    const { wish, present } = await granted(house);
    const parked = await oauth.parkLogout(wish);
    if (!('request' in parked)) throw new Error(parked.problem);
    expect(await oauth.resumeLogout(`${parked.request}x`, present)).toEqual({ step: 'show', problem: 'request_over' });
    house.clock.atMs += 3600 * 1000;
    expect((await oauth.resumeLogout(parked.request, present)).step).toBe('done');
    house.clock.atMs += 1;
    expect(await oauth.resumeLogout(parked.request, present)).toEqual({ step: 'show', problem: 'request_over' });
    expect(oauth.openLogout(parked.request)).toBeNull();
  });
});
