/**
 * Teams and their members: creating, renaming, transferring and deleting a team, and changing who is in it. Rows of `members` are
 * written only in `teams.ts`.
 */
import { sql } from 'kysely';
import type { EventDraft } from '../core/audit/event.ts';
import { roleAllows } from '../core/oauth/scope.ts';
import {
  type AccountWithRole,
  includesRole,
  MAX_ACCOUNTS_REACHED,
  type Member,
  type MembersRead,
  type MembersStore,
  mayChangeMember,
  ROLES,
  type Role,
} from '../core/teams/member.ts';
import type { User } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { isAdministrator } from './administration.ts';
import { endApplications } from './applications.ts';
import { endGrants } from './grants.ts';
import { endInvitations, endInvitationsBeyond } from './invitations.ts';
import { lockMintingOfAccount } from './jwts.ts';
import { narrowSessions } from './narrowing.ts';
import type { Db } from './prepared.ts';
import { endSessions } from './sessions.ts';
import { forgetSuspension, suspendedSinceMs, toSuspension } from './suspension.ts';
import {
  addMember,
  hasEnabledOwner,
  lockExistingTeam,
  lockTeam,
  mayOwnAnother,
  removeEveryMember,
  removeMember,
  renameAccount,
  roleInTeam,
  setRole,
} from './teams.ts';
import { lockEnabledUser } from './users.ts';

type Input<Name extends keyof MembersStore> = Parameters<MembersStore[Name]>[0];

export function membersReads(db: Db): MembersRead {
  return {
    async accountsOf(user) {
      const rows = await withRole(db, user).where('accounts.id', 'in', accountIdsOf(db, user)).execute();
      const order = { personal: 0, team: 1, operator: 2 };
      return rows.map(toAccount).sort((a, b) => order[a.kind] - order[b.kind] || a.id - b.id);
    },
    async findAccountOf(user, accountId) {
      const row = await withRole(db, user)
        .where('accounts.id', '=', accountId)
        .where((eb) =>
          eb.or([
            eb('accounts.user_id', '=', user.id),
            eb('members.role', 'is not', null),
            ...(user.isAdministrator ? [eb('accounts.kind', '=', 'operator')] : []),
          ]),
        )
        .executeTakeFirst();
      return row === undefined ? null : toAccount(row);
    },
    async listMembers({ id, kind }, { roles = ROLES, limit }) {
      if (kind !== 'team') {
        const owners = roles.includes('owner')
          ? await ownersWithoutRow(db, id, kind).orderBy('users.id').limit(limit).execute()
          : [];
        return owners.map(toMember).sort((a, b) => a.sinceMs - b.sinceMs);
      }
      const members: Member[] = [];
      // The index has them in the order of one role after the other.
      for (const role of ['owner', 'admin', 'developer', 'viewer'] as const) {
        if (members.length >= limit) break;
        if (!roles.includes(role)) continue;
        const rows = await membersOfTeam(db, id, role)
          .limit(limit - members.length)
          .execute();
        members.push(...rows.map(toMember));
      }
      return members;
    },
    async membersAmong({ id, kind }, userIds) {
      if (userIds.length === 0) return new Set();
      const rows =
        kind === 'team'
          ? await db
              .selectFrom('members')
              .innerJoin('users', 'users.id', 'members.user_id')
              .select('users.id')
              .where('members.account_id', '=', id)
              .where('members.user_id', 'in', userIds)
              .where('users.deleted_at_ms', 'is', null)
              .execute()
          : await ownersWithoutRow(db, id, kind).where('users.id', 'in', userIds).execute();
      return new Set(rows.map((row) => row.id));
    },
  };
}

