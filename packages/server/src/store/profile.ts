/**
 * What users do to their own data: their name, password, address and account, and registering. Also what ends when an address is
 * verified for the first time.
 */
import type { ExpressionBuilder } from 'kysely';
import type { AdoptionStore } from '../core/providers/provider.ts';
import { mayAdopt } from '../core/providers/vouching.ts';
import { isSameEnding } from '../core/sign-ins/ending.ts';
import type { PasswordsStore, RegistrationStore } from '../core/sign-ins/ports.ts';
import { mayRegister } from '../core/sign-ins/sign-up-rule.ts';
import type { User } from '../core/users/account.ts';
import type { ProfileStore } from '../core/users/profile.ts';
import { latestIssueMs } from './accounts.ts';
import type { Act } from './act.ts';
import { hasAdministratorBeside, lockAdministrators } from './administration.ts';
import { endApplications } from './applications.ts';
import { erasePersons, NO_PERSON } from './audit.ts';
import { endTokensOfLogins } from './credentials.ts';
import { readEnding } from './ending.ts';
import { beginErasure } from './erasure.ts';
import { endGrants } from './grants.ts';
import { toBytes } from './hex.ts';
import { endInvitationsBeyond, lockInvitation, redeemInvitation } from './invitations.ts';
import { leaveEveryTeam } from './members.ts';
import type { Db } from './prepared.ts';
import type { Database } from './schema.ts';
import { endSessions } from './sessions.ts';
import { endSignIns } from './sign-ins.ts';
import { forgetSuspension } from './suspension.ts';
import { renameAccount } from './teams.ts';
import { endTickets, keepTicket, redeem } from './tickets.ts';
import { insertUser, lockEnabledUser, toUser, users } from './users.ts';

type Store = ProfileStore & PasswordsStore & RegistrationStore & AdoptionStore;
type Input<Name extends keyof Store> = Parameters<Store[Name]>[0];

export function profileReads(db: Db): Pick<Store, 'findPasswordHash' | 'pendingEmail' | 'readEnding' | 'asksForVerifiedEmail'> {
  return {
    async asksForVerifiedEmail() {
      const row = await db.selectFrom('settings').select('value').where('name', '=', 'verified_email_first').executeTakeFirst();
      return row?.value === 'on';
    },
    readEnding: (input) => readEnding(db, input),
    async findPasswordHash(userId) {
      const row = await db.selectFrom('users').select('password_hash').where('id', '=', userId).executeTakeFirst();
      return row === undefined || row.password_hash === '' ? null : row.password_hash;
    },
    async pendingEmail(userId, nowMs) {
      const row = await db
        .selectFrom('tickets')
        .select('data')
        .where('user_id', '=', userId)
        .where('purpose', '=', 'new-email')
        .where('ends_at_ms', '>', nowMs)
        .orderBy('created_at_ms', 'desc')
        .executeTakeFirst();
      return row === undefined ? null : String((JSON.parse(row.data) as { email?: unknown }).email ?? '');
    },
  };
}

