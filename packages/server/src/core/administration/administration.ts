/**
 * What administrators and the command line do to users and accounts of others: find them, suspend, resume and delete accounts,
 * reset second factors, give and take the administrator's flag, read the outbox. Each act checks the flag again.
 *
 * Owns: the lists for administrators. What people do to their own user belongs to `users`, `sign-ins` and `factors`.
 * Used by: `/dashboard/api/operator/{users,accounts,mails}`, `keyhouse user`, `keyhouse account`.
 */
import { type By, happened } from '../audit/event.ts';
import type { MailsStore, MailWithBody } from '../mail/mail.ts';
import type { Account, User } from '../users/account.ts';
import { describeUser, endSignInsOf, resetSecondFactor, setAdministrator } from './administer-users.ts';
import { deleteAccount, resumeAccount, suspendAccount, whatEndsWithAccount } from './operator-accounts.ts';
import { readMail, sendTestMail } from './outbox.ts';
import type { AdministrationPorts, ListFilter } from './ports.ts';

export type Administration = ReturnType<typeof bindAdministration>;

export function bindAdministration(ports: AdministrationPorts) {
  const { administration } = ports;
  return {
    findUsers: (filter: ListFilter) => administration.findUsers(filter),
    describeUser: (id: number) => describeUser(ports, id),
    factorsOf: (userId: number) => administration.factorsOf(userId),
    setAdministrator: (input: Parameters<typeof setAdministrator>[1]) => setAdministrator(ports, input),
    resetSecondFactor: (input: Parameters<typeof resetSecondFactor>[1]) => resetSecondFactor(ports, input),
    endSignInsOf: (input: Parameters<typeof endSignInsOf>[1]) => endSignInsOf(ports, input),
    /** Unlocks sign-in for a user whose attempts were limited. */
    clearSignInLimits: async ({ userId, emailKey, by }: { userId: number; emailKey: string; by: By }): Promise<void> => {
      await ports.limits.clear({ userId, emailKey });
      await ports.audit.record({ events: [happened(by, ports.clock.now(), 'limits.cleared', { userId })] });
    },

    findAccounts: (filter: ListFilter) => administration.findAccounts(filter),
    findListedAccount: (id: number) => administration.findListedAccount(id),
    suspendAccount: (input: Parameters<typeof suspendAccount>[1]) => suspendAccount(ports, input),
    resumeAccount: (input: Parameters<typeof resumeAccount>[1]) => resumeAccount(ports, input),
    deleteAccount: (input: Parameters<typeof deleteAccount>[1]) => deleteAccount(ports, input),
    whatEndsWithAccount: (account: Pick<Account, 'id' | 'userId'>) => whatEndsWithAccount(ports, account),

    listMails: (page: Parameters<MailsStore['listMails']>[0]) => ports.mails.listMails(page),
    findMail: (id: number) => ports.mails.findMail(id),
    /** False if it was sent, or its text is not kept any more. */
    retryMail: (id: number, by: By) => ports.mails.retryMail({ id, nowMs: ports.clock.now(), by }),
    readMail: (mail: MailWithBody, reader: User, by: By) => readMail(ports, mail, reader, by),
    sendTestMail: (user: User, by: By) => sendTestMail(ports, user, by),
  };
}