export const membersActs = {
  async createTeam(act: Act, { name, ownerId, limit, nowMs, event }: Input<'createTeam'>) {
    if ((await lockEnabledUser(act.db, ownerId, null)) === null) return 'gone';
    if (!(await mayOwnAnother(act.db, ownerId, limit))) return 'too_many';
    const team = await act.db
      .insertInto('accounts')
      .values({ kind: 'team', name, user_id: null, created_at_ms: nowMs })
      .returning('id')
      .executeTakeFirstOrThrow();
    await addMember(act, { accountId: team.id, userId: ownerId, role: 'owner', cause: { atMs: nowMs, by: event.by } });
    act.event(event, { accountId: team.id });
    return team;
  },

  async renameTeam(act: Act, { accountId, actorId, name, event }: Input<'renameTeam'>) {
    const refusal = await refuseUnless(act.db, 'admin', accountId, actorId);
    if (refusal !== null) return refusal;
    await renameAccount(act, { accountId, name, cause: event });
    act.event(event, { accountId });
    return 'done';
  },

  async changeMember(act: Act, { accountId, actorId, userId, role: wanted, event }: Input<'changeMember'>) {
    if (!(await lockTeam(act.db, accountId))) return 'gone';
    const actor = await roleInTeam(act.db, accountId, actorId);
    if (actor === null) return 'gone';
    const held = actorId === userId ? actor : await roleInTeam(act.db, accountId, userId);
    if (held === null) return 'not_member';
    if (!mayChangeMember({ actor, isSelf: actorId === userId, held, wanted })) return 'not_allowed';
    if (held === wanted) return { endedInvitations: [] };
    if (held === 'owner' && !(await hasEnabledOwner(act.db, accountId, { besides: userId }))) return 'last_owner';
    if (wanted === 'owner' && !(await mayOwnAnother(act.db, userId))) return 'too_many';
    if (wanted === null) {
      await removeMember(act, { accountId, userId, cause: event });
      await endGrants(act.db, { userId, accountId }, event.atMs);
      await endSessions(act, { userId, accountId }, { reason: 'left-account', nowMs: event.atMs });
    } else {
      await setRole(act, { accountId, userId, held, role: wanted, cause: event });
      await narrowToRole(act, { userId, accountId, held, wanted }, event.atMs);
    }
    act.event({ ...event, details: { ...event.details, before: held } }, { accountId, userId });
    return { endedInvitations: await endInvitationsBeyond(act, { senderId: userId, accountId, role: wanted, event }) };
  },

  async transferTeam(act: Act, { accountId, actorId, userId, event }: Input<'transferTeam'>) {
    const refusal = await refuseUnless(act.db, 'owner', accountId, actorId);
    if (refusal !== null) return refusal;
    const held = await roleInTeam(act.db, accountId, userId);
    if (held === null) return 'not_member';
    if (held === 'owner') return 'owner';
    if (!(await isEnabled(act.db, userId))) return 'last_owner';
    if (!(await mayOwnAnother(act.db, userId))) return 'too_many';
    await setRole(act, { accountId, userId, held, role: 'owner', cause: event });
    await setRole(act, { accountId, userId: actorId, held: 'owner', role: 'admin', cause: event });
    await narrowToRole(act, { userId: actorId, accountId, held: 'owner', wanted: 'admin' }, event.atMs);
    act.event({ ...event, details: { ...event.details, before: held } }, { accountId, userId });
    return { endedInvitations: await endInvitationsBeyond(act, { senderId: actorId, accountId, role: 'admin', event }) };
  },

  async deleteTeam(act: Act, { accountId, actorId, event, ...end }: Input<'deleteTeam'>) {
    const refusal = await refuseUnless(act.db, 'owner', accountId, actorId);
    if (refusal !== null) return refusal;
    await endTeam(act, accountId, { ...end, event });
    return 'done';
  },
};

/** Ends a team whose lock the act holds, and everything in it. */
export async function endTeam(
  act: Act,
  accountId: number,
  { nowMs, event }: Pick<Input<'deleteTeam'>, 'nowMs' | 'event'>,
): Promise<void> {
  await act.db.updateTable('accounts').set({ deleted_at_ms: nowMs }).where('id', '=', accountId).execute();
  const keys = await endCredentialsOfAccount(act.db, accountId, nowMs);
  await endApplications(act, { accountId }, nowMs);
  await endGrants(act.db, { accountId }, nowMs);
  await endSessions(act, { accountId }, { reason: 'account-deleted', nowMs });
  await endInvitations(act.db, accountId, nowMs);
  await removeEveryMember(act.db, accountId);
  act.revoke({ kind: 'account', id: accountId, beforeMs: nowMs, isForGood: true });
  await forgetSuspension(act, 'suspended-account', String(accountId));
  act.event({ ...event, details: { ...event.details, keys } }, { accountId });
}

/**
 * For the act that deletes a user: removes them from every team. False if one of these would have no owner then; nothing was
 * changed. The locks come first: of the user, so that no team is created in the meantime, and of each team, so that no other
 * owner leaves.
 */
export async function leaveEveryTeam(act: Act, userId: number, cause: Pick<EventDraft, 'atMs' | 'by'>): Promise<boolean> {
  const { db } = act;
  await db
    .updateTable('users')
    .set((eb) => ({ updated_at_ms: eb.ref('updated_at_ms') }))
    .where('id', '=', userId)
    .execute();
  const memberships = await db
    .selectFrom('members')
    .select('account_id')
    .where('user_id', '=', userId)
    .orderBy('account_id')
    .execute();
  for (const { account_id: accountId } of memberships) {
    if (!(await lockExistingTeam(db, accountId))) continue;
    const role = await roleInTeam(db, accountId, userId);
    if (role === 'owner' && !(await hasEnabledOwner(db, accountId, { besides: userId }))) return false;
  }
  for (const { account_id: accountId } of memberships) await removeMember(act, { accountId, userId, cause });
  return true;
}

