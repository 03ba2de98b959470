/**
 * Grants and authorization codes: what a user allows an application, the code that carries it, and the session that the code
 * opens. A code works once (RFC 6749 §4.1.2).
 */
import { sql } from 'kysely';
import { matchesRedirectUri } from '../core/applications/redirect-uri.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import type { Allowance, CodeData, GivenCode, Grant, GrantsStore, Redeemed } from '../core/oauth/grant.ts';
import { MAX_ACCOUNTS_REACHED } from '../core/teams/member.ts';
import type { Act } from './act.ts';
import { isFirstParty } from './badges.ts';
import { toBytes } from './hex.ts';
import { isActive } from './lapsed.ts';
import { lockActiveRole } from './lock-role.ts';
import { narrowSessions } from './narrowing.ts';
import type { Db } from './prepared.ts';
import type { GrantsTable } from './schema.ts';
import { endSessions, endUnusedSessions, findSessionState, insertSession } from './sessions.ts';
import { lockSignIn } from './sign-ins.ts';

type Input<Name extends keyof GrantsStore> = Parameters<GrantsStore[Name]>[0];

/** Nobody reads a longer list; more are listed when some of these have been revoked. */
const MAX_CONNECTED = 1000;

export function grantsReads(db: Db): Pick<GrantsStore, 'grantsOf' | 'listConnected' | 'findCode'> {
  return {
    async grantsOf({ userId, applicationId }) {
      const rows = await db
        .selectFrom('grants')
        .selectAll()
        .where('user_id', '=', userId)
        .where('application_id', '=', applicationId)
        .where('ended_at_ms', 'is', null)
        // One for each account that the user can reach, at most.
        .orderBy('updated_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(MAX_ACCOUNTS_REACHED)
        .execute();
      return rows.map(toGrant);
    },
    async listConnected(userId, nowMs) {
      // Of one grant there are few active sessions (`CEILINGS`): what is asked of them is looked up for each.
      const active = () => db.selectFrom('sessions').where(sql<boolean>`sessions.grant_id = grants.id`).where(isActive(nowMs));
      const rows = await db
        .selectFrom('grants')
        .innerJoin('applications', 'applications.id', 'grants.application_id')
        .innerJoin('accounts', 'accounts.id', 'grants.account_id')
        .selectAll('grants')
        .select([
          'applications.client_id',
          'applications.name',
          'applications.home_page',
          'applications.logo',
          'applications.verified_at_ms',
          'applications.is_first_party',
          'applications.account_id as owner_account_id',
          'accounts.name as account_name',
          active()
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .as('live_sessions'),
          active()
            .select(({ fn }) => fn.max('sessions.last_used_at_ms').as('at_ms'))
            .as('last_used_at_ms'),
          active()
            .select(({ fn }) => fn.max('sessions.seen_at_ms').as('at_ms'))
            .as('seen_at_ms'),
        ])
        .where('grants.user_id', '=', userId)
        .where('grants.ended_at_ms', 'is', null)
        .limit(MAX_CONNECTED)
        .execute();
      return rows
        .map((row) => ({
          ...toGrant(row),
          clientId: row.client_id,
          name: row.name,
          homePage: row.home_page,
          hasLogo: row.logo !== null,
          isVerified: row.verified_at_ms !== null,
          isFirstParty: isFirstParty({ ...row, account_id: row.owner_account_id }),
          accountName: row.account_name,
          lastUsedAtMs: row.last_used_at_ms === null ? null : Math.max(Number(row.last_used_at_ms), Number(row.seen_at_ms ?? 0)),
          liveSessions: Number(row.live_sessions),
        }))
        .sort((a, b) => (b.lastUsedAtMs ?? b.updatedAtMs) - (a.lastUsedAtMs ?? a.updatedAtMs));
    },
    async findCode(hash) {
      const row = await db
        .selectFrom('authorization_codes')
        .select(['data', 'ends_at_ms', 'session_id'])
        .where('hash', '=', toBytes(hash))
        .executeTakeFirst();
      if (row === undefined) return null;
      return { data: JSON.parse(row.data) as CodeData, endsAtMs: row.ends_at_ms, sessionId: row.session_id };
    },
  };
}

export const grantsActs = {
  async giveCode(act: Act, input: Input<'giveCode'>): Promise<GivenCode> {
    const { db } = act;
    if ((await lockActiveRole(db, input.userId, input.accountId)) === null) return 'gone';
    // `GET /auth` does not pass a door, and if nothing new is allowed there is no event that could name an authority: it is
    // judged here.
    if (!(await lockSignIn(db, input.signInId))) return 'gone';
    const application = await lockApplication(db, input.applicationId);
    if (application === null) return 'gone';
    if (!isAsExpected(application, input.expects)) return 'changed';
    const existing = await findLiving(db, input);
    if (
      input.allow !== null &&
      isNew(existing, input.allow) &&
      (await provedAtMs(db, input.signInId)) < input.allow.provedSinceMs
    )
      return 'proof_required';
    const grantId = input.allow === null ? (existing?.id ?? null) : await allow(act, existing, input, input.allow);
    if (grantId === null) return 'gone';
    await dropOldCodes(db, { userId: input.userId, keep: CEILINGS.codesOfUser - 1, nowMs: input.nowMs });
    const { hash, data, endsAtMs } = input.code;
    await db
      .insertInto('authorization_codes')
      .values({
        hash: toBytes(hash),
        grant_id: grantId,
        data: JSON.stringify(data),
        created_at_ms: input.nowMs,
        ends_at_ms: endsAtMs,
        session_id: null,
      })
      .execute();
    return 'given';
  },

  async redeemCode(act: Act, { hash, session, nowMs, events }: Input<'redeemCode'>): Promise<Redeemed> {
    const code = await act.db
      .updateTable('authorization_codes')
      .set({ session_id: session.id })
      .where('hash', '=', toBytes(hash))
      .where('session_id', 'is', null)
      .where('ends_at_ms', '>', nowMs)
      .returning(['grant_id', 'data'])
      .executeTakeFirst();
    if (code === undefined) return await refuseCode(act, hash, nowMs, events.reused);
    const grant = await act.db.selectFrom('grants').selectAll().where('id', '=', code.grant_id).executeTakeFirst();
    // The order in which acts that end grants take their locks, too: the user, the account, then the grant.
    if (grant === undefined || (await lockActiveRole(act.db, grant.user_id, grant.account_id)) === null) return OVER;
    const data = JSON.parse(code.data) as CodeData;
    // A sign-in that was ended in the meantime may have been a thief's.
    if (!(await lockSignIn(act.db, data.signInId)) || !(await lockGrant(act.db, grant.id))) return OVER;
    const { user_id: userId, application_id: applicationId } = grant;
    await endUnusedSessions(act, { userId, applicationId, keep: CEILINGS.sessionsOfUserWithApplication - 1, nowMs });
    await insertSession(act.db, session, {
      grantId: grant.id,
      applicationId: grant.application_id,
      userId: grant.user_id,
      accountId: grant.account_id,
      permissions: data.permissions,
      scopes: data.scopes,
      signedInAtMs: data.signedInAtMs,
      signInId: data.signInId,
    });
    const sessionState = await findSessionState(act.db, session.id);
    if (sessionState === null) {
      await act.db.deleteFrom('sessions').where('id', '=', session.id).execute();
      return OVER;
    }
    act.event(events.opened, { accountId: grant.account_id, userId: grant.user_id });
    return { outcome: 'redeemed', sessionState };
  },

  async endGrant(act: Act, { id, userId, nowMs, event }: Input<'endGrant'>): Promise<boolean> {
    const ended = await act.db
      .updateTable('grants')
      .set({ ended_at_ms: nowMs, updated_at_ms: nowMs })
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .where('ended_at_ms', 'is', null)
      .returning('account_id')
      .executeTakeFirst();
    if (ended === undefined) return false;
    await endSessions(act, { grantId: id }, { reason: 'grant-ended', nowMs });
    act.event(event, { accountId: ended.account_id, userId });
    return true;
  },
};

/** Keeps the `keep` newest unused codes of a user, and deletes the others. Call under the lock of the user. */
async function dropOldCodes(db: Db, { userId, keep, nowMs }: { userId: number; keep: number; nowMs: number }): Promise<void> {
  const waiting = await db
    .selectFrom('authorization_codes')
    .innerJoin('grants', 'grants.id', 'authorization_codes.grant_id')
    .select('authorization_codes.hash')
    .where('grants.user_id', '=', userId)
    .where('grants.ended_at_ms', 'is', null)
    .where('authorization_codes.session_id', 'is', null)
    .where('authorization_codes.ends_at_ms', '>', nowMs)
    .orderBy('authorization_codes.created_at_ms', 'desc')
    .execute();
  // One that was redeemed in between is kept, so that using it again is noticed.
  for (const { hash } of waiting.slice(keep))
    await db.deleteFrom('authorization_codes').where('hash', '=', hash).where('session_id', 'is', null).execute();
}

/** Ends grants within another act; their sessions end with them. */
export async function endGrants(
  db: Db,
  only: { userId?: number; accountId?: number; applicationId?: number },
  nowMs: number,
): Promise<void> {
  let query = db.updateTable('grants').set({ ended_at_ms: nowMs, updated_at_ms: nowMs }).where('ended_at_ms', 'is', null);
  if (only.userId !== undefined) query = query.where('user_id', '=', only.userId);
  if (only.accountId !== undefined) query = query.where('account_id', '=', only.accountId);
  if (only.applicationId !== undefined) query = query.where('application_id', '=', only.applicationId);
  await query.execute();
}

const OVER: Redeemed = { outcome: 'over' };

/** A code that comes twice was copied: what it opened ends (RFC 6749 §4.1.2). */
async function refuseCode(act: Act, hash: string, nowMs: number, event: Parameters<Act['event']>[0]): Promise<Redeemed> {
  const used = await act.db
    .selectFrom('authorization_codes')
    .select('session_id')
    .where('hash', '=', toBytes(hash))
    .executeTakeFirst();
  if (used === undefined || used.session_id === null) return OVER;
  const [ended] = await endSessions(act, { id: used.session_id }, { reason: 'code-reused', nowMs });
  if (ended !== undefined) act.event(event, { accountId: ended.accountId, userId: ended.userId });
  return { outcome: 'used' };
}

/** The application under its lock, so that it cannot change in between. */
const lockApplication = async (db: Db, id: number) =>
  (await db
    .updateTable('applications')
    .set((eb) => ({ updated_at_ms: eb.ref('updated_at_ms') }))
    .where('id', '=', id)
    .where('deleted_at_ms', 'is', null)
    .returning(['account_id', 'is_first_party', 'verified_at_ms', 'redirect_uris'])
    .executeTakeFirst()) ?? null;

type LockedApplication = NonNullable<Awaited<ReturnType<typeof lockApplication>>>;

function isAsExpected(row: LockedApplication, expects: Input<'giveCode'>['expects']): boolean {
  if (expects.isVerified && row.verified_at_ms === null) return false;
  if (expects.isFirstParty && !isFirstParty(row)) return false;
  return matchesRedirectUri(JSON.parse(row.redirect_uris) as string[], expects.redirectUri);
}

/**
 * Whether the application would get something that it did not have. `offline_access` does not count: every session can refresh.
 */
const isNew = (existing: Grant | null, { permissions, scopes }: Allowance): boolean =>
  existing === null ||
  permissions.some((name) => !existing.permissions.includes(name)) ||
  scopes.some((scope) => scope !== 'offline_access' && !existing.scopes.includes(scope));

async function provedAtMs(db: Db, signInId: number): Promise<number> {
  const row = await db.selectFrom('sign_ins').select('proved_at_ms').where('id', '=', signInId).executeTakeFirstOrThrow();
  return row.proved_at_ms;
}

async function lockGrant(db: Db, id: number): Promise<boolean> {
  const locked = await db
    .updateTable('grants')
    .set((eb) => ({ updated_at_ms: eb.ref('updated_at_ms') }))
    .where('id', '=', id)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst();
  return locked.numUpdatedRows > 0n;
}

async function findLiving(
  db: Db,
  { userId, applicationId, accountId }: { userId: number; applicationId: number; accountId: number },
): Promise<Grant | null> {
  const row = await db
    .selectFrom('grants')
    .selectAll()
    .where('user_id', '=', userId)
    .where('application_id', '=', applicationId)
    .where('account_id', '=', accountId)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst();
  return row === undefined ? null : toGrant(row);
}

/** The newest decision on each permission counts, and what was not asked for now stays as it was. */
async function allow(
  act: Act,
  existing: Grant | null,
  { userId, applicationId, accountId, signInId, nowMs }: Input<'giveCode'>,
  allowance: Allowance,
): Promise<number> {
  const { permissions, declined, scopes, events } = allowance;
  const isWidened = isNew(existing, allowance);
  const allowed = {
    permissions: JSON.stringify(union(without(existing?.permissions ?? [], declined), permissions)),
    declined: JSON.stringify(union(without(existing?.declined ?? [], permissions), declined)),
    scopes: JSON.stringify(union(existing?.scopes ?? [], scopes)),
    updated_at_ms: nowMs,
    ...(isWidened ? { sign_in_id: signInId } : {}),
  };
  act.event(existing === null ? events.granted : isWidened ? events.widened : events.repeated, { accountId, userId });
  if (existing !== null) {
    await act.db.updateTable('grants').set(allowed).where('id', '=', existing.id).execute();
    const taken = declined.filter((name) => existing.permissions.includes(name));
    const isLess = (held: readonly string[]): boolean => held.some((name) => taken.includes(name));
    if (taken.length > 0) await narrowSessions(act, { userId, grantId: existing.id, isLess }, nowMs);
    return existing.id;
  }
  const made = await act.db
    .insertInto('grants')
    .values({ ...allowed, user_id: userId, application_id: applicationId, account_id: accountId, created_at_ms: nowMs })
    .returning('id')
    .executeTakeFirstOrThrow();
  return made.id;
}

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
const without = (a: readonly string[], b: readonly string[]): string[] => a.filter((each) => !b.includes(each));

const toGrant = (row: Omit<GrantsTable, 'id'> & { id: number }): Grant => ({
  id: row.id,
  userId: row.user_id,
  applicationId: row.application_id,
  accountId: row.account_id,
  permissions: JSON.parse(row.permissions) as string[],
  declined: JSON.parse(row.declined) as string[],
  scopes: JSON.parse(row.scopes) as string[],
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
});
