import { expect, it } from 'vitest';
import { ISSUER, OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication, openSession, signIn } from '../../../test/house-sessions.ts';
import { mintFrom } from '../../../test/house-things.ts';

it('shows what a JWT says, and tells its own account alone whether it is valid', async () => {
  const house = await openHouse();
  const { jwts } = house.keyhouse;
  const [mine, other] = [await house.user(), await house.user()];
  const key = await house.key(mine.accountId);
  const wish = { permissions: ['invoices.read'], expiresAtMs: house.clock.now() + 60_000 };
  const jwt = await mintFrom(house, key.text, wish);
  const stateFor = async (accountId: number) => (await jwts.decode({ text: jwt.text, accountId }))?.state;
  expect(await jwts.decode({ text: jwt.text, accountId: mine.accountId })).toMatchObject({
    header: { typ: 'at+jwt', alg: 'ES256' },
    claims: { iss: ISSUER, jti: jwt.jti, account: mine.accountId, permissions: ['invoices.read'] },
    state: 'valid',
  });
  expect(await stateFor(other.accountId)).toBe('foreign');
  house.clock.atMs += 60_000;
  expect(await stateFor(mine.accountId)).toBe('expired');
  expect(await stateFor(other.accountId)).toBe('foreign');
  house.clock.atMs -= 60_000;
  await jwts.revoke({ jti: jwt.jti, by: OPERATOR });
  expect(await stateFor(other.accountId)).toBe('foreign');
});

it('says revoked of what was revoked, forged of what was changed, and nothing of what is not a JWT', async () => {
  const house = await openHouse();
  const { jwts } = house.keyhouse;
  const { accountId } = await house.user();
  const jwt = await mintFrom(house, (await house.key(accountId)).text);
  const [header, , signature] = jwt.text.split('.');
  const claims = Buffer.from(JSON.stringify({ iss: ISSUER, account: accountId })).toString('base64url');
  expect((await jwts.decode({ text: `${header}.${claims}.${signature}`, accountId }))?.state).toBe('forged');
  await jwts.revoke({ jti: jwt.jti, by: OPERATOR });
  expect((await jwts.decode({ text: jwt.text, accountId }))?.state).toBe('revoked');
  expect(await jwts.decode({ text: 'kh_live_something', accountId })).toBeNull();
  expect(await jwts.decode({ text: 'a.b.c', accountId })).toBeNull();
});

it('calls the JWT of a session foreign, whosever account it is of: it was not minted from a key', async () => {
  const house = await openHouse();
  const user = await house.user();
  const application = await newApplication(house, user.accountId);
  const { jwt } = await openSession(house, { user, opened: await signIn(house, user), application });
  expect((await house.keyhouse.jwts.decode({ text: jwt, accountId: user.accountId }))?.state).toBe('foreign');
});

it('counts no use of the key', async () => {
  const house = await openHouse();
  const { accountId } = await house.user();
  const key = await house.key(accountId);
  const jwt = await mintFrom(house, key.text);
  await house.keyhouse.flush();
  const before = (await house.keyhouse.credentials.get('key', key.id))?.use.requests;
  await house.keyhouse.jwts.decode({ text: jwt.text, accountId });
  await house.keyhouse.flush();
  expect((await house.keyhouse.credentials.get('key', key.id))?.use.requests).toBe(before);
});
