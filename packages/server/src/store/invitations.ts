/**
 * Invitations by mail, to a team or to register: sending, accepting and ending them. An invitation is valid only while its sender
 * could send it.
 */
import { type EventDraft, happened } from '../core/audit/event.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import {
  type Invitation,
  type InvitationByTicket,
  type InvitationsStore,
  MAX_INVITATIONS_A_DAY_UNVERIFIED,
  type NewInvitation,
} from '../core/teams/invitation.ts';
import type { EndedInvitation } from '../core/teams/member.ts';
import { includesRole, mayInvite, type Role } from '../core/teams/member.ts';
import type { User } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { toBytes } from './hex.ts';
import type { Db } from './prepared.ts';
import { addMember, lockTeam, mayOwnAnother, roleInTeam } from './teams.ts';
import { redeem } from './tickets.ts';
import { lockEnabledUser } from './users.ts';

type Input<Name extends keyof InvitationsStore> = Parameters<InvitationsStore[Name]>[0];
type Reads = Pick<InvitationsStore, 'listInvitations' | 'findInvitation' | 'listInvitationsBy' | 'findInvitationByTicket'>;

const DAY_MS = 86_400_000;
/** More than a team may have open at the same time (`CEILINGS`). */
const MAX_LISTED = 1000;

export function invitationsReads(db: Db): Reads {
  return {
    async listInvitations(accountId, nowMs) {
      const rows = await open(db, nowMs)
        .where('invitations.account_id', '=', accountId)
        .orderBy('invitations.id', 'desc')
        .limit(MAX_LISTED)
        .execute();
      return rows.map(toInvitation);
    },
    async findInvitation(accountId, id, nowMs) {
      const row = await open(db, nowMs)
        .where('invitations.account_id', '=', accountId)
        .where('invitations.id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : toInvitation(row);
    },
    async listInvitationsBy(userId, nowMs) {
      const rows = await open(db, nowMs)
        .leftJoin('accounts', 'accounts.id', 'invitations.account_id')
        .select('accounts.name as account_name')
        .where('invitations.id', 'in', sentBy(db, userId, nowMs))
        .orderBy('invitations.id')
        .execute();
      return rows.map((row) => ({ ...toInvitation(row), accountName: row.account_name }));
    },
    async findInvitationByTicket(ticketHash, nowMs) {
      const found = await byTicket(db, ticketHash, nowMs);
      return found !== null && (await maySend(db, found)) ? found : null;
    },
  };
}

export const invitationsActs = {
  async invite(act: Act, input: Input<'invite'>) {
    const { db } = act;
    const { accountId, invitation, limit, usersOnly, ceiling = CEILINGS.invitationsOfTeam, event } = input;
    const { createdAtMs: nowMs, invitedBy, emailKey } = invitation;
    // The sender before the team: deleting a user takes the locks in this order too.
    const sender = await lockEnabledUser(db, invitedBy, null);
    if (sender === null) return 'gone';
    if (!(await lockTeam(db, accountId))) return 'gone';
    const role = await roleInTeam(db, accountId, invitedBy);
    if (role === null) return 'gone';
    if (!mayInvite(role, invitation.role)) return 'not_allowed';
    if (await isMember(db, accountId, emailKey)) return 'member';
    const existing = await open(db, nowMs)
      .where('invitations.account_id', '=', accountId)
      .where('invitations.email_key', '=', emailKey)
      .executeTakeFirst();
    if (existing !== undefined) return 'open';
    if ((await openOf(db, accountId, nowMs)) >= ceiling) return 'full';
    if ((await sentByOn(db, invitedBy, nowMs)) >= maxInvitationsOf(sender, limit)) return 'too_many';
    const silent = usersOnly && !(await isUser(db, emailKey));
    // Counted also if none is sent: the answer must not reveal it.
    if (!(await act.mayMail(event))) return 'too_many';
    return await insert(act, accountId, invitation, silent ? { ...event, mails: [] } : event);
  },

  async sendInvitationAgain(act: Act, input: Input<'sendInvitationAgain'>) {
    const { db } = act;
    const { accountId, id, actorId, nowMs, expiresAtMs } = input;
    const sender = await lockEnabledUser(db, actorId, null);
    if (sender === null) return 'gone';
    const refusal = await refuseUnlessAdmin(db, accountId, actorId, id, nowMs);
    if (refusal !== null) return refusal;
    if ((await sentByOn(db, actorId, nowMs)) >= maxInvitationsOf(sender, input.limit)) return 'too_many';
    if (!(await act.mayMail(input.event))) return 'too_many';
    await endTickets(db, (invitations) => invitations.where('id', '=', id));
    await issueTicket(db, id, { ticketHash: input.ticketHash, createdAtMs: nowMs, expiresAtMs });
    await db
      .updateTable('invitations')
      .set((eb) => ({
        ticket_hash: toBytes(input.ticketHash),
        expires_at_ms: expiresAtMs,
        // The user who sends it again becomes its sender.
        invited_by: actorId,
        sent_at_ms: nowMs,
        sendings: eb('sendings', '+', 1),
      }))
      .where('id', '=', id)
      .execute();
    const { email_key: emailKey } = await db
      .selectFrom('invitations')
      .select('email_key')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const silent = input.usersOnly && !(await isUser(db, emailKey));
    act.event(silent ? { ...input.event, mails: [] } : input.event, { accountId });
    return 'done';
  },

  async takeInvitationBack(act: Act, { accountId, id, actorId, nowMs, event }: Input<'takeInvitationBack'>) {
    const refusal = await refuseUnlessAdmin(act.db, accountId, actorId, id, nowMs);
    if (refusal !== null) return refusal;
    await endTickets(act.db, (invitations) => invitations.where('id', '=', id));
    await act.db.updateTable('invitations').set({ ended_at_ms: nowMs }).where('id', '=', id).execute();
    act.event(event, { accountId });
    return 'done';
  },

  async acceptInvitation(act: Act, { ticketHash, userId, nowMs, event }: Input<'acceptInvitation'>) {
    const user = await act.db
      .selectFrom('users')
      .select('email_key')
      .where('id', '=', userId)
      .where('disabled_at_ms', 'is', null)
      .where('deleted_at_ms', 'is', null)
      .executeTakeFirst();
    if (user === undefined) return 'gone';
    const invitation = await lockInvitation(act.db, { ticketHash, emailKey: user.email_key, nowMs });
    if (typeof invitation === 'string') return invitation;
    // An invitation to register is answered by registering.
    if (invitation.accountId === null) return 'gone';
    const isNewOwner = invitation.role === 'owner' && (await roleInTeam(act.db, invitation.accountId, userId)) === null;
    if (isNewOwner && !(await mayOwnAnother(act.db, userId))) return 'too_many';
    if (!(await redeemInvitation(act, { invitation, ticketHash, userId, nowMs, event }))) return 'gone';
    return { accountId: invitation.accountId };
  },

  async inviteToRegister(act: Act, { invitation, event }: Input<'inviteToRegister'>) {
    const { db } = act;
    const sender = await lockEnabledUser(db, invitation.invitedBy, null);
    if (sender === null || !sender.isAdministrator) return 'not_allowed';
    const taken = await db.selectFrom('users').select('id').where('email_key', '=', invitation.emailKey).executeTakeFirst();
    if (taken !== undefined) return 'registered';
    if (!(await act.mayMail(event))) return 'too_many';
    const before = open(db, invitation.createdAtMs)
      .where('invitations.account_id', 'is', null)
      .where('invitations.email_key', '=', invitation.emailKey);
    for (const { id } of await before.execute()) {
      await endTickets(db, (invitations) => invitations.where('id', '=', id));
      await db.updateTable('invitations').set({ ended_at_ms: invitation.createdAtMs }).where('id', '=', id).execute();
    }
    return await insert(act, null, invitation, event);
  },
};

/**
 * The first half of using an invitation up, for an act that has more to do before (registering): it reads and locks the
 * invitation and its team until the commit, so that `redeemInvitation` later in the same act finds them unchanged. Nothing is
 * changed. `emailKey`: of the person who comes. `gone`: unknown, used, revoked or expired, its team is deleted, or its sender
 * could not send it now.
 */
export async function lockInvitation(
  db: Db,
  { ticketHash, emailKey, nowMs }: { ticketHash: string; emailKey: string; nowMs: number },
): Promise<InvitationByTicket | 'gone' | 'other_address'> {
  const seen = await byTicket(db, ticketHash, nowMs);
  if (seen === null) return 'gone';
  if (seen.emailKey !== emailKey) return 'other_address';
  if (seen.inviterId === null || (await lockEnabledUser(db, seen.inviterId, null)) === null) return 'gone';
  if (seen.accountId !== null && !(await lockTeam(db, seen.accountId))) return 'gone';
  const locked = await db
    .updateTable('invitations')
    .set((eb) => ({ ended_at_ms: eb.ref('ended_at_ms') }))
    .where('id', '=', seen.id)
    .where('ticket_hash', '=', toBytes(ticketHash))
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst();
  return locked.numUpdatedRows === 0n || !(await maySend(db, seen)) ? 'gone' : seen;
}

/**
 * Whether its sender could send it now: an enabled administrator (to register), or an enabled member whose role may give this
 * role.
 */
async function maySend(
  db: Db,
  { inviterId, accountId, role }: Pick<Invitation, 'inviterId' | 'accountId' | 'role'>,
): Promise<boolean> {
  const sender = await db
    .selectFrom('users')
    .select(['id', 'is_administrator'])
    .where('id', '=', inviterId ?? 0)
    .where('disabled_at_ms', 'is', null)
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
  if (sender === undefined) return false;
  if (accountId === null) return sender.is_administrator === 1;
  const held = await roleInTeam(db, accountId, sender.id);
  return held !== null && mayInvite(held, role);
}

/**
 * For every act that takes rights away: ends the open invitations that a user could not send any more. `accountId`: of one team;
 * null: to register; left out: all of them. `role`: the role that the user still has; null: none. `event`: of the act, for who
 * did it and when.
 */
export async function endInvitationsBeyond(
  act: Act,
  { senderId, accountId, role, event }: { senderId: number; accountId?: number | null; role: Role | null; event: EventDraft },
): Promise<readonly EndedInvitation[]> {
  const { db } = act;
  let sent = open(db, event.atMs).where('invitations.invited_by', '=', senderId);
  if (accountId !== undefined) sent = sent.where('invitations.account_id', accountId === null ? 'is' : '=', accountId);
  const beyond = (await sent.execute()).filter((row) => role === null || !mayInvite(role, row.role));
  for (const row of beyond) {
    await endTickets(db, (invitations) => invitations.where('id', '=', row.id));
    await db.updateTable('invitations').set({ ended_at_ms: event.atMs }).where('id', '=', row.id).execute();
    act.event(
      happened(event.by, event.atMs, 'invitation.taken_back', {
        details: { invitation: row.id, role: row.role, because: event.event },
      }),
      row.account_id === null ? {} : { accountId: row.account_id },
    );
  }
  return beyond.map(({ id, email, role: given }) => ({ id, email, role: given }));
}

/**
 * The second half: uses the ticket up, makes the user a member (one who is a member already keeps their role), and marks their
 * address as verified, since the link came to it. `event`: `invitation.accepted`, its account is filled in. False if the ticket
 * was used in the meantime, which `lockInvitation` in the same act rules out.
 *
 * In the act of a registration:
 * ```
 * const invitation = await lockInvitation(act.db, { ticketHash, emailKey: user.emailKey, nowMs });
 * if (typeof invitation === 'string') return invitation;      // 'gone' | 'other_address'
 * const created = await insertUser(act.db, user);
 * if (created === null) return null;                           // taken; the invitation is still valid
 * await redeemInvitation(act, { invitation, ticketHash, userId: created.id, nowMs, event });
 * ```
 */
export async function redeemInvitation(
  act: Act,
  {
    invitation,
    ticketHash,
    userId,
    nowMs,
    event,
  }: { invitation: InvitationByTicket; ticketHash: string; userId: number; nowMs: number; event: EventDraft },
): Promise<boolean> {
  const { db } = act;
  if ((await redeem(db, { purpose: 'invitation', hash: ticketHash, nowMs })) === null) return false;
  await db.updateTable('invitations').set({ ended_at_ms: nowMs }).where('id', '=', invitation.id).execute();
  await db
    .updateTable('users')
    .set({ email_verified_at_ms: nowMs })
    .where('id', '=', userId)
    .where('email_verified_at_ms', 'is', null)
    .execute();
  if (invitation.accountId !== null)
    await addMember(act, {
      ...{ accountId: invitation.accountId, userId, role: invitation.role },
      cause: { atMs: nowMs, by: event.by },
    });
  act.event(
    { ...event, details: { ...event.details, invitation: invitation.id, role: invitation.role } },
    { userId, ...(invitation.accountId === null ? {} : { accountId: invitation.accountId }) },
  );
  return true;
}

/** All of a team, with their links. */
export async function endInvitations(db: Db, accountId: number, nowMs: number): Promise<void> {
  await endTickets(db, (invitations) => invitations.where('account_id', '=', accountId).where('ended_at_ms', 'is', null));
  await db
    .updateTable('invitations')
    .set({ ended_at_ms: nowMs })
    .where('account_id', '=', accountId)
    .where('ended_at_ms', 'is', null)
    .execute();
}

async function insert(act: Act, accountId: number | null, invitation: NewInvitation, event: EventDraft): Promise<Invitation> {
  const { id } = await act.db
    .insertInto('invitations')
    .values({
      account_id: accountId,
      email: invitation.email,
      email_key: invitation.emailKey,
      role: invitation.role,
      invited_by: invitation.invitedBy,
      ticket_hash: toBytes(invitation.ticketHash),
      created_at_ms: invitation.createdAtMs,
      sent_at_ms: invitation.createdAtMs,
      sendings: 1,
      expires_at_ms: invitation.expiresAtMs,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await issueTicket(act.db, id, invitation);
  act.event({ ...event, details: { ...event.details, invitation: id } }, accountId === null ? {} : { accountId });
  return toInvitation(await open(act.db, invitation.createdAtMs).where('invitations.id', '=', id).executeTakeFirstOrThrow());
}

const issueTicket = (db: Db, id: number, ticket: Pick<NewInvitation, 'ticketHash' | 'createdAtMs' | 'expiresAtMs'>) =>
  db
    .insertInto('tickets')
    .values({
      hash: toBytes(ticket.ticketHash),
      purpose: 'invitation',
      user_id: null,
      data: JSON.stringify({ invitationId: id }),
      created_at_ms: ticket.createdAtMs,
      ends_at_ms: ticket.expiresAtMs,
    })
    .execute();

const hashes = (db: Db) => db.selectFrom('invitations').select('ticket_hash');

async function endTickets(db: Db, choose: (invitations: ReturnType<typeof hashes>) => ReturnType<typeof hashes>): Promise<void> {
  await db
    .deleteFrom('tickets')
    .where('hash', 'in', choose(hashes(db)))
    .where('purpose', '=', 'invitation')
    .execute();
}

async function refuseUnlessAdmin(
  db: Db,
  accountId: number,
  actorId: number,
  id: number,
  nowMs: number,
): Promise<'gone' | 'not_allowed' | null> {
  if (!(await lockTeam(db, accountId))) return 'gone';
  const role = await roleInTeam(db, accountId, actorId);
  if (role === null) return 'gone';
  const invitation = await open(db, nowMs)
    .where('invitations.account_id', '=', accountId)
    .where('invitations.id', '=', id)
    .executeTakeFirst();
  if (invitation === undefined) return 'gone';
  // An admin cannot change invitations of future owners.
  return includesRole(role, 'admin') && includesRole(role, invitation.role) ? null : 'not_allowed';
}

async function isMember(db: Db, accountId: number, emailKey: string): Promise<boolean> {
  const row = await db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('members.user_id')
    .where('members.account_id', '=', accountId)
    .where('users.email_key', '=', emailKey)
    .executeTakeFirst();
  return row !== undefined;
}

async function isUser(db: Db, emailKey: string): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('email_key', '=', emailKey)
    .where('disabled_at_ms', 'is', null)
    .where('deleted_at_ms', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Call under the lock of the team. */
async function openOf(db: Db, accountId: number, nowMs: number): Promise<number> {
  const { count } = await db
    .selectFrom('invitations')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('ended_at_ms', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirstOrThrow();
  return Number(count);
}

const maxInvitationsOf = ({ emailVerifiedAtMs }: Pick<User, 'emailVerifiedAtMs'>, limit: number): number =>
  emailVerifiedAtMs === null ? Math.min(limit, MAX_INVITATIONS_A_DAY_UNVERIFIED) : limit;

/** Mails that this user sent within a day, in any team. */
async function sentByOn(db: Db, userId: number, nowMs: number): Promise<number> {
  const row = await db
    .selectFrom('invitations')
    .select((eb) => eb.fn.sum<number>('sendings').as('sendings'))
    .where('invited_by', '=', userId)
    .where('sent_at_ms', '>', nowMs - DAY_MS)
    .executeTakeFirst();
  return Number(row?.sendings ?? 0);
}

/** Invitations to register have no ceiling: those that expire first. */
const sentBy = (db: Db, userId: number, nowMs: number) =>
  db
    .selectFrom('invitations')
    .select('id')
    .where('invited_by', '=', userId)
    .where('ended_at_ms', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .orderBy('expires_at_ms')
    .limit(MAX_LISTED);

const open = (db: Db, nowMs: number) =>
  db
    .selectFrom('invitations')
    .leftJoin('users', 'users.id', 'invitations.invited_by')
    .select([
      'invitations.id',
      'invitations.account_id',
      'invitations.email',
      'invitations.email_key',
      'invitations.role',
      'invitations.invited_by',
      'invitations.created_at_ms',
      'invitations.expires_at_ms',
      'users.display_name as inviter_name',
      'users.email as inviter_email',
    ])
    .where('invitations.ended_at_ms', 'is', null)
    .where('invitations.expires_at_ms', '>', nowMs);

async function byTicket(db: Db, ticketHash: string, nowMs: number): Promise<InvitationByTicket | null> {
  const row = await open(db, nowMs)
    .leftJoin('accounts', 'accounts.id', 'invitations.account_id')
    .select(['accounts.name as account_name', 'accounts.deleted_at_ms as account_deleted_at_ms'])
    .select((eb) =>
      eb
        .selectFrom('users as invited')
        .select('invited.id')
        .whereRef('invited.email_key', '=', 'invitations.email_key')
        .where('invited.deleted_at_ms', 'is', null)
        .as('invited_user_id'),
    )
    .where('invitations.ticket_hash', '=', toBytes(ticketHash))
    .executeTakeFirst();
  if (row === undefined || row.account_deleted_at_ms !== null) return null;
  return {
    ...toInvitation(row),
    emailKey: row.email_key,
    accountName: row.account_name,
    registered: row.invited_user_id !== null,
  };
}

type Row = Awaited<ReturnType<ReturnType<typeof open>['executeTakeFirstOrThrow']>>;

const toInvitation = (row: Row): Invitation => ({
  id: row.id,
  accountId: row.account_id,
  email: row.email,
  role: row.role,
  invitedBy: row.inviter_name || row.inviter_email,
  inviterId: row.invited_by,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
});
