/**
 * What the operator does to other accounts: suspend, resume, delete. A suspended account stays as it is, but everything of it is refused.
 * A deleted one cannot be restored. The operator's own account can be neither suspended nor deleted.
 */
import { isWellFormedText } from '@keyhouse/protocol';
import { type By, type EventDraft, happened } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { Compose } from '../mail/compose.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { MembersStore } from '../teams/member.ts';
import type { WhatEnds, WhatEndsStore } from '../teams/what-ends.ts';
import type { Account, AccountsStore, User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';

export const MAX_SUSPENSION_REASON_LENGTH = 500;
/** At most so many owners get a mail. */
const MAX_NOTIFIED = 50;

/** `gone`: there is no such account. `not_allowed`: the administrator is not one any more. */
export type OperatorRefusal = 'gone' | 'operator' | 'not_allowed';

/** `administratorId`: the administrator who does it at their page, and must still be one; left out at the command line. */
interface ByOperator {
  readonly accountId: number;
  readonly administratorId?: number;
}

export interface OperatorAccountsStore {
  /** Suspends. `already`: the operator has suspended it before. */
  suspendAccount(
    input: ByOperator & { reason: string | null; nowMs: number; event: EventDraft },
  ): Promise<'done' | 'already' | OperatorRefusal>;
  /**
   * Lifts a suspension, whatever it was for. `already`: it is not suspended. Then servers and guards are told so all the same: the database may have been set back, and
   * they remember a suspension that it lost.
   */
  resumeAccount(input: ByOperator & { event: EventDraft }): Promise<'done' | 'already' | OperatorRefusal>;
  /**
   * Deletes a team, or the user whose personal account it is. `only_owner`: the user alone owns a team, which would have no owner then.
   * `last_administrator`: nobody enabled would administer the server.
   */
  deleteAccount(
    input: ByOperator & { nowMs: number; event: EventDraft },
  ): Promise<'done' | 'only_owner' | 'last_administrator' | OperatorRefusal>;
}

export interface OperatorAccountsPorts {
  readonly operatorAccounts: OperatorAccountsStore;
  readonly accounts: Pick<AccountsStore, 'findAccount' | 'findUser'>;
  readonly members: Pick<MembersStore, 'listMembers'>;
  readonly ends: WhatEndsStore;
  readonly compose: Compose;
  readonly clock: Clock;
}

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

/** What would end now. With a personal account its user ends too. */
export const whatEndsWithAccount = (
  { ends, clock }: Pick<OperatorAccountsPorts, 'ends' | 'clock'>,
  { id, userId }: Pick<Account, 'id' | 'userId'>,
): Promise<WhatEnds> =>
  ends.whatEnds(userId === null ? { what: 'account', accountId: id } : { what: 'user', userId, accountId: id }, clock.now());

/** Ends everything in it, also what was added after it was counted. With a personal account the user is deleted. */
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
  const owners = (await members.listMembers(account)).filter(({ role }) => role === 'owner').slice(0, MAX_NOTIFIED);
  const users = await Promise.all(owners.map(({ userId }) => accounts.findUser(userId)));
  const enabled = users.filter((user): user is User => user !== null && user.disabledAtMs === null);
  return enabled.map(({ email, id }) => write(account, { email, userId: id }));
}
