/**
 * Users: a person with a name, an address that they verify or change with links that come by mail, and an end.
 *
 * Owns: users and their personal accounts, single-use links (`ticket.ts`). Passwords, passkeys and browsers that are signed in
 * belong to `sign-ins`, teams to `teams`, what administrators do to users to `administration`.
 * Used by: `/dashboard/api/me`, `keyhouse user`, and every room that asks who somebody is.
 */
import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import type { User } from './account.ts';
import { askForEmail, confirmEmail, sendVerification, verifyEmail } from './change-email.ts';
import { deleteUser, renameUser } from './change-profile.ts';
import { type CreateUserInput, createMissingAdministrator, createUser } from './create-user.ts';
import { type DisableUserInput, disableUser, enableUser } from './disable-user.ts';
import type { UsersPorts } from './ports.ts';

export type Users = ReturnType<typeof bindUsers>;

export function bindUsers(ports: UsersPorts) {
  const { accounts, profile, clock } = ports;
  let asksForVerifiedEmail = false;
  return {
    find: (id: number): Promise<User | null> => accounts.findUser(id),
    /** `emailKey`: as `readEmail` returns it. */
    findByEmail: (emailKey: string): Promise<User | null> => accounts.findUserByEmail(emailKey),
    findAccount: (id: number) => accounts.findAccount(id),
    countAdministrators: (): Promise<number> => accounts.countAdministrators(),

    create: (input: CreateUserInput) => createUser(ports, input),
    createMissingAdministrator: (input: Parameters<typeof createMissingAdministrator>[1]) =>
      createMissingAdministrator(ports, input),
    disable: (input: DisableUserInput) => disableUser(ports, input),
    enable: (input: DisableUserInput) => enableUser(ports, input),
    rename: (user: User, names: Parameters<typeof renameUser>[2], by: By) => renameUser(ports, user, names, by),
    delete: (user: User, by: By) => deleteUser(ports, user, by),

    sendVerification: (user: User, by: By) => sendVerification(ports, user, by),
    /** With a registration, which is valid whether or not the mail could be written: the page offers to send it again. */
    sendFirstVerification: (user: User, by: By): Promise<void> =>
      sendVerification(ports, user, { ...by, actor: `user:${user.id}`, authority: IN_THE_ACT })
        .then(() => {})
        .catch((error: unknown) => ports.log.error({ err: error }, 'The email that verifies an address could not be created.')),
    verifyEmail: (user: User, ticket: string, by: By) => verifyEmail(ports, user, ticket, by),
    pendingEmail: (user: User): Promise<string | null> => profile.pendingEmail(user.id, clock.now()),
    askForEmail: (user: User, typed: string, by: By) => askForEmail(ports, user, typed, by),
    confirmEmail: (user: User, ticket: string, by: By) => confirmEmail(ports, user, ticket, by),
    /** Whether this user must verify the address before creating a secret. Never where no mail can be sent. */
    mustVerifyEmail: ({ emailVerifiedAtMs }: User): boolean =>
      asksForVerifiedEmail && ports.sendsMail && emailVerifiedAtMs === null,

    /** Reads what does not change while the server runs. */
    load: async (): Promise<void> => {
      asksForVerifiedEmail = await profile.asksForVerifiedEmail();
    },
  };
}