export const profileActs = {
  async renameUser(act: Act, input: Input<'renameUser'>): Promise<boolean> {
    const updated = await act.db
      .updateTable('users')
      .set({
        display_name: input.displayName,
        first_name: input.firstName,
        last_name: input.lastName,
        updated_at_ms: input.nowMs,
      })
      .where('id', '=', input.userId)
      .where('deleted_at_ms', 'is', null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return false;
    // The personal account has its user's name.
    const { id: accountId } = await act.db
      .selectFrom('accounts')
      .select('id')
      .where('user_id', '=', input.userId)
      .executeTakeFirstOrThrow();
    await renameAccount(act, { accountId, name: input.displayName, cause: input.event });
    act.event(input.event);
    return true;
  },

  async changePassword(act: Act, input: Input<'changePassword'>) {
    const { db } = act;
    const { userId, nowMs, keep, ticket, expects } = input;
    const before = await users(db).where('users.id', '=', userId).executeTakeFirst();
    if (before === undefined) return 'gone' as const;
    const isFirstProof = input.proves && before.email_verified_at_ms === null;
    if (expects !== null) {
      const ending = await readEnding(db, { userId, all: isFirstProof, nowMs });
      if (!isSameEnding(expects, { ...ending, isFirstProof })) return 'changed' as const;
    }
    if (ticket !== null) {
      const redeemed = await redeem(db, { ...ticket, nowMs });
      if (redeemed === null || redeemed.userId !== userId) return 'gone' as const;
    }
    // A sign-in that was ended while the password was hashed cannot change anything any more.
    if (keep !== null && !(await giveNewSecret(db, userId, keep))) return 'gone' as const;
    await db
      .updateTable('users')
      .set({ password_hash: input.passwordHash, password_changed_at_ms: nowMs, updated_at_ms: nowMs })
      .where('id', '=', userId)
      .execute();
    // First of all: everything that a browser has in progress (`authority.ts`) is written before the rest looks for what to end.
    await endSignIns(db, { userId, nowMs, ...(keep === null ? {} : { exceptId: keep.id }) });
    await endSessions(act, { userId }, { reason: 'password-changed', nowMs });
    if (isFirstProof) {
      await endEverything(act, { userId, accountId: before.account_id, nowMs });
      await db.updateTable('users').set({ email_verified_at_ms: nowMs }).where('id', '=', userId).execute();
    } else {
      await endTokensOfLogins(act, userId, nowMs);
    }
    await endTickets(db, userId);
    act.event(input.event, { accountId: before.account_id });
    return 'done' as const;
  },

  async verifyEmail(act: Act, { userId, ticketHash, nowMs, event }: Input<'verifyEmail'>): Promise<User | null> {
    const ticket = await redeem(act.db, { purpose: 'verify-email', hash: ticketHash, nowMs });
    if (ticket === null || ticket.userId !== userId) return undo();
    const updated = await act.db
      .updateTable('users')
      .set((eb) => ({ email_verified_at_ms: eb.fn.coalesce('email_verified_at_ms', eb.val(nowMs)) }))
      .where('id', '=', userId)
      .where('email_key', '=', String(ticket.data.emailKey))
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return null;
    act.event(event);
    return toUser(await users(act.db).where('users.id', '=', userId).executeTakeFirstOrThrow());

    /** Another person's link is not touched. */
    async function undo(): Promise<null> {
      if (ticket !== null) await keepTicket(act.db, ticketHash, ticket);
      return null;
    }
  },

  async changeEmail(act: Act, { userId, ticketHash, nowMs, event }: Input<'changeEmail'>): Promise<User | 'gone' | 'taken'> {
    const ticket = await redeem(act.db, { purpose: 'new-email', hash: ticketHash, nowMs });
    if (ticket === null) return 'gone';
    if (ticket.userId !== userId) {
      await keepTicket(act.db, ticketHash, ticket);
      return 'gone';
    }
    const { email, emailKey } = ticket.data as { email: string; emailKey: string };
    const taken = await act.db
      .selectFrom('users')
      .select('id')
      .where('email_key', '=', emailKey)
      .where('id', '!=', userId)
      .executeTakeFirst();
    if (taken !== undefined) return 'taken';
    await takeInvitationsAlong(act.db, { userId, emailKey, nowMs });
    // The notice goes to the old address, only if that was verified.
    await act.judgeMails(event);
    await act.db
      .updateTable('users')
      .set({ email, email_key: emailKey, email_verified_at_ms: nowMs, updated_at_ms: nowMs })
      .where('id', '=', userId)
      .execute();
    // Links that went to the old address are useless now.
    await endTickets(act.db, userId, 'reset-password');
    await endTickets(act.db, userId, 'verify-email');
    act.event(event);
    return toUser(await users(act.db).where('users.id', '=', userId).executeTakeFirstOrThrow());
  },

  async deleteUser(act: Act, { userId, nowMs, event }: Input<'deleteUser'>) {
    const { db } = act;
    const user = await users(db).where('users.id', '=', userId).executeTakeFirst();
    if (user === undefined) return 'gone' as const;
    if (user.is_administrator === 1) {
      // If the last two administrators delete themselves at once, one stays.
      await lockAdministrators(db, null);
      if (!(await hasAdministratorBeside(db, userId))) return 'last_administrator' as const;
    }
    if (!(await leaveEveryTeam(act, userId, event))) return 'only_owner' as const;
    await endInvitationsBeyond(act, { senderId: userId, role: null, event });
    await endSignIns(db, { userId, nowMs });
    await endEverything(act, { userId, accountId: user.account_id, nowMs });
    await endTickets(db, userId);
    await db.deleteFrom('sign_ins').where('user_id', '=', userId).execute();
    await db.updateTable('sessions').set({ last_address: null, last_user_agent: null }).where('user_id', '=', userId).execute();
    await beginErasure(db);
    await forgetUse(db, user.account_id);
    await forgetInvitee(db, userId);
    await forgetMails(db, userId);
    await forgetInvitations(db, userId, nowMs);
    await db.updateTable('imported_users').set({ address_hash: null }).where('user_id', '=', userId).execute();
    await db
      .updateTable('users')
      .set({
        email: '',
        email_key: `deleted:${userId}`,
        password_hash: '',
        display_name: '',
        first_name: '',
        last_name: '',
        is_administrator: 0,
        deleted_at_ms: nowMs,
        updated_at_ms: nowMs,
      })
      .where('id', '=', userId)
      .execute();
    await db.updateTable('accounts').set({ name: '', deleted_at_ms: nowMs }).where('id', '=', user.account_id).execute();
    await forgetSuspension(act, 'suspended-account', String(user.account_id));
    await erasePersons(db, userId);
    act.event(event, { accountId: user.account_id });
    return 'done' as const;
  },

  async registerInvited(act: Act, { user, ticketHash, signUp, nowMs, events }: Input<'registerInvited'>) {
    const invitation = await lockInvitation(act.db, { ticketHash, emailKey: user.emailKey, nowMs });
    if (invitation === 'gone') return 'gone' as const;
    if (invitation === 'other_address') return 'other-address' as const;
    if (!mayRegister(signUp, invitation)) return 'sign-up-closed' as const;
    const created = await insertUser(act.db, user);
    if (created === null) return 'taken' as const;
    act.event(events.created, { userId: created.id, accountId: created.accountId });
    await redeemInvitation(act, { invitation, ticketHash, userId: created.id, nowMs, event: events.accepted });
    return toUser(await users(act.db).where('users.id', '=', created.id).executeTakeFirstOrThrow());
  },

  async adoptIdentity(act: Act, input: Input<'adoptIdentity'>) {
    const { db } = act;
    const { identity, user, vouching, mayCreate, firstProof, nowMs, events } = input;
    const existing = await users(db).where('users.email_key', '=', user.emailKey).executeTakeFirst();
    // Before any user is created, and only for a stranger: users accept it at their own page.
    const entry = existing === undefined ? await judgeEntry(db, input) : null;
    if (typeof entry === 'string') return entry;
    const created = mayCreate && existing === undefined ? await insertUser(db, user) : null;
    const found = created ?? existing ?? (await users(db).where('users.email_key', '=', user.emailKey).executeTakeFirst());
    if (found === undefined) return firstProof === null ? ('sign-up-closed' as const) : ('gone' as const);
    // Locked before anything is ended: no log-in of theirs can come in between.
    const owner = await lockEnabledUser(db, found.id, null);
    if (owner === null) return null;
    if (created === null && !mayAdopt(vouching, owner)) return 'unlisted' as const;
    const { id: userId, accountId } = owner;
    if (created !== null) act.event(events.created, { userId, accountId });
    if (created !== null && entry !== null) await redeemInvitation(act, { ...entry, userId, nowMs });
    const isFirstProof = created === null && owner.emailVerifiedAtMs === null;
    if (isFirstProof && firstProof === null) return 'first-proof' as const;
    if (firstProof !== null) {
      const { expects, ticketHash } = firstProof;
      // Verified in between: nothing would end, although the mail says that it did.
      if (userId !== firstProof.userId || !isFirstProof) return 'gone' as const;
      if (expects !== null && !isSameEnding(expects, await readEnding(db, { userId, all: true, nowMs })))
        return 'changed' as const;
      const ticket = await redeem(db, { purpose: 'first-proof', hash: ticketHash, nowMs });
      if (ticket === null || ticket.userId !== userId) return 'gone' as const;
    }
    if (isFirstProof) {
      await endSignIns(db, { userId, nowMs });
      await endEverything(act, { userId, accountId, nowMs });
      await endTickets(db, userId);
      await db.updateTable('users').set({ password_hash: '', password_changed_at_ms: nowMs }).where('id', '=', userId).execute();
    }
    if (vouching !== 'none')
      await db
        .updateTable('users')
        .set((eb) => ({ email_verified_at_ms: eb.fn.coalesce('email_verified_at_ms', eb.val(nowMs)) }))
        .where('id', '=', userId)
        .execute();
    await db
      .insertInto('identities')
      .values({
        provider: identity.provider,
        subject: identity.subject,
        user_id: userId,
        email: identity.email,
        linked_at_ms: identity.linkedAtMs,
      })
      .onConflict((conflict) => conflict.columns(['provider', 'subject']).doNothing())
      .execute();
    act.event(events.linked, { userId, accountId });
    return toUser(await users(db).where('users.id', '=', userId).executeTakeFirstOrThrow());
  },

  async createFirstAdministrator(act: Act, { user, ticketHash, nowMs, event }: Input<'createFirstAdministrator'>) {
    // Two servers that start at the same moment may each have shown their own link.
    await lockAdministrators(act.db, null);
    const ticket = await redeem(act.db, { purpose: 'setup', hash: ticketHash, nowMs });
    if (ticket === null || (await hasAdministratorBeside(act.db, null))) return 'gone' as const;
    const created = await insertUser(act.db, user);
    if (created === null) {
      await keepTicket(act.db, ticketHash, ticket);
      return 'taken' as const;
    }
    await endTickets(act.db, null, 'setup');
    act.event(event, { userId: created.id, accountId: created.accountId });
    return created;
  },
};

/**
 * The invitation of a stranger who comes through another provider, which says that the address is theirs. Null: they come without
 * one.
 */
async function judgeEntry(db: Db, { invitation: entry, user: { emailKey }, nowMs }: Input<'adoptIdentity'>) {
  if (entry === null) return null;
  const { ticketHash, signUp, event } = entry;
  const invitation = await lockInvitation(db, { ticketHash, emailKey, nowMs });
  if (invitation === 'gone') return 'invitation-over' as const;
  if (invitation === 'other_address') return 'other-address' as const;
  return mayRegister(signUp, invitation) ? { invitation, ticketHash, event } : ('sign-up-closed' as const);
}

/**
 * Every credential of the user or the personal account, its JWTs, what they granted, every application of it, and every factor.
 * The sign-ins have ended before.
 */
async function endEverything(
  act: Act,
  { userId, accountId, nowMs }: { userId: number; accountId: number; nowMs: number },
): Promise<void> {
  const { db } = act;
  const beforeMs = await latestIssueMs(db, accountId, nowMs);
  await db
    .updateTable('credentials')
    .set({ revoked_at_ms: nowMs })
    .where((eb) => eb.or([eb('user_id', '=', userId), eb('account_id', '=', accountId)]))
    .where('revoked_at_ms', 'is', null)
    .execute();
  // Known networks and browsers are deleted too: the browser of someone who registered this address is not the owner's.
  for (const table of [
    'passkeys',
    'totp_secrets',
    'recovery_codes',
    'identities',
    'known_browsers',
    'known_addresses',
  ] as const) {
    await db.deleteFrom(table).where('user_id', '=', userId).execute();
  }
  await db.updateTable('users').set({ two_step_since_ms: null }).where('id', '=', userId).execute();
  // Grants before sessions: who opens a session holds its grant's lock.
  await endGrants(db, { userId }, nowMs);
  await endSessions(act, { userId }, { reason: 'user-ended', nowMs });
  await endApplications(act, { accountId }, nowMs);
  act.revoke({ kind: 'user', id: userId, beforeMs });
  act.revoke({ kind: 'account', id: accountId, beforeMs });
}

/** False if the sign-in has ended. */
async function giveNewSecret(db: Db, userId: number, { id, hash }: { id: number; hash: string }): Promise<boolean> {
  const updated = await db
    .updateTable('sign_ins')
    .set({ hash: toBytes(hash) })
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** Mails to a deleted user contain their address. The one that reports the deletion is written later in the same act. */
const forgetMails = (db: Db, userId: number) => db.deleteFrom('mails').where('user_id', '=', userId).execute();

/**
 * Deletes what was written when others invited this address: the mail, which belongs to no user, and the address with the event.
 * Found through the invitations, which are kept for as long, so that no whole table is read.
 */
async function forgetInvitee(db: Db, userId: number): Promise<void> {
  const invitations = await db
    .selectFrom('invitations')
    .select(['email', 'account_id', 'invited_by'])
    .where('email_key', '=', db.selectFrom('users').select('email_key').where('id', '=', userId))
    .execute();
  for (const { email, account_id: accountId, invited_by: inviter } of invitations) {
    await db.deleteFrom('mails').where('recipient', '=', email).where('user_id', 'is', null).execute();
    let sent = db
      .selectFrom('audit_events')
      .select(['id', 'person_data'])
      .where('event', '=', 'invitation.sent')
      .where('person_data', 'is not', null);
    sent = accountId === null ? sent.where('actor', '=', `user:${inviter}`) : sent.where('account_id', '=', accountId);
    const events = (await sent.execute()).filter(({ person_data: data }) => emailIn(data) === email).map(({ id }) => id);
    if (events.length > 0) await db.updateTable('audit_events').set(NO_PERSON).where('id', 'in', events).execute();
  }
}

const emailIn = (person: string | null): string | undefined => (JSON.parse(person ?? '{}') as { email?: string }).email;

/** From where and with which user agent the credentials of the personal account were used. The counts stay. */
const forgetUse = (db: Db, accountId: number) =>
  db
    .updateTable('credential_use')
    .set({ last_address: null, last_user_agent: null, previous_last_address: null, previous_last_user_agent: null })
    .where('credential_id', 'in', db.selectFrom('credentials').select('id').where('account_id', '=', accountId))
    .execute();

const overAt = (nowMs: number) => (eb: ExpressionBuilder<Database, 'invitations'>) =>
  eb.or([eb('ended_at_ms', 'is not', null), eb('expires_at_ms', '<=', nowMs)]);

/** Recipients of invitations that were answered or have ended. An open one belongs to the address, and its owner may change. */
const forgetInvitations = (db: Db, userId: number, nowMs: number) =>
  db
    .updateTable('invitations')
    .set({ email: '', email_key: '' })
    .where('email_key', '=', db.selectFrom('users').select('email_key').where('id', '=', userId))
    .where(overAt(nowMs))
    .execute();

/**
 * For the act that changes a verified address, before it does: ended invitations to the old one are found by the new one from now
 * on, so that they are deleted with the user. Their text stays.
 */
const takeInvitationsAlong = (
  db: Db,
  { userId, emailKey, nowMs }: { readonly userId: number; readonly emailKey: string; readonly nowMs: number },
) =>
  db
    .updateTable('invitations')
    .set({ email_key: emailKey })
    .where(
      'email_key',
      '=',
      db.selectFrom('users').select('email_key').where('id', '=', userId).where('email_verified_at_ms', 'is not', null),
    )
    .where(overAt(nowMs))
    .execute();
