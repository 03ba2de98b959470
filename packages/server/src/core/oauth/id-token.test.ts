import { describe, expect, it } from 'vitest';
import { type House, ISSUER, openHouse } from '../../../test/house.ts';
import { claimsOf, newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { DAY_MS } from '../lib/clock.ts';
import { signJws } from '../signing-keys/jws.ts';
import { issueIdToken, readIdTokenHint } from './id-token.ts';

const portsOf = ({ keyhouse }: House, issuer = ISSUER) => ({ keys: keyhouse.signingKeys.ring, issuer });

async function open() {
  const house = await openHouse();
  const user = await house.user();
  const application = await newApplication(house, user.accountId);
  const opened = await signIn(house, user);
  const { id, jwt } = await openSession(house, { user, application, opened, scope: 'openid' });
  const session = await house.store.sessions.findSession(id);
  if (session === null) throw new Error('There is no session.');
  const issue = (wish: Partial<Parameters<typeof issueIdToken>[1]> = {}) =>
    issueIdToken(portsOf(house), {
      ...{ session, clientId: application.clientId, algorithm: 'ES256', nonce: null, userInfo: null, atMs: house.clock.now() },
      ...wish,
    });
  return { house, user, application, session, jwt, issue };
}

describe('an ID token', () => {
  it('says who signed in, when and to which application, for ten minutes', async () => {
    const { house, user, application, session, issue } = await open();
    house.clock.atMs += 5999;
    const iat = Math.floor(house.clock.now() / 1000);
    expect(claimsOf(issue({ nonce: 'of the request' }))).toEqual({
      ...{ iss: ISSUER, sub: `user:${user.id}`, aud: application.clientId, sid: session.id, iat, exp: iat + 600 },
      ...{ auth_time: Math.floor(session.signedInAtMs / 1000), nonce: 'of the request' },
    });
  });

  it('has no nonce at a refresh, and never lets what is known of the user stand for who it is', async () => {
    const { user, issue } = await open();
    const userInfo = { sub: 'user:1', iss: 'https://evil.example', email: 'ada@example.com' };
    const claims = claimsOf(issue({ userInfo: userInfo as never }));
    expect(claims).toMatchObject({ sub: `user:${user.id}`, iss: ISSUER, email: 'ada@example.com' });
    expect(claims).not.toHaveProperty('nonce');
  });
});

describe('the hint', () => {
  it('tells who it was about, however long ago, to the issuer that issued it', async () => {
    const { house, user, application, session, issue } = await open();
    const text = issue();
    house.clock.atMs += 365 * DAY_MS;
    const about = { userId: user.id, clientId: application.clientId, sessionId: session.id };
    expect(readIdTokenHint(portsOf(house), text)).toEqual(about);
    expect(readIdTokenHint(portsOf(house, 'https://elsewhere.example.com'), text)).toBeNull();
  });

  it('is no access token of ours, and no claims of another shape', async () => {
    const { house, jwt, session } = await open();
    expect(readIdTokenHint(portsOf(house), jwt)).toBeNull();
    const { current } = house.keyhouse.signingKeys.ring();
    const good = { iss: ISSUER, sub: 'user:7', aud: 'app_x', sid: session.id };
    const hint = (claims: unknown, typ = 'JWT') => readIdTokenHint(portsOf(house), signJws(current, typ, JSON.stringify(claims)));
    expect(hint(good)).toEqual({ userId: 7, clientId: 'app_x', sessionId: session.id });
    const wrong = [{ sub: 'user:0' }, { sub: 'user:7 ' }, { sub: 'account:7' }, { sub: 7 }, { aud: ['app_x'] }, { sid: 1 }];
    for (const change of wrong) expect(hint({ ...good, ...change }), JSON.stringify(change)).toBeNull();
    expect([hint([good]), hint(null), hint(good, 'at+jwt'), hint(good, 'jwt')]).toEqual([null, null, null, null]);
  });
});
