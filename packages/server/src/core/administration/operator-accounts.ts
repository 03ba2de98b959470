/**
 * What the operator does to other accounts: suspend, resume, delete. A suspended account keeps its data, but everything in it is
 * refused. A deleted one cannot be restored. The operator's own account can be neither suspended nor deleted.
 */
import { isWellFormedText } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { WhatEnds } from '../teams/what-ends.ts';
import type { Account, User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import type { AdministrationPorts, ByOperator } from './ports.ts';

export const MAX_SUSPENSION_REASON_LENGTH = 500;
/** At most this many owners get a mail. */
const MAX_NOTIFIED = 50;

export type OperatorAccountsPorts = Pick<
  AdministrationPorts,
  'operatorAccounts' | 'accounts' | 'members' | 'ends' | 'compose' | 'clock'
>;

interface OnAccount extends ByOperator {
  readonly by: By;
}

/** `reason`: what the members read; null: nothing. */
export async function suspendAccount(
  ports: OperatorAccountsPorts,
  { by, reason, ...where }: OnAccount & { readonly reason: string | null },
) {
  const nowMs = ports.clock.now();
  const mails = await notify(ports, where.accountId, (account, to) =>
    ports.compose('account-suspended', to, { account: nameOf(account), reason, ...circumstancesOf(by, nowMs) }),
  );
  const event = happened(by, nowMs, 'account.suspended', { details: { why: 'operator', reason }, mails });
  return await ports.operatorAccounts.suspendAccount({ ...where, reason, nowMs, event });
}

export async function resumeAccount(ports: OperatorAccountsPorts, { by, ...where }: OnAccount) {
  const nowMs = ports.clock.now();
  const mails = await notify(ports, where.accountId, (account, to) =>
    ports.compose('account-resumed', to, { account: nameOf(account), ...circumstancesOf(by, nowMs) }),
  );
  const event = happened(by, nowMs, 'account.resumed', { details: { why: 'operator' }, mails });
  return await ports.operatorAccounts.resumeAccount({ ...where, event });
}

/** What would end now. With a personal account, its user is deleted too. */
export const whatEndsWithAccount = (
  { ends, clock }: Pick<OperatorAccountsPorts, 'ends' | 'clock'>,
  { id, userId }: Pick<Account, 'id' | 'userId'>,
): Promise<WhatEnds> =>
  ends.whatEnds(userId === null ? { what: 'account', accountId: id } : { what: 'user', userId, accountId: id }, clock.now());

/** Ends everything in it, including what was added after it was counted. With a personal account the user is deleted. */
export async function deleteAccount(ports: OperatorAccountsPorts, { by, ...where }: OnAccount) {
  const nowMs = ports.clock.now();
  const account = await ports.accounts.findAccount(where.accountId);
  const isPersonal = account?.kind === 'personal';
  const mails = await notify(ports, where.accountId, ({ name }, to) =>
    isPersonal
      ? ports.compose('user-deleted', to, circumstancesOf(by, nowMs))
      : ports.compose('account-deleted', to, { account: name, ...circumstancesOf(by, nowMs) }),
  );
  const userId = account?.userId ?? null;
  const event = happened(by, nowMs, isPersonal ? 'user.deleted' : 'account.deleted', {
    userId,
    details: { byOperator: true },
    mails,
  });
  return await ports.operatorAccounts.deleteAccount({ ...where, nowMs, event });
}

/** A sentence that says what is wrong with a reason that members will read; null: nothing. */
export function findReasonFault(reason: string): string | null {
  if ([...reason].length > MAX_SUSPENSION_REASON_LENGTH)
    return `The reason can have at most ${MAX_SUSPENSION_REASON_LENGTH} characters.`;
  return isWellFormedText(reason) ? null : 'The reason must not contain control characters.';
}

/** As mails name it; null: "your account". */
const nameOf = ({ kind, name }: Account): string | null => (kind === 'personal' ? null : name);

/** A mail to each enabled owner; disabled users get none. */
async function notify(
  { accounts, members }: OperatorAccountsPorts,
  accountId: number,
  write: (account: Account, to: { email: string; userId: number }) => MailDraft,
): Promise<readonly MailDraft[]> {
  const account = await accounts.findAccount(accountId);
  if (account === null) return [];
  const owners = await members.listMembers(account, { roles: ['owner'], limit: MAX_NOTIFIED });
  const users = await Promise.all(owners.map(({ userId }) => accounts.findUser(userId)));
  const enabled = users.filter((user): user is User => user !== null && user.disabledAtMs === null);
  return enabled.map(({ email, id }) => write(account, { email, userId: id }));
}
