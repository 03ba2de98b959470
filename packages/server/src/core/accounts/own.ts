/** What somebody who is signed in does with their own user: names, address, password, factors, and the end of it all. */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By, EventDraft } from '../audit/event.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Compose } from '../mail/compose.ts';
import type { AccountsStore, User } from './account.ts';
import { circumstancesOf } from './circumstances.ts';
import { hashRecoveryCode, makeRecoveryCodes, makeTotpSecret, stepOf, totpUri } from './codes.ts';
import { readEmail } from './email.ts';
import type { FactorsStore } from './factor.ts';
import type { Claim } from './fair-queue.ts';
import { checkNewPasskey, type PasskeyPorts } from './passkeys.ts';
import { findPasswordFault, type PasswordFault } from './password.ts';
import type { PasswordHashing } from './password-hashing.ts';
import type { ProfileStore } from './profile.ts';
import type { SignInsStore } from './sign-in.ts';
import { hashTicket, makeTicketText, type TicketPurpose, type TicketsStore } from './ticket.ts';

export interface OwnPorts extends PasskeyPorts {
  readonly accounts: AccountsStore;
  readonly profile: ProfileStore;
  readonly factors: FactorsStore;
  readonly signIns: SignInsStore;
  readonly tickets: TicketsStore;
  readonly passwords: PasswordHashing;
  readonly compose: Compose;
  readonly clock: Clock;
  /** The one that the database stands under: what is sealed with another, nobody opens after a restart. Rejects when it is none of ours. */
  readonly standingSecret: () => Promise<MasterSecret>;
  readonly secrets: readonly MasterSecret[];
}

const VERIFY_LASTS_MS = 3 * DAY_MS;
const NEW_EMAIL_LASTS_MS = DAY_MS;
const RESET_LASTS_MS = HOUR_MS;

export type OwnVerbs = ReturnType<typeof ownVerbs>;

