import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { mintFrom } from '../../../test/house-things.ts';

const READ = ['invoices.read'];

it('lists the JWTs of one key, the newest first, page by page', async () => {
  const house = await openHouse();
  const { jwts } = house.keyhouse;
  const { accountId } = await house.user();
  const [key, other] = [await house.key(accountId), await house.key(accountId)];
  const minted: string[] = [];
  for (const _nth of [1, 2, 3]) {
    house.clock.atMs += 1000;
    minted.unshift((await mintFrom(house, key.text)).jti);
  }
  await mintFrom(house, other.text);
  const first = await jwts.list({ keyId: key.id, limit: 2 });
  expect(first.map(({ jti }) => jti)).toEqual(minted.slice(0, 2));
  const last = first.at(-1);
  if (last === undefined) throw new Error('The page is empty.');
  expect((await jwts.list({ keyId: key.id, before: last })).map(({ jti }) => jti)).toEqual(minted.slice(2));
});

it('leaves out what has expired or was revoked, unless it is asked for', async () => {
  const house = await openHouse();
  const { jwts } = house.keyhouse;
  const { accountId } = await house.user();
  const key = await house.key(accountId);
  const short = await mintFrom(house, key.text, { permissions: READ, expiresAtMs: house.clock.now() + 2000 });
  const revoked = await mintFrom(house, key.text);
  const live = await mintFrom(house, key.text);
  await jwts.revoke({ jti: revoked.jti, by: OPERATOR });
  house.clock.atMs += 1999;
  expect((await jwts.list({ keyId: key.id })).map(({ jti }) => jti).sort()).toEqual([short.jti, live.jti].sort());
  house.clock.atMs += 1;
  expect((await jwts.list({ keyId: key.id })).map(({ jti }) => jti)).toEqual([live.jti]);
  expect(await jwts.list({ keyId: key.id, withEnded: true })).toHaveLength(3);
});

it('finds them by their whole subject or its beginning', async () => {
  const house = await openHouse();
  const { jwts } = house.keyhouse;
  const key = await house.key((await house.user()).accountId);
  for (const subject of ['customer-1', 'customer-2', 'guest']) await mintFrom(house, key.text, { permissions: READ, subject });
  const subjects = async (filter: { subject?: string; subjectBegins?: string }) =>
    (await jwts.list({ keyId: key.id, ...filter })).map(({ subject }) => subject).sort();
  expect(await subjects({ subject: 'customer' })).toEqual([]);
  expect(await subjects({ subject: 'customer-2' })).toEqual(['customer-2']);
  expect(await subjects({ subjectBegins: 'customer' })).toEqual(['customer-1', 'customer-2']);
  expect(await subjects({ subjectBegins: '%' })).toEqual([]);
});
