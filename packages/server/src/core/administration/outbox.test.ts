import { expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { asUser, userNow } from '../../../test/house-things.ts';

it('shows an administrator the body of a mail that is kept, and puts on record who has read it', async () => {
  const house = await openHouse();
  const { administration } = house.keyhouse;
  const reader = await userNow(house, await house.user());
  await administration.sendTestMail(reader, asUser(reader));
  const [listed] = await administration.listMails({ limit: 10 });
  const mail = await administration.findMail(listed?.id ?? 0);
  if (mail === null) throw new Error('There is no mail.');
  expect((await administration.readMail(mail, reader, asUser(reader)))?.text).toContain('This server can send mail.');
  const [event] = await house.store.audit.list({ event: 'mail.read', limit: 1 });
  expect(event).toMatchObject({ actor: `user:${reader.id}`, userId: reader.id });
  expect(JSON.parse(event?.details ?? '')).toEqual({ mail: mail.id, kind: 'test' });
});

it('shows nothing, and records nothing, of a mail whose body is gone or was sealed for somebody else', async () => {
  const house = await openHouse();
  const { administration } = house.keyhouse;
  const reader = await userNow(house, await house.user());
  await administration.sendTestMail(reader, asUser(reader));
  const [listed] = await administration.listMails({ limit: 10 });
  const mail = await administration.findMail(listed?.id ?? 0);
  if (mail === null) throw new Error('There is no mail.');
  expect(await administration.readMail({ ...mail, recipient: 'other@example.com' }, reader, asUser(reader))).toBeNull();
  await house.store.mails.noteMailSent({ id: mail.id, nowMs: house.clock.now() });
  const sent = await administration.findMail(mail.id);
  expect(sent !== null && (await administration.readMail(sent, reader, asUser(reader)))).toBeNull();
  expect(await administration.retryMail(mail.id, asUser(reader))).toBe(false);
  expect((await house.events()).includes('mail.read')).toBe(false);
});