export function ownVerbs(ports: OwnPorts) {
  const { profile, factors, compose, clock, url } = ports;

  const eventOf = (name: EventDraft['event'], user: User, by: By, more: Partial<EventDraft> = {}): EventDraft => ({
    event: name,
    atMs: clock.now(),
    by,
    userId: user.id,
    accountId: user.accountId,
    ...more,
  });
  const told = (
    user: User,
    by: By,
    what: Parameters<typeof compose<'factor-changed'>>[2]['what'],
    name?: string,
  ): Partial<EventDraft> => ({
    mails: [
      compose('factor-changed', recipientOf(user), {
        what,
        ...(name === undefined ? {} : { name }),
        ...circumstancesOf(by, clock.now()),
      }),
    ],
  });

  async function issueLink(
    user: User,
    purpose: TicketPurpose,
    lastsMs: number,
    data: Record<string, unknown>,
    event: (ticket: string) => EventDraft,
  ) {
    const { text, hash } = makeTicketText();
    const nowMs = clock.now();
    const ticket = { hash, purpose, userId: user.id, data, createdAtMs: nowMs, endsAtMs: nowMs + lastsMs };
    await ports.tickets.issueTicket({ ticket, replace: true, event: event(text) });
  }

  async function hashNew(user: User, password: string): Promise<Outcome<string, 'busy' | PasswordFault>> {
    // Signed in, or with a link that came by mail.
    const claim: Claim = { isKnown: true, networks: [], person: `user:${user.id}` };
    const fault = await findPasswordFault(
      ports.passwords,
      password,
      {
        email: user.email,
        names: [user.displayName, user.firstName, user.lastName],
      },
      claim,
    );
    return fault === null ? await ports.passwords.hashPassword(password, claim) : no(fault);
  }

  return {
    /** The link that proves the stored address. An older one ends. */
    async sendVerification(user: User, by: By): Promise<void> {
      if (user.emailVerifiedAtMs !== null) return;
      await issueLink(user, 'verify-email', VERIFY_LASTS_MS, { emailKey: readEmail(user.email)?.key ?? '' }, (ticket) =>
        eventOf('user.email_verification_sent', user, by, {
          mails: [compose('verify-email', recipientOf(user), { link: `${url}/verify-email#${ticket}` })],
        }),
      );
    },

    /** Ends nothing: whoever follows the link has signed in with the password that stands. */
    verifyEmail: (user: User, ticket: string, by: By): Promise<User | null> =>
      profile.verifyEmail({
        userId: user.id,
        ticketHash: hashTicket(ticket),
        nowMs: clock.now(),
        event: eventOf('user.email_verified', user, by),
      }),

    renameUser: (user: User, names: { displayName: string; firstName: string; lastName: string }, by: By): Promise<boolean> =>
      profile.renameUser({ userId: user.id, ...names, nowMs: clock.now(), event: eventOf('user.renamed', user, by) }),

    pendingEmail: (user: User): Promise<string | null> => profile.pendingEmail(user.id, clock.now()),

    /** A link goes to the new address, a notice to the old one. Whether the new one is taken is not said: then its owner is told nothing. */
    async askForEmail(user: User, typed: string, by: By): Promise<Outcome<null, 'invalid-email'>> {
      const email = readEmail(typed);
      if (email === null) return no('invalid-email');
      const owner = await ports.accounts.findUserByEmail(email.key);
      const isTaken = owner !== null && owner.id !== user.id;
      await issueLink(user, 'new-email', NEW_EMAIL_LASTS_MS, { email: email.email, emailKey: email.key }, (ticket) =>
        eventOf('user.email_change_asked', user, by, {
          mails: [
            compose('email-changed', recipientOf(user), { email: email.email, done: false, ...circumstancesOf(by, clock.now()) }),
            ...(isTaken
              ? []
              : [compose('new-email', { email: email.email, userId: user.id }, { link: `${url}/new-email#${ticket}` })]),
          ],
        }),
      );
      return ok(null);
    },

    async confirmEmail(user: User, ticket: string, by: By): Promise<Outcome<User, 'gone' | 'taken'>> {
      const pending = (await profile.pendingEmail(user.id, clock.now())) ?? '';
      const changed = await profile.changeEmail({
        userId: user.id,
        ticketHash: hashTicket(ticket),
        nowMs: clock.now(),
        event: eventOf('user.email_changed', user, by, {
          mails: [
            compose('email-changed', recipientOf(user), { email: pending, done: true, ...circumstancesOf(by, clock.now()) }),
          ],
        }),
      });
      return typeof changed === 'string' ? no(changed) : ok(changed);
    },

    /** Every other sign-in ends; `secret` is the new one of the sign-in that stays. */
    async changePassword(
      user: User,
      signInId: number,
      password: string,
      by: By,
    ): Promise<Outcome<{ secret: string }, 'busy' | 'gone' | PasswordFault>> {
      const hashed = await hashNew(user, password);
      if (!hashed.ok) return hashed;
      const { text, hash } = makeTicketText();
      const nowMs = clock.now();
      const changed = await profile.changePassword({
        userId: user.id,
        passwordHash: hashed.value,
        keep: { id: signInId, hash },
        ticket: null,
        proves: false,
        nowMs,
        event: eventOf('user.password_changed', user, by, {
          mails: [compose('password-changed', recipientOf(user), circumstancesOf(by, nowMs))],
        }),
      });
      return changed ? ok({ secret: text }) : no('gone');
    },

    /** Sends the link; a disabled user gets none. Whoever asks learns nothing. */
    async askForReset(user: User, by: By): Promise<void> {
      await issueLink(user, 'reset-password', RESET_LASTS_MS, { emailKey: readEmail(user.email)?.key ?? '' }, (ticket) =>
        eventOf('user.password_reset_asked', user, by, {
          mails: [compose('reset-password', recipientOf(user), { link: `${url}/reset#${ticket}` })],
        }),
      );
    },

    /** The user of a reset link that still works. */
    async findReset(ticket: string): Promise<User | null> {
      const found = await ports.tickets.findTicket('reset-password', hashTicket(ticket), clock.now());
      const user = found === null || found.userId === null ? null : await ports.accounts.findUser(found.userId);
      return user === null || user.disabledAtMs !== null || readEmail(user.email)?.key !== found?.data.emailKey ? null : user;
    },

    async resetWithTicket(ticket: string, password: string, by: By): Promise<Outcome<User, 'busy' | 'gone' | PasswordFault>> {
      const user = await this.findReset(ticket);
      if (user === null) return no('gone');
      const hashed = await hashNew(user, password);
      if (!hashed.ok) return hashed;
      const nowMs = clock.now();
      const done = await profile.changePassword({
        userId: user.id,
        passwordHash: hashed.value,
        keep: null,
        ticket: { purpose: 'reset-password', hash: hashTicket(ticket) },
        proves: true,
        nowMs,
        event: eventOf(
          'user.password_changed',
          user,
          { ...by, actor: `user:${user.id}` },
          {
            details: { through: 'reset' },
            mails: [compose('password-changed', recipientOf(user), circumstancesOf(by, nowMs))],
          },
        ),
      });
      return done ? ok(user) : no('gone');
    },

    async addPasskey(user: User, signInId: number, name: string, response: unknown, by: By) {
      const passkey = await checkNewPasskey(ports, user, name, response);
      if (passkey === null) return null;
      const event = eventOf('user.passkey_added', user, by, told(user, by, 'passkey-added', name));
      return (await factors.addPasskey({ signInId, passkey, event })) ? passkey : null;
    },
    renamePasskey: (user: User, id: string, name: string, by: By): Promise<boolean> =>
      factors.renamePasskey({ userId: user.id, id, name, event: eventOf('user.passkey_renamed', user, by) }),
    removePasskey: async (user: User, id: string, by: By): Promise<boolean> => {
      const passkey = await factors.findPasskey(id);
      const event = eventOf('user.passkey_removed', user, by, told(user, by, 'passkey-removed', passkey?.name));
      return await factors.removePasskey({ userId: user.id, id, event });
    },

    /** Null while one is in force: it is turned off first. */
    async beginTotp(user: User): Promise<{ secret: string; uri: string } | null> {
      const { base32, sealed } = makeTotpSecret(await ports.standingSecret(), user.id);
      const put = await factors.putTotp({ userId: user.id, sealedSecret: sealed, nowMs: clock.now() });
      return put ? { secret: base32, uri: totpUri(base32, ports.brand().name, user.email) } : null;
    },
    /** The recovery codes, shown once; null when the code is not that of the secret. */
    async confirmTotp(user: User, signInId: number, code: string, by: By): Promise<readonly string[] | null> {
      const totp = await factors.findTotp(user.id);
      if (totp === null || totp.confirmedAtMs !== null) return null;
      const step = stepOf(ports.secrets, user.id, totp.sealedSecret, code.replace(/\s/g, ''), clock.now());
      if (step === null) return null;
      const codes = makeRecoveryCodes();
      const confirmed = await factors.confirmTotp({
        userId: user.id,
        signInId,
        sealedSecret: totp.sealedSecret,
        step,
        recoveryHashes: codes.map((one) => hashRecoveryCode(user.id, one)),
        nowMs: clock.now(),
        event: eventOf('user.totp_on', user, by, told(user, by, 'totp-on')),
      });
      return confirmed ? codes : null;
    },
    removeTotp: (user: User, by: By): Promise<boolean> =>
      factors.removeTotp({ userId: user.id, event: eventOf('user.totp_off', user, by, told(user, by, 'totp-off')) }),
    /** Null: there is no second factor that they could stand in for. */
    async makeRecoveryCodes(user: User, by: By): Promise<readonly string[] | null> {
      const [totp, passkeys] = await Promise.all([factors.findTotp(user.id), factors.listPasskeys(user.id)]);
      if ((totp === null || totp.confirmedAtMs === null) && passkeys.length === 0) return null;
      const codes = makeRecoveryCodes();
      await factors.replaceRecoveryCodes({
        userId: user.id,
        hashes: codes.map((one) => hashRecoveryCode(user.id, one)),
        event: eventOf('user.recovery_codes_made', user, by, told(user, by, 'recovery-codes')),
      });
      return codes;
    },
    unlinkIdentity: (user: User, provider: string, by: By): Promise<boolean> =>
      factors.unlinkIdentity({
        userId: user.id,
        provider,
        event: eventOf('user.identity_unlinked', user, by, {
          details: { provider },
          ...told(user, by, 'identity-unlinked', provider),
        }),
      }),

    /** One of them, or all but the one that asks. How many ended. */
    endSignIns: (
      user: User,
      which: ({ id: number } | { exceptId: number }) & { withSessions: boolean },
      by: By,
    ): Promise<number> =>
      ports.signIns.endSignIns({
        userId: user.id,
        ...which,
        nowMs: clock.now(),
        event: eventOf('user.sign_ins_ended', user, by),
      }),
    logOut: (user: User, id: number, by: By): Promise<number> =>
      ports.signIns.endSignIns({ userId: user.id, id, nowMs: clock.now(), event: eventOf('user.signed_out', user, by) }),

    deleteUser(user: User, by: By) {
      const nowMs = clock.now();
      return profile.deleteUser({
        userId: user.id,
        nowMs,

        // The event stays; of whom it was goes with the person's data.
        event: eventOf(
          'user.deleted',
          user,
          { ...by, person: {} },
          { mails: [compose('user-deleted', recipientOf(user), circumstancesOf(by, nowMs))] },
        ),
      });
    },
  };
}

const recipientOf = ({ email, id }: User) => ({ email, userId: id });