/** Ends every credential of an account, and the recorded JWTs; elsewhere they end by the change that the caller writes. */
async function endCredentialsOfAccount(db: Db, accountId: number, nowMs: number): Promise<number> {
  await lockMintingOfAccount(db, accountId);
  const ended = await db
    .updateTable('credentials')
    .set({ revoked_at_ms: nowMs })
    .where('account_id', '=', accountId)
    .where('revoked_at_ms', 'is', null)
    .executeTakeFirst();
  await db
    .updateTable('jwts')
    .set({ revoked_at_ms: nowMs })
    .where(
      'key_id',
      'in',
      db.selectFrom('credentials').select('id').where('account_id', '=', accountId).where('kind', '=', 'key'),
    )
    .where('expires_at_ms', '>', nowMs)
    .where('revoked_at_ms', 'is', null)
    .execute();
  return Number(ended.numUpdatedRows);
}

async function refuseUnless(db: Db, wanted: Role, accountId: number, actorId: number): Promise<'gone' | 'not_allowed' | null> {
  if (!(await lockTeam(db, accountId))) return 'gone';
  const role = await roleInTeam(db, accountId, actorId);
  if (role === null) return 'gone';
  return includesRole(role, wanted) ? null : 'not_allowed';
}

async function isEnabled(db: Db, userId: number): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('disabled_at_ms', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Revokes JWTs of sessions that a member granted, if they hold what the new role does not allow. */
const narrowToRole = (
  act: Act,
  { userId, accountId, held, wanted }: { userId: number; accountId: number; held: Role; wanted: Role },
  nowMs: number,
): Promise<void> => {
  const isLost = (name: string): boolean => roleAllows(held, name) && !roleAllows(wanted, name);
  return narrowSessions(act, { userId, accountId, isLess: (permissions) => permissions.some(isLost) }, nowMs);
};

/** A user owns the personal account, administrators the operator account; of teams a user is a member. */
const withRole = (db: Db, user: Pick<User, 'id'>) =>
  db
    .selectFrom('accounts')
    .leftJoin('members', (join) => join.onRef('members.account_id', '=', 'accounts.id').on('members.user_id', '=', user.id))
    .select(['accounts.id', 'accounts.kind', 'accounts.name', 'accounts.user_id', 'accounts.created_at_ms', 'members.role'])
    .select(['accounts.suspension_reason', suspendedSinceMs.as('suspended_since_ms')])
    .where('accounts.deleted_at_ms', 'is', null);

/** Three look-ups, each by an index: as one condition with OR they would read every account. */
function accountIdsOf(db: Db, { id, isAdministrator }: Pick<User, 'id' | 'isAdministrator'>) {
  const teams = db.selectFrom('members').select('account_id as id').where('user_id', '=', id).limit(MAX_ACCOUNTS_REACHED);
  const ids = db
    .selectFrom('accounts')
    .select('id')
    .where('user_id', '=', id)
    .unionAll(db.selectFrom(teams.as('teams')).select('teams.id'));
  if (!isAdministrator) return ids;
  return ids.unionAll(db.selectFrom('accounts').select('id').where(sql<boolean>`kind = 'operator'`));
}

type Row = Awaited<ReturnType<ReturnType<typeof withRole>['executeTakeFirstOrThrow']>>;

const toAccount = (row: Row): AccountWithRole => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  userId: row.user_id,
  createdAtMs: row.created_at_ms,
  suspension: toSuspension(row),
  role: row.role ?? 'owner',
});

const people = (db: Db) =>
  db
    .selectFrom('users')
    .select(['users.id', 'users.email', 'users.display_name', 'users.created_at_ms'])
    .select((eb) =>
      eb
        .selectFrom('sign_ins')
        .select((sub) => sub.fn.max('sign_ins.last_seen_at_ms').as('seen'))
        .whereRef('sign_ins.user_id', '=', 'users.id')
        .as('last_seen_at_ms'),
    )
    .where('users.deleted_at_ms', 'is', null);

const membersOfTeam = (db: Db, accountId: number, role: Role) =>
  people(db)
    .innerJoin('members', 'members.user_id', 'users.id')
    .select(['members.role', 'members.since_ms'])
    .where('members.account_id', '=', accountId)
    .where('members.role', '=', role)
    .orderBy('members.since_ms')
    .orderBy('members.user_id');

/** The user of a personal account; the administrators, who own the operator account. */
const ownersWithoutRow = (db: Db, accountId: number, kind: 'personal' | 'operator') =>
  people(db)
    .select((eb) => [eb.val<Role>('owner').as('role'), eb.ref('users.created_at_ms').as('since_ms')])
    .where((eb) =>
      kind === 'operator'
        ? isAdministrator
        : eb('users.id', '=', eb.selectFrom('accounts').select('accounts.user_id').where('accounts.id', '=', accountId)),
    );

const toMember = (row: {
  id: number;
  email: string;
  display_name: string;
  role: Role;
  since_ms: number;
  last_seen_at_ms: number | null;
}): Member => ({
  userId: row.id,
  email: row.email,
  displayName: row.display_name,
  role: row.role,
  sinceMs: row.since_ms,
  lastSeenAtMs: row.last_seen_at_ms,
});
