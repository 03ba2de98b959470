import { describe, expect, it } from 'vitest';
import { openHouse } from '../../../test/house.ts';
import { fateOfLink, hashTicket, makeTicketText } from './ticket.ts';

async function withTicket(lastsMs = 1000) {
  const house = await openHouse();
  const user = await house.user();
  const { tickets } = house.store;
  const { text, hash } = makeTicketText();
  const ticket = { hash, purpose: 'reset-password', userId: user.id, data: { a: 1 }, createdAtMs: house.clock.now() } as const;
  const issue = (rest: object = {}) =>
    tickets.issueTicket({ ticket: { ...ticket, endsAtMs: house.clock.now() + lastsMs, ...rest }, replace: true, event: null });
  await issue();
  const redeem = () => tickets.redeemTicket({ purpose: 'reset-password', hash, nowMs: house.clock.now() });
  return { house, tickets, text, hash, issue, redeem };
}

describe('a ticket', () => {
  it('is 256 bits of chance, and its hash is all that is stored', () => {
    const [one, other] = [makeTicketText(), makeTicketText()];
    expect(one.text).toMatch(/^[\w-]{43}$/);
    expect(one.text).not.toBe(other.text);
    expect(one.hash).toBe(hashTicket(one.text));
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is used up by one of many at once', async () => {
    const { redeem } = await withTicket();
    const redeemed = await Promise.all([redeem(), redeem(), redeem()]);
    expect(redeemed.map((ticket) => ticket?.data ?? null)).toEqual([{ a: 1 }, null, null]);
  });

  it('is good for its own purpose alone, until its end and not from then on', async () => {
    const { house, tickets, hash } = await withTicket(1000);
    expect(await tickets.findTicket('verify-email', hash, house.clock.now())).toBeNull();
    expect(await tickets.findTicket('reset-password', hash, house.clock.now() + 999)).toMatchObject({ data: { a: 1 } });
    expect(await tickets.findTicket('reset-password', hash, house.clock.now() + 1000)).toBeNull();
    expect(await tickets.redeemTicket({ purpose: 'verify-email', hash, nowMs: house.clock.now() })).toBeNull();
  });

  it('ends with a newer one of the same user and purpose', async () => {
    const { issue, redeem } = await withTicket();
    await issue({ hash: makeTicketText().hash });
    expect(await redeem()).toBeNull();
  });

  it('that was sealed can be used once, and again only after it would have ended anyway', async () => {
    const { store, clock } = await openHouse();
    const { hash } = makeTicketText();
    const useOnce = () => store.tickets.useOnce({ purpose: 'passkey', hash, nowMs: clock.now(), endsAtMs: clock.now() + 1000 });
    expect(await Promise.all([useOnce(), useOnce()])).toEqual([true, false]);
  });
});

describe('why a link did nothing', () => {
  it('is told to whoever has the link: it was another user’s, or it is over', async () => {
    const { house, text } = await withTicket(1000);
    const fate = (ticket: string) => fateOfLink({ ...house.store, clock: house.clock }, 'reset-password', ticket);
    expect(await fate(text)).toBe('other_user');
    expect(await fate('nothing')).toBe('over');
    house.clock.atMs += 1000;
    expect(await fate(text)).toBe('over');
  });
});
