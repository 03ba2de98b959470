/** The password of one's own user: changing it while signed in, and setting a new one with a link that came by mail. */
import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import { HOUR_MS } from '../lib/clock.ts';
import { readEmail } from '../lib/email.ts';
import type { Claim } from '../passwords/fair-queue.ts';
import { findPasswordFault, type PasswordFault } from '../passwords/password.ts';
import type { User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import { issueLink, profileEvent, recipientOf } from '../users/profile-event.ts';
import { hashTicket, makeTicketText } from '../users/ticket.ts';
import type { Ending } from './ending.ts';
import type { PasswordsStore, SignInsPorts } from './ports.ts';

export type ChangePasswordPorts = Pick<
  SignInsPorts,
  'accounts' | 'profile' | 'tickets' | 'passwords' | 'compose' | 'clock' | 'url'
>;

const RESET_LASTS_MS = HOUR_MS;

/** Every other sign-in ends; `secret` is the new one of the sign-in that stays. */
export async function changePassword(
  ports: ChangePasswordPorts,
  user: User,
  signInId: number,
  password: string,
  by: By,
): Promise<Outcome<{ secret: string }, 'busy' | 'gone' | PasswordFault>> {
  const hashed = await hashNew(ports, user, password);
  if (!hashed.ok) return hashed;
  const { text, hash } = makeTicketText();
  const keep = { id: signInId, hash };
  const changed = await setPassword(ports, user.id, { passwordHash: hashed.value, keep, ticket: null, proves: false }, by);
  return changed ? ok({ secret: text }) : no('gone');
}

/** Mails the link. The client does not learn whether a mail was sent. */
export async function askForReset(ports: ChangePasswordPorts, user: User, by: By): Promise<void> {
  const data = { emailKey: readEmail(user.email)?.key ?? '' };
  await issueLink(ports, user, { purpose: 'reset-password', lastsMs: RESET_LASTS_MS, data }, (ticket, nowMs) =>
    profileEvent(by, nowMs, 'user.password_reset_asked', user, {
      mails: [ports.compose('reset-password', recipientOf(user), { link: `${ports.url}/reset#${ticket}` })],
    }),
  );
}

/** The user of a reset link that still works. */
export async function findReset(
  { tickets, accounts, clock }: Pick<ChangePasswordPorts, 'tickets' | 'accounts' | 'clock'>,
  ticket: string,
): Promise<User | null> {
  const found = await tickets.findTicket('reset-password', hashTicket(ticket), clock.now());
  const user = found === null || found.userId === null ? null : await accounts.findUser(found.userId);
  return user === null || user.disabledAtMs !== null || readEmail(user.email)?.key !== found?.data.emailKey ? null : user;
}

export async function resetWithTicket(
  ports: ChangePasswordPorts,
  ticket: string,
  password: string,
  by: By,
): Promise<Outcome<User, 'busy' | 'gone' | PasswordFault>> {
  const user = await findReset(ports, ticket);
  if (user === null) return no('gone');
  const hashed = await hashNew(ports, user, password);
  if (!hashed.ok) return hashed;
  const used = { purpose: 'reset-password', hash: hashTicket(ticket) } as const;
  const theirs = { ...by, actor: `user:${user.id}`, authority: IN_THE_ACT } as const;
  const done = await setPassword(ports, user.id, { passwordHash: hashed.value, keep: null, ticket: used, proves: true }, theirs);
  return done ? ok(user) : no('gone');
}

/** What setting a password with a link would end; the page shows it before. */
export const readReset = async (
  { profile, clock }: Pick<ChangePasswordPorts, 'profile' | 'clock'>,
  user: User,
): Promise<{ readonly isFirstProof: boolean; readonly ending: Ending }> => {
  const isFirstProof = user.emailVerifiedAtMs === null;
  return { isFirstProof, ending: await profile.readEnding({ userId: user.id, all: isFirstProof, nowMs: clock.now() }) };
};

/** How often what would end may change between reading and ending it; after that it is ended without comparing. */
const MAX_READINGS = 3;

/**
 * Sets the password. The mail lists what ends and is composed before the act, so the act does nothing (`changed`) if something
 * else would end by then; then it is read and composed again. False: the user, the ticket or the sign-in has ended.
 */
async function setPassword(
  ports: ChangePasswordPorts,
  userId: number,
  how: Pick<Parameters<PasswordsStore['changePassword']>[0], 'passwordHash' | 'keep' | 'ticket' | 'proves'>,
  by: By,
): Promise<boolean> {
  const { accounts, profile, compose, clock } = ports;
  for (let reading = 1; ; reading++) {
    // The address may have been verified in between: then less ends.
    const user = await accounts.findUser(userId);
    if (user === null) return false;
    const nowMs = clock.now();
    const isFirstProof = how.proves && user.emailVerifiedAtMs === null;
    const ended = { ...(await profile.readEnding({ userId, all: isFirstProof, nowMs })), isFirstProof };
    const facts = { ...circumstancesOf(by, nowMs), ended };
    const outcome = await profile.changePassword({
      userId,
      ...how,
      expects: reading > MAX_READINGS ? null : ended,
      nowMs,
      event: profileEvent(by, nowMs, 'user.password_changed', user, {
        ...(how.ticket === null ? {} : { details: { through: 'reset' } }),
        mails: [compose('password-changed', recipientOf(user), facts)],
      }),
    });
    if (outcome !== 'changed') return outcome === 'done';
  }
}

async function hashNew(
  { passwords }: Pick<ChangePasswordPorts, 'passwords'>,
  user: User,
  password: string,
): Promise<Outcome<string, 'busy' | PasswordFault>> {
  const names = [user.displayName, user.firstName, user.lastName];
  // Signed in, or with a link that came by mail.
  const claim: Claim = { isKnown: true, networks: [], person: `user:${user.id}` };
  const fault = await findPasswordFault(passwords, password, { email: user.email, names }, claim);
  return fault === null ? await passwords.hashPassword(password, claim) : no(fault);
}
