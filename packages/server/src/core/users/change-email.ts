/** The address of one's own user: verifying it with a link, and changing it. */
import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import { DAY_MS } from '../lib/clock.ts';
import { readEmail } from '../lib/email.ts';
import type { User } from './account.ts';
import { circumstancesOf } from './circumstances.ts';
import type { UsersPorts } from './ports.ts';
import { issueLink, profileEvent, recipientOf } from './profile-event.ts';
import { hashTicket } from './ticket.ts';

export type ChangeEmailPorts = Pick<UsersPorts, 'accounts' | 'profile' | 'tickets' | 'compose' | 'clock' | 'url'>;

const VERIFY_LASTS_MS = 3 * DAY_MS;
const NEW_EMAIL_LASTS_MS = DAY_MS;

/**
 * Mails the link that verifies the stored address; an older link ends. False: the mailbox has received its maximum of these
 * mails, and the older link stays valid.
 */
export async function sendVerification(ports: ChangeEmailPorts, user: User, by: By): Promise<boolean> {
  if (user.emailVerifiedAtMs !== null) return true;
  const data = { emailKey: readEmail(user.email)?.key ?? '' };
  return await issueLink(ports, user, { purpose: 'verify-email', lastsMs: VERIFY_LASTS_MS, data }, (ticket, nowMs) =>
    profileEvent(by, nowMs, 'user.email_verification_sent', user, {
      mails: [ports.compose('verify-email', recipientOf(user), { link: `${ports.url}/verify-email#${ticket}` })],
    }),
  );
}

/** Ends nothing: the user has signed in with the current password before following the link. */
export const verifyEmail = (ports: ChangeEmailPorts, user: User, ticket: string, by: By): Promise<User | null> => {
  const nowMs = ports.clock.now();
  const event = profileEvent(by, nowMs, 'user.email_verified', user);
  return ports.profile.verifyEmail({ userId: user.id, ticketHash: hashTicket(ticket), nowMs, event });
};

/**
 * A link goes to the new address, a notice to the old one. The answer does not reveal whether the new one is taken: in that case
 * its owner gets no mail.
 */
export async function askForEmail(
  ports: ChangeEmailPorts,
  user: User,
  typed: string,
  by: By,
): Promise<Outcome<null, 'invalid_email' | 'too_many'>> {
  const { compose, url } = ports;
  const email = readEmail(typed);
  if (email === null) return no('invalid_email');
  const owner = await ports.accounts.findUserByEmail(email.key);
  const isTaken = owner !== null && owner.id !== user.id;
  const data = { email: email.email, emailKey: email.key };
  const sent = await issueLink(ports, user, { purpose: 'new-email', lastsMs: NEW_EMAIL_LASTS_MS, data }, (ticket, nowMs) =>
    profileEvent(by, nowMs, 'user.email_change_asked', user, {
      mails: [
        compose('email-changed', recipientOf(user), { email: email.email, done: false, ...circumstancesOf(by, nowMs) }),
        ...(isTaken
          ? []
          : [compose('new-email', { email: email.email, userId: user.id }, { link: `${url}/new-email#${ticket}` })]),
      ],
    }),
  );
  return sent ? ok(null) : no('too_many');
}

export async function confirmEmail(
  ports: ChangeEmailPorts,
  user: User,
  ticket: string,
  by: By,
): Promise<Outcome<User, 'gone' | 'taken'>> {
  const { compose, clock, profile } = ports;
  const nowMs = clock.now();
  const pending = (await profile.pendingEmail(user.id, nowMs)) ?? '';
  const changed = await profile.changeEmail({
    userId: user.id,
    ticketHash: hashTicket(ticket),
    nowMs,
    event: profileEvent(by, nowMs, 'user.email_changed', user, {
      mails: [compose('email-changed', recipientOf(user), { email: pending, done: true, ...circumstancesOf(by, nowMs) })],
    }),
  });
  return typeof changed === 'string' ? no(changed) : ok(changed);
}
