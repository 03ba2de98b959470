/** What the operator does with whole accounts: suspending, resuming and deleting them. */
import type { OperatorAccountsStore, OperatorRefusal } from '../core/administration/ports.ts';
import type { Act } from './act.ts';
import { lockAdministrators } from './administration.ts';
import { endTeam } from './members.ts';
import type { Db } from './prepared.ts';
import { profileActs } from './profile.ts';
import { forgetLostSuspension, resume, suspend } from './suspension.ts';
import { lockExistingTeam } from './teams.ts';

type Input<Name extends keyof OperatorAccountsStore> = Parameters<OperatorAccountsStore[Name]>[0];

export const operatorAccountsActs = {
  async suspendAccount(act: Act, { accountId, administratorId, reason, nowMs, event }: Input<'suspendAccount'>) {
    const account = await lockForOperator(act.db, accountId, administratorId);
    if (typeof account === 'string') return account;
    if (!(await suspend(act, accountId, { column: 'suspended_at_ms', nowMs }))) return 'already' as const;
    await act.db
      .updateTable('accounts')
      .set({ suspended_by: event.by.actor, suspension_reason: reason })
      .where('id', '=', accountId)
      .execute();
    act.event(event, idsOf(account));
    return 'done' as const;
  },

  async resumeAccount(act: Act, { accountId, administratorId, event }: Input<'resumeAccount'>) {
    const account = await lockForOperator(act.db, accountId, administratorId);
    if (typeof account === 'string') return account;
    if (!(await resume(act, accountId, ['suspended_at_ms', 'ownerless_since_ms']))) {
      await forgetLostSuspension(act, accountId);
      return 'already' as const;
    }
    await act.db
      .updateTable('accounts')
      .set({ suspended_by: null, suspension_reason: null })
      .where('id', '=', accountId)
      .execute();
    act.event(event, idsOf(account));
    return 'done' as const;
  },

  async deleteAccount(act: Act, { accountId, administratorId, event, ...end }: Input<'deleteAccount'>) {
    const account = await lockForOperator(act.db, accountId, administratorId);
    if (typeof account === 'string') return account;
    if (account.userId === null) {
      await endTeam(act, accountId, { ...end, event });
      return 'done' as const;
    }
    return await profileActs.deleteUser(act, { ...end, userId: account.userId, event });
  },
};

interface Locked {
  readonly accountId: number;
  /** Whose personal account it is. */
  readonly userId: number | null;
}

/** Takes the administrators' lock, then that of a team. For a personal account `deleteUser` takes the locks that it needs. */
async function lockForOperator(
  db: Db,
  accountId: number,
  administratorId: number | undefined,
): Promise<Locked | OperatorRefusal> {
  if (!(await lockAdministrators(db, administratorId ?? null))) return 'not_allowed';
  const found = await db
    .selectFrom('accounts')
    .select(['kind', 'user_id'])
    .where('id', '=', accountId)
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
  if (found === undefined) return 'gone';
  if (found.kind === 'operator') return 'operator';
  const isGone = found.user_id === null && !(await lockExistingTeam(db, accountId));
  return isGone ? 'gone' : { accountId, userId: found.user_id };
}

const idsOf = ({ accountId, userId }: Locked) => ({ accountId, ...(userId === null ? {} : { userId }) });
