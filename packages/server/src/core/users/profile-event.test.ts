import { describe, expect, it } from 'vitest';
import { ISSUER, openHouse, SECRET } from '../../../test/house.ts';
import { asUser, userNow } from '../../../test/house-things.ts';
import { createCompose, openBody } from '../mail/compose.ts';
import { factorMail, issueLink, profileEvent } from './profile-event.ts';
import { hashTicket, type TicketPurpose } from './ticket.ts';

async function open() {
  const house = await openHouse();
  const user = await house.user();
  return { house, by: asUser(user), user: await userNow(house, user) };
}

describe('a link', () => {
  it('replaces the older one of the same purpose and user, and no other', async () => {
    const { house, by, user } = await open();
    const other = await userNow(house, await house.user());
    const issue = async (purpose: TicketPurpose, of = user) => {
      const texts: string[] = [];
      const link = { purpose, lastsMs: 1000, data: {} };
      const issued = await issueLink({ tickets: house.store.tickets, clock: house.clock }, of, link, (ticket, nowMs) => {
        texts.push(ticket);
        return profileEvent(by, nowMs, 'user.password_reset_asked', of);
      });
      expect(issued).toBe(true);
      return { purpose, hash: hashTicket(texts[0] ?? '') };
    };
    const older = await issue('reset-password');
    const [verifies, foreign] = [await issue('verify-email'), await issue('reset-password', other)];
    const newest = await issue('reset-password');
    const find = async ({ purpose, hash }: typeof older) =>
      (await house.store.tickets.findTicket(purpose, hash, house.clock.now()))?.userId ?? null;
    expect(await Promise.all([older, verifies, foreign, newest].map(find))).toEqual([null, user.id, other.id, user.id]);
    house.clock.atMs += 1000;
    expect(await find(newest)).toBeNull();
  });
});

describe('the event of one’s own user', () => {
  it('is about the user and the personal account, whoever did it', async () => {
    const { by, user } = await open();
    expect(profileEvent(by, 5, 'user.renamed', user, { details: { name: 'Ada' } })).toMatchObject({
      ...{ event: 'user.renamed', atMs: 5, userId: user.id, accountId: user.accountId, details: { name: 'Ada' } },
    });
  });

  it('has a mail that says which factor changed, when and from where', async () => {
    const { house, by, user } = await open();
    const branding = () => ({ name: 'Keyhouse', accent: '#3451b2' });
    const compose = createCompose({ secret: SECRET, clock: house.clock, branding, url: ISSUER });
    const { mails = [] } = factorMail({ compose }, by, house.clock.now(), user, { what: 'passkey-added', name: 'key ring' });
    expect(mails).toMatchObject([{ kind: 'factor-changed', recipient: user.email, userId: user.id }]);
    const [mail] = mails;
    const body = mail === undefined ? null : openBody([SECRET], mail);
    const text = body?.ok === true ? body.value.text : '';
    for (const fact of ['key ring', '203.0.113.7', 'Firefox 140']) expect(text).toContain(fact);
  });
});
