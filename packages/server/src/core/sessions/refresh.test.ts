import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { type HouseApplication, newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { verdictOf } from '../../../test/house-things.ts';
import { DAY_MS, MINUTE_MS } from '../lib/clock.ts';
import { type Presenter, refreshSession, verifyRefreshToken } from './refresh.ts';
import { makeRefreshToken, readRefreshToken } from './refresh-token.ts';
import { MAX_LATE_A_DAY, REPEAT_FOR_MS } from './session.ts';

async function granted(house: House, wish: Parameters<typeof newApplication>[2] = {}) {
  const user = await house.user();
  const application = await newApplication(house, user.accountId, wish);
  const session = await openSession(house, { user, application, opened: await signIn(house, user) });
  return { user, application, ...session };
}

const presenterOf = ({ id, clientId, name }: HouseApplication, isProved = false): Presenter => ({
  ...{ applicationId: id, clientId, name, isProved, idleSeconds: null, absoluteSeconds: null },
});

/** The next token, or why there is none. */
async function refresh({ keyhouse }: House, token: string, presenter: Presenter): Promise<string> {
  const outcome = await refreshSession(keyhouse.sessions.ports, { token, presenter, by: OPERATOR });
  return outcome.ok ? outcome.value.refreshToken : outcome.reason;
}

describe('a refresh token', () => {
  it('is genuine only as we made it: with another counter, key or session it is nobody’s', async () => {
    const house = await openHouse();
    const [one, other] = [await granted(house), await granted(house)];
    const { ports } = house.keyhouse.sessions;
    const found = await verifyRefreshToken(ports, one.refreshToken);
    if (!found.ok) throw new Error(found.reason);
    expect(found.value).toMatchObject({ sessionId: one.id, counter: 1, applicationId: one.application.id });
    const { secrets, ...parts } = found.value;
    expect(makeRefreshToken(parts, secrets)).toBe(one.refreshToken);
    const mac = Buffer.from(one.refreshToken.slice('kh_refresh_'.length), 'base64url').subarray(-32);
    const forge = (change: Partial<typeof parts>): string => {
      const made = Buffer.from(makeRefreshToken({ ...parts, ...change }, secrets).slice('kh_refresh_'.length), 'base64url');
      return `kh_refresh_${Buffer.concat([made.subarray(0, -32), mac]).toString('base64url')}`;
    };
    expect(forge({})).toBe(one.refreshToken);
    const forged = [{ counter: 2 }, { keyId: parts.keyId + 1 }, { sessionId: other.id }, { sessionId: 'AAAAAAAAAAAAAAAAAAAAAA' }];
    for (const change of forged) {
      expect(readRefreshToken(forge(change)), JSON.stringify(change)).not.toBeNull();
      expect(await verifyRefreshToken(ports, forge(change)), JSON.stringify(change)).toEqual({ ok: false, reason: 'invalid' });
    }
  });

  it('is made with the key that its session names, and with no other of ours', async () => {
    const house = await openHouse();
    const { refreshToken } = await granted(house);
    const { ports } = house.keyhouse.sessions;
    const found = await verifyRefreshToken(ports, refreshToken);
    if (!found.ok) throw new Error(found.reason);
    house.clock.atMs += 91 * DAY_MS;
    const { id: keyId, key } = await ports.refreshKeys.current();
    expect(keyId).not.toBe(found.value.keyId);
    const made = makeRefreshToken({ ...found.value, keyId }, { ...found.value.secrets, key });
    expect(await verifyRefreshToken(ports, made)).toEqual({ ok: false, reason: 'invalid' });
    expect((await verifyRefreshToken(ports, refreshToken)).ok).toBe(true);
  });

  it('moves and ends nothing in the hands of another application, however old it is', async () => {
    const house = await openHouse();
    const { application, refreshToken } = await granted(house);
    const [own, thief] = [presenterOf(application), presenterOf(await newApplication(house, (await house.user()).accountId))];
    let newest = refreshToken;
    for (let nth = 1; nth <= 3; nth++) {
      expect(await refresh(house, refreshToken, thief)).toBe('invalid');
      newest = await refresh(house, newest, own);
      expect(newest).toMatch(/^kh_refresh_/);
    }
  });

  it('that is older than the previous one names the session that was copied, and leaves ending it to the caller', async () => {
    const house = await openHouse();
    const { application, refreshToken, id, jwt } = await granted(house);
    const presenter = presenterOf(application);
    const second = await refresh(house, refreshToken, presenter);
    const third = await refresh(house, second, presenter);
    const reused = await refreshSession(house.keyhouse.sessions.ports, { token: refreshToken, presenter, by: OPERATOR });
    expect(reused).toMatchObject({ ok: false, reason: 'reused', session: { id, endedAtMs: null } });
    expect(await verdictOf(house, jwt)).toBe('ok');
    expect(await refresh(house, third, presenter)).toMatch(/^kh_refresh_/);
  });
});

describe('the previous token', () => {
  it('gets the very same successor for a minute, so that a lost answer ends nothing', async () => {
    const house = await openHouse();
    const { application, refreshToken } = await granted(house);
    const presenter = presenterOf(application);
    const second = await refresh(house, refreshToken, presenter);
    house.clock.atMs += REPEAT_FOR_MS - 1;
    expect(await refresh(house, refreshToken, presenter)).toBe(second);
  });

  it('may come later than that from a client that proves itself, and only a few times a day from one that cannot', async () => {
    const house = await openHouse();
    const [confidential, open] = [await granted(house, { kind: 'confidential' }), await granted(house)];
    const lateOf = async ({ application, refreshToken }: typeof open, isProved: boolean) => {
      const presenter = presenterOf(application, isProved);
      const second = await refresh(house, refreshToken, presenter);
      const outcomes: boolean[] = [];
      for (let nth = 0; nth <= MAX_LATE_A_DAY; nth++) {
        house.clock.atMs += REPEAT_FOR_MS + MINUTE_MS;
        outcomes.push((await refresh(house, refreshToken, presenter)) === second);
      }
      return outcomes;
    };
    expect(await lateOf(confidential, true)).toEqual([true, true, true, true]);
    expect(await lateOf(open, false)).toEqual([true, true, true, false]);
    expect((await house.events()).includes('session.late')).toBe(true);
  });
});
