/** What somebody who is signed in does with their own user: names, address, password, factors, and the end of it all. */
import type { By } from '../audit/event.ts';
import type { AccountsStore, User } from './account.ts';
import { askForEmail, type ChangeEmailPorts, confirmEmail, sendVerification, verifyEmail } from './change-email.ts';
import {
  askForReset,
  type ChangePasswordPorts,
  changePassword,
  findReset,
  readReset,
  resetWithTicket,
} from './change-password.ts';
import { circumstancesOf } from './circumstances.ts';
import { ownEvent, recipientOf } from './own-event.ts';
import {
  addPasskey,
  beginTotp,
  confirmTotp,
  type OwnFactorsPorts,
  removePasskey,
  removeTotp,
  renamePasskey,
  replaceRecoveryCodes,
  turnTwoStepOff,
  turnTwoStepOn,
  unlinkIdentity,
} from './own-factors.ts';
import type { ProfileStore } from './profile.ts';
import type { SignInsStore } from './sign-in.ts';
import type { TicketsStore } from './ticket.ts';

export interface OwnPorts extends ChangeEmailPorts, ChangePasswordPorts, OwnFactorsPorts {
  readonly accounts: AccountsStore;
  readonly profile: ProfileStore;
  readonly signIns: SignInsStore;
  readonly tickets: TicketsStore;
}

export type OwnVerbs = ReturnType<typeof ownVerbs>;

export function ownVerbs(ports: OwnPorts) {
  const { profile, clock } = ports;
  return {
    sendVerification: (user: User, by: By) => sendVerification(ports, user, by),
    verifyEmail: (user: User, ticket: string, by: By) => verifyEmail(ports, user, ticket, by),
    pendingEmail: (user: User): Promise<string | null> => profile.pendingEmail(user.id, clock.now()),
    askForEmail: (user: User, typed: string, by: By) => askForEmail(ports, user, typed, by),
    confirmEmail: (user: User, ticket: string, by: By) => confirmEmail(ports, user, ticket, by),

    renameUser: (user: User, names: { displayName: string; firstName: string; lastName: string }, by: By): Promise<boolean> =>
      profile.renameUser({
        userId: user.id,
        ...names,
        nowMs: clock.now(),
        event: ownEvent(ports, 'user.renamed', user, by),
      }),

    changePassword: (user: User, signInId: number, password: string, by: By) =>
      changePassword(ports, user, signInId, password, by),
    askForReset: (user: User, by: By) => askForReset(ports, user, by),
    findReset: (ticket: string) => findReset(ports, ticket),
    readReset: (user: User) => readReset(ports, user),
    resetWithTicket: (ticket: string, password: string, by: By) => resetWithTicket(ports, ticket, password, by),

    addPasskey: (user: User, name: string, response: unknown, by: By) => addPasskey(ports, user, { name, response }, by),
    renamePasskey: (user: User, id: string, name: string, by: By) => renamePasskey(ports, user, id, name, by),
    removePasskey: (user: User, id: string, by: By) => removePasskey(ports, user, id, by),
    beginTotp: (user: User, by: By) => beginTotp(ports, user, by),
    confirmTotp: (user: User, code: string, by: By) => confirmTotp(ports, user, code, by),
    removeTotp: (user: User, by: By) => removeTotp(ports, user, by),
    turnTwoStepOn: (user: User, by: By) => turnTwoStepOn(ports, user, by),
    turnTwoStepOff: (user: User, by: By) => turnTwoStepOff(ports, user, by),
    makeRecoveryCodes: (user: User, by: By) => replaceRecoveryCodes(ports, user, by),
    unlinkIdentity: (user: User, provider: string, by: By) => unlinkIdentity(ports, user, provider, by),

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
        event: ownEvent(ports, 'user.sign_ins_ended', user, by),
      }),
    logOut: (user: User, id: number, by: By): Promise<number> =>
      ports.signIns.endSignIns({
        userId: user.id,
        id,
        nowMs: clock.now(),
        event: ownEvent(ports, 'user.signed_out', user, by),
      }),

    deleteUser(user: User, by: By) {
      const nowMs = clock.now();
      return profile.deleteUser({
        userId: user.id,
        nowMs,
        // The event stays; of whom it was goes with the person's data.
        event: ownEvent(
          ports,
          'user.deleted',
          user,
          { ...by, person: {} },
          { mails: [ports.compose('user-deleted', recipientOf(user), circumstancesOf(by, nowMs))] },
        ),
      });
    },
  };
}
