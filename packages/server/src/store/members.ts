import type { User } from '../core/accounts/account.ts';
import type { AccountWithRole, MembersRead } from '../core/accounts/member.ts';
import type { Db } from './prepared.ts';

type Person = Pick<User, 'id' | 'isAdministrator'>;

export function membersReads(db: Db): MembersRead {
  return {
    async accountsOf(user) {
      const rows = await reachable(db, user).execute();
      const order = { personal: 0, team: 1, operator: 2 };
      return rows.map(toAccount).sort((a, b) => order[a.kind] - order[b.kind] || a.id - b.id);
    },
    async findAccountOf(user, accountId) {
      const row = await reachable(db, user).where('accounts.id', '=', accountId).executeTakeFirst();
      return row === undefined ? null : toAccount(row);
    },
  };
}

/** A user owns the personal account, administrators the operator account; of teams one is a member. */
const reachable = (db: Db, user: Person) =>
  db
    .selectFrom('accounts')
    .leftJoin('members', (join) => join.onRef('members.account_id', '=', 'accounts.id').on('members.user_id', '=', user.id))
    .select(['accounts.id', 'accounts.kind', 'accounts.name', 'accounts.user_id', 'accounts.created_at_ms', 'members.role'])
    .where('accounts.deleted_at_ms', 'is', null)
    .where((eb) =>
      eb.or([
        eb('accounts.user_id', '=', user.id),
        eb('members.role', 'is not', null),
        ...(user.isAdministrator ? [eb('accounts.kind', '=', 'operator')] : []),
      ]),
    );

type Row = Awaited<ReturnType<ReturnType<typeof reachable>['executeTakeFirstOrThrow']>>;

const toAccount = (row: Row): AccountWithRole => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  userId: row.user_id,
  createdAtMs: row.created_at_ms,
  role: row.role ?? 'owner',
});
