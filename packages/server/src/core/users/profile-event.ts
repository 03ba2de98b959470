/**
 * What the verbs on one's own user share: the event that says what was done, the mail that notifies, the link that a mail
 * carries.
 */
import { type By, type EventDraft, type EventFacts, type EventName, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { Compose, Recipient } from '../mail/compose.ts';
import type { Facts } from '../mail/letters.ts';
import type { User } from './account.ts';
import { circumstancesOf } from './circumstances.ts';
import { makeTicketText, type TicketPurpose, type TicketsStore } from './ticket.ts';

/** An event about the user and the personal account. */
export const profileEvent = (by: By, atMs: number, event: EventName, user: User, facts: EventFacts = {}): EventDraft =>
  happened(by, atMs, event, { userId: user.id, accountId: user.accountId, ...facts });

export const recipientOf = ({ email, id }: User): Recipient => ({ email, userId: id });

/** The mail that says how the security of a user changed. `name`: of the passkey or the provider. */
export const factorMail = (
  { compose }: { readonly compose: Compose },
  by: By,
  atMs: number,
  user: User,
  { what, name }: Pick<Facts['factor-changed'], 'what'> & { readonly name?: string | undefined },
): Pick<EventFacts, 'mails'> => ({
  mails: [
    compose('factor-changed', recipientOf(user), {
      what,
      ...(name === undefined ? {} : { name }),
      ...circumstancesOf(by, atMs),
    }),
  ],
});

/**
 * Stores a ticket together with the event whose mail carries it. An older ticket of the same purpose ends. False: the mailbox has
 * received its maximum of these mails; nothing was changed, and the older ticket stays valid.
 */
export async function issueLink(
  { tickets, clock }: { readonly tickets: Pick<TicketsStore, 'issueTicket'>; readonly clock: Clock },
  user: User,
  link: { readonly purpose: TicketPurpose; readonly lastsMs: number; readonly data: Record<string, unknown> },
  event: (ticket: string, nowMs: number) => EventDraft,
): Promise<boolean> {
  const { text, hash } = makeTicketText();
  const nowMs = clock.now();
  const { purpose, lastsMs, data } = link;
  const ticket = { hash, purpose, userId: user.id, data, createdAtMs: nowMs, endsAtMs: nowMs + lastsMs };
  return await tickets.issueTicket({ ticket, replace: true, event: event(text, nowMs) });
}
