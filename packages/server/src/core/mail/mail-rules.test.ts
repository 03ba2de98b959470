import { expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { mailsOf, userNow } from '../../../test/house-things.ts';
import { DAY_MS } from '../lib/clock.ts';
import { MAIL_KINDS } from './mail.ts';
import { ruleFor } from './mail-rules.ts';

it('sends to an address that was never verified only what verifies it, sets a password or invites, and a test', () => {
  expect(MAIL_KINDS.filter((kind) => ruleFor(kind, false) !== 'never')).toEqual([
    ...['verify-email', 'new-email', 'reset-password', 'invitation', 'test'],
  ]);
  expect(MAIL_KINDS.filter((kind) => ruleFor(kind, true) === 'never')).toEqual([]);
});

it('sends no notice to an address that was never verified, and says so on record', async () => {
  const house = await openHouse();
  const user = await house.user(undefined, { isVerified: false });
  await house.key(user.accountId);
  expect(await mailsOf(house)).toEqual([]);
  const [dropped] = await house.store.audit.list({ event: 'mail.dropped', limit: 1 });
  expect(dropped).toMatchObject({ event: 'mail.dropped', userId: user.id });
});

it('sends a mailbox a hundred notices of a kind in a day, and the next ones a day after the first', async () => {
  const house = await openHouse();
  const user = await userNow(house, await house.user());
  const write = () => house.keyhouse.administration.sendTestMail(user, OPERATOR);
  for (let nth = 1; nth <= 101; nth++) await write();
  expect(await mailsOf(house)).toHaveLength(100);
  house.clock.atMs += DAY_MS - 1;
  await write();
  expect(await mailsOf(house)).toHaveLength(100);
  house.clock.atMs += 1;
  await write();
  expect(await mailsOf(house)).toHaveLength(101);
});
