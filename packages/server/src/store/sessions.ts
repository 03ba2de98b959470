/**
 * Sessions of applications: their rows and refresh keys. A refresh moves the row's counter; a row that has ended refuses every
 * later refresh.
 */
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { happened } from '../core/audit/event.ts';
import {
  type EndReason,
  MAX_LATE_A_DAY,
  MAX_REPEATS,
  type Move,
  type Moved,
  type NewSession,
  REPEAT_FOR_MS,
  type Session,
  type SessionState,
  type SessionsStore,
  type StoredRefreshKey,
} from '../core/sessions/session.ts';
import type { Role } from '../core/teams/member.ts';
import type { Act } from './act.ts';
import { fromJson } from './json.ts';
import { endLapsed } from './lapsed.ts';
import { activeSessions, type SessionsOf } from './newest-sessions.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database, SessionsTable } from './schema.ts';
import { isSuspended, suspendedSinceMs } from './suspension.ts';

type Row = Selectable<SessionsTable>;
type Input<Name extends keyof SessionsStore> = Parameters<SessionsStore[Name]>[0];
type Reads =
  | 'listSessionsOfUser'
  | 'listSessionsOfApplication'
  | 'findSession'
  | 'findSessionState'
  | 'countSessionsBySignIn'
  | 'findSessions'
  | 'findSeal'
  | 'newestRefreshKey'
  | 'findRefreshKey';

const DAY_MS = 86_400_000;
const FIRST_COUNTER = 1;

export function sessionsReads(db: Db): Pick<SessionsStore, Reads> {
  return {
    async listSessionsOfUser(userId, { limit, nowMs }) {
      const rows = await db
        .selectFrom('sessions')
        .innerJoin('applications', 'applications.id', 'sessions.application_id')
        .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
        .selectAll('sessions')
        .select(['applications.client_id', 'applications.name as application_name', 'accounts.name as account_name'])
        .where('sessions.id', 'in', lastUsed(db, { userId }, { limit, nowMs }))
        .orderBy('sessions.last_used_at_ms', 'desc')
        .execute();
      return rows.map((row) => ({
        ...toSession(row),
        clientId: row.client_id,
        applicationName: row.application_name,
        accountName: row.account_name,
      }));
    },
    async listSessionsOfApplication(applicationId, { limit, nowMs }) {
      const rows = await db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .selectAll('sessions')
        .select('users.display_name')
        .where('sessions.id', 'in', lastUsed(db, { applicationId }, { limit, nowMs }))
        .orderBy('sessions.last_used_at_ms', 'desc')
        .execute();
      return rows.map((row) => ({ ...toSession(row), userName: row.display_name }));
    },
    async findSession(id) {
      const row = await db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toSession(row);
    },
    findSessionState: (id) => findSessionState(db, id),
    async countSessionsBySignIn(userId, nowMs) {
      const rows = await activeSessions(db, { userId }, nowMs)
        .select(['newest.sign_in_id', (eb) => eb.fn.countAll<number>().as('count')])
        .groupBy('newest.sign_in_id')
        .execute();
      return rows.map((row) => ({ signInId: row.sign_in_id, sessions: Number(row.count) }));
    },
    async findSessions(ids) {
      if (ids.length === 0) return [];
      const rows = await db
        .selectFrom('sessions')
        .innerJoin('applications', 'applications.id', 'sessions.application_id')
        .selectAll('sessions')
        .select('applications.client_id')
        .where('sessions.id', 'in', ids)
        .execute();
      return rows.map((row) => ({ ...toSession(row), clientId: row.client_id }));
    },
    async findSeal(id) {
      const row = (await sealOf(db, { id })).rows[0];
      if (row === undefined) return null;
      return { applicationId: row.application_id, refreshKeyId: row.refresh_key_id, salt: row.salt };
    },
    newestRefreshKey: () => newestKey(db),
    async findRefreshKey(id) {
      const row = await db.selectFrom('refresh_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toKey(row);
    },
  };
}

/** The ids of those that were used last, for a list. */
const lastUsed = (db: Db, of: SessionsOf, { limit, nowMs }: { limit: number; nowMs: number }) =>
  activeSessions(db, of, nowMs).select('newest.id').orderBy('newest.last_used_at_ms', 'desc').limit(limit);

export const sessionsActs = {
  async moveSession(act: Act, move: Input<'moveSession'>): Promise<Moved> {
    const moved = (await moveOn(act.db, { ...policyOf(move), ...moveOf(move) })).affected > 0;
    const outcome = moved ? ('moved' as const) : await classifyReplay(act, move);
    if (outcome === 'too_often' || outcome === 'reused' || outcome === 'over') return { outcome };
    const sessionState = await findSessionState(act.db, move.id);
    if (sessionState !== null) return { outcome, sessionState };
    // The user, the application, the account or the membership of it is gone: the act that removed it ends sessions; this covers
    // the rest.
    await endSessions(act, { id: move.id }, { reason: 'revoked', nowMs: move.nowMs });
    act.event(move.events.ended);
    return { outcome: 'over' };
  },

  async endSession(act: Act, { id, userId, applicationId, reason, nowMs, event }: Input<'endSession'>): Promise<boolean> {
    const only = { id, ...(userId === undefined ? {} : { userId }), ...(applicationId === undefined ? {} : { applicationId }) };
    const [ended] = await endSessions(act, only, { reason, nowMs });
    if (ended === undefined) return false;
    act.event(event, { accountId: ended.accountId, userId: ended.userId });
    return true;
  },

  async recordSeen(act: Act, { sessions }: Input<'recordSeen'>): Promise<void> {
    // In one order, so that two servers with the same sessions do not wait for each other.
    for (const seen of sessions.toSorted((a, b) => (a.id < b.id ? -1 : 1))) await see(act.db, seen);
  },

  async addRefreshKey(act: Act, { newestId, sealedKey, nowMs }: Input<'addRefreshKey'>): Promise<StoredRefreshKey> {
    const newest = await newestKey(act.db);
    if (newest !== null && newest.id !== newestId) return newest;
    const row = await act.db
      .insertInto('refresh_keys')
      .values({ sealed_key: sealedKey, created_at_ms: nowMs })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toKey(row);
  },

  async dropUnusedRefreshKeys(act: Act, { nowMs }: Input<'dropUnusedRefreshKeys'>): Promise<number> {
    const newest = await newestKey(act.db);
    if (newest === null) return 0;
    const deleted = await act.db
      .deleteFrom('refresh_keys')
      .where('id', '<', newest.id)
      // A server that does not know of the newest yet may still open sessions with the previous one.
      .where('created_at_ms', '<', nowMs - DAY_MS)
      .where((eb) =>
        eb.not(
          eb.exists(eb.selectFrom('sessions').select('sessions.id').whereRef('sessions.refresh_key_id', '=', 'refresh_keys.id')),
        ),
      )
      .executeTakeFirst();
    return Number(deleted.numDeletedRows);
  },

  endLapsed,

  async sweepSessions(act: Act, { beforeMs, limit }: Input<'sweepSessions'>): Promise<boolean> {
    const ended = act.db.selectFrom('sessions').select('id').where('ended_at_ms', '<', beforeMs).limit(limit);
    const sessions = await act.db.deleteFrom('sessions').where('id', 'in', ended).executeTakeFirst();
    const over = act.db.selectFrom('authorization_codes').select('hash').where('ends_at_ms', '<', beforeMs).limit(limit);
    const codes = await act.db.deleteFrom('authorization_codes').where('hash', 'in', over).executeTakeFirst();
    return Number(sessions.numDeletedRows) === limit || Number(codes.numDeletedRows) === limit;
  },
};

/** Which sessions an act ends; all conditions that are given must match. */
export interface SessionsFilter {
  readonly id?: string;
  readonly userId?: number;
  readonly accountId?: number;
  readonly applicationId?: number;
  readonly grantId?: number;
  /** Granted in this sign-in. */
  readonly signInId?: number;
  /** Granted in any other sign-in, or the sign-in is not recorded. */
  readonly exceptSignInId?: number;
}

interface EndedSession {
  readonly id: string;
  readonly userId: number;
  readonly accountId: number;
  /** Of its newest JWT; by the clock of the server that issued it. */
  readonly lastUsedAtMs: number;
}

/**
 * Ends active sessions within another act, and notifies every server and guard of each: their JWTs are revoked from then on. The
 * rows' locks make this certain: a running refresh has moved before, and its JWT is revoked too, or it finds the session ended.
 */
export async function endSessions(
  act: Act,
  only: SessionsFilter,
  { reason, nowMs }: { reason: EndReason; nowMs: number },
): Promise<readonly EndedSession[]> {
  let query = act.db.updateTable('sessions').set({ ended_at_ms: nowMs, end_reason: reason }).where('ended_at_ms', 'is', null);
  if (only.id !== undefined) query = query.where('id', '=', only.id);
  if (only.userId !== undefined) query = query.where('user_id', '=', only.userId);
  if (only.accountId !== undefined) query = query.where('account_id', '=', only.accountId);
  if (only.applicationId !== undefined) query = query.where('application_id', '=', only.applicationId);
  if (only.grantId !== undefined) query = query.where('grant_id', '=', only.grantId);
  const { signInId, exceptSignInId } = only;
  if (signInId !== undefined) query = query.where('sign_in_id', '=', signInId);
  if (exceptSignInId !== undefined)
    query = query.where((eb) => eb.or([eb('sign_in_id', 'is', null), eb('sign_in_id', '!=', exceptSignInId)]));
  const rows = await query.returning(['id', 'user_id', 'account_id', 'last_used_at_ms']).execute();
  for (const { id, last_used_at_ms } of rows)
    act.revoke({ kind: 'session', id, beforeMs: Math.max(nowMs, last_used_at_ms), isForGood: true });
  return rows.map((row) => ({
    id: row.id,
    userId: row.user_id,
    accountId: row.account_id,
    lastUsedAtMs: row.last_used_at_ms,
  }));
}

/**
 * Keeps the `keep` most recently used sessions of a user with an application, and ends the others. Call under the lock of the
 * user.
 */
export async function endUnusedSessions(
  act: Act,
  { userId, applicationId, keep, nowMs }: { userId: number; applicationId: number; keep: number; nowMs: number },
): Promise<void> {
  const living = await act.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('application_id', '=', applicationId)
    .where('ended_at_ms', 'is', null)
    .orderBy('last_used_at_ms', 'desc')
    .orderBy('created_at_ms', 'desc')
    .execute();
  const by = { actor: 'server', requestId: null, person: {} } as const;
  for (const { id } of living.slice(keep))
    for (const { accountId } of await endSessions(act, { id }, { reason: 'too-many', nowMs }))
      act.event(happened(by, nowMs, 'session.ended', { reason: 'too-many', details: { session: id } }), { accountId, userId });
}

/** Opens one under a grant whose lock the act holds. */
export async function insertSession(
  db: Db,
  session: NewSession,
  under: {
    grantId: number;
    applicationId: number;
    userId: number;
    accountId: number;
    permissions: readonly string[];
    scopes: readonly string[];
    signedInAtMs: number;
    signInId: number;
  },
): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      id: session.id,
      grant_id: under.grantId,
      application_id: under.applicationId,
      user_id: under.userId,
      account_id: under.accountId,
      permissions: JSON.stringify(under.permissions),
      scopes: JSON.stringify(under.scopes),
      signed_in_at_ms: under.signedInAtMs,
      sign_in_id: under.signInId,
      refresh_key_id: session.refreshKeyId,
      salt: Buffer.from(session.salt),
      counter: FIRST_COUNTER,
      moved_at_ms: session.atMs,
      repeats: 0,
      late_at_ms: '[]',
      created_at_ms: session.atMs,
      last_used_at_ms: session.atMs,
      last_address: session.address,
      last_user_agent: session.userAgent,
    })
    .execute();
}

/**
 * Null if the session, its user, grant, application or account has ended, the account is suspended, or the user is not a member
 * of the account any more.
 */
export const findSessionState = async (db: Db, id: string): Promise<SessionState | null> =>
  toState((await selectSessionState(db, { id })).rows[0]);

/**
 * What `moveSession` does when the token is the newest and the session has not ended. Sent one after the other, so that the second
 * sees what the first has changed, and all that was committed while the first waited for the row.
 */
export const statementsOfMove = (db: Db, move: Move) =>
  [moveOn.statement(db, { ...policyOf(move), ...moveOf(move) }), selectSessionState.statement(db, { id: move.id })] as const;

/** What their answers say. Null: anything else, so the act itself must decide. */
export function movedBy(
  { affected }: { readonly affected: number },
  { rows }: { readonly rows: readonly StateRow[] },
): Moved | null {
  const sessionState = affected > 0 ? toState(rows[0]) : null;
  return sessionState === null ? null : { outcome: 'moved', sessionState };
}

function toState(row: StateRow | undefined): SessionState | null {
  if (row === undefined) return null;
  const role = roleOf(row);
  if (role === null) return null;
  return {
    session: toSession(row),
    granted: JSON.parse(row.granted) as string[],
    role,
    application: {
      permissions: fromJson(row.application_permissions),
      verifiedAtMs: row.verified_at_ms,
      idleSeconds: row.idle_seconds,
      absoluteSeconds: row.absolute_seconds,
    },
    jwtsAfterMs: Math.max(row.jwts_after_ms, row.application_jwts_after_ms),
    counter: row.counter,
  };
}

const selectSessionState = prepare((db, { id }: { id: string }) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .innerJoin('accounts', 'accounts.id', 'sessions.account_id')
    .innerJoin('grants', 'grants.id', 'sessions.grant_id')
    .innerJoin('applications', 'applications.id', 'sessions.application_id')
    .leftJoin('members', (join) =>
      join.onRef('members.account_id', '=', 'sessions.account_id').onRef('members.user_id', '=', 'sessions.user_id'),
    )
    .selectAll('sessions')
    .select([
      'grants.permissions as granted',
      'applications.permissions as application_permissions',
      'applications.verified_at_ms',
      'applications.idle_seconds',
      'applications.absolute_seconds',
      'applications.jwts_after_ms as application_jwts_after_ms',
      'accounts.kind as account_kind',
      'accounts.user_id as account_user_id',
      'users.is_administrator',
      'members.role',
    ])
    .where('sessions.id', '=', id)
    .where('sessions.ended_at_ms', 'is', null)
    .where('users.disabled_at_ms', 'is', null)
    .where('users.deleted_at_ms', 'is', null)
    .where('accounts.deleted_at_ms', 'is', null)
    .where(suspendedSinceMs, 'is', null)
    .where('grants.ended_at_ms', 'is', null)
    .where('applications.deleted_at_ms', 'is', null),
);

type StateRow = Awaited<ReturnType<typeof selectSessionState>>['rows'][number];

function roleOf(row: {
  user_id: number;
  account_kind: string;
  account_user_id: number | null;
  is_administrator: number;
  role: Role | null;
}): Role | null {
  if (row.account_kind === 'team') return row.role;
  if (row.account_kind === 'operator') return row.is_administrator === 1 ? 'owner' : null;
  return row.account_user_id === row.user_id ? 'owner' : null;
}

const moveOn = prepare(
  (
    db,
    move: {
      id: string;
      applicationId: number;
      counter: number;
      nowMs: number;
      usedAfterMs: number;
      createdAfterMs: number;
      address: string | null;
      userAgent: string | null;
      none: string;
    },
  ) =>
    db
      .updateTable('sessions')
      .set((eb) => ({
        counter: eb('counter', '+', 1),
        moved_at_ms: move.nowMs,
        repeats: 0,
        late_at_ms: move.none,
        last_used_at_ms: move.nowMs,
        last_address: move.address,
        last_user_agent: move.userAgent,
      }))
      .where('id', '=', move.id)
      .where('application_id', '=', move.applicationId)
      .where('counter', '=', move.counter)
      .where('ended_at_ms', 'is', null)
      .where('last_used_at_ms', '>', move.usedAfterMs)
      .where('created_at_ms', '>', move.createdAfterMs)
      // Not while the account is suspended: the client's token must still be the newest when it is resumed.
      .where((eb) => eb.not(isOfSuspendedAccount(eb))),
);

const policyOf = ({ idleMs, absoluteMs, nowMs }: Move) => ({
  usedAfterMs: idleMs === null ? -1 : nowMs - idleMs,
  createdAfterMs: absoluteMs === null ? -1 : nowMs - absoluteMs,
});

const moveOf = ({ id, applicationId, counter, nowMs, address, userAgent }: Move) => ({
  ...{ id, applicationId, counter, nowMs, address, userAgent },
  none: '[]',
});

const isOfSuspendedAccount = (eb: ExpressionBuilder<Database, 'sessions'>) =>
  eb.exists(
    eb
      .selectFrom('accounts')
      .select('accounts.id')
      .whereRef('accounts.id', '=', 'sessions.account_id')
      .where(suspendedSinceMs, 'is not', null),
  );

/**
 * Why the token was not simply the newest. The row is locked first: an act that moves it at the same time waits, or was before
 * us.
 */
async function classifyReplay(act: Act, move: Move): Promise<Moved['outcome']> {
  const row = await act.db
    .updateTable('sessions')
    .set((eb) => ({ counter: eb.ref('counter') }))
    .where('id', '=', move.id)
    .where('application_id', '=', move.applicationId)
    .where('ended_at_ms', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return 'over';
  const { usedAfterMs, createdAfterMs } = policyOf(move);
  if (row.last_used_at_ms <= usedAfterMs) return endByPolicy(act, move, 'idle');
  if (row.created_at_ms <= createdAfterMs) return endByPolicy(act, move, 'too-old');
  if (move.counter < row.counter - 1) return 'reused';
  if (await isSuspended(act.db, row.account_id)) return 'over';
  if (move.counter > row.counter) return jump(act, move);
  // On PostgreSQL the act before us may have moved the row while we waited for it: then our token is the previous one.
  return move.counter === row.counter ? moveLocked(act, move) : repeat(act, move, row);
}

async function moveLocked(act: Act, move: Move): Promise<Moved['outcome']> {
  const { affected } = await moveOn(act.db, { ...policyOf(move), ...moveOf(move) });
  return affected > 0 ? 'moved' : 'over';
}

async function repeat(act: Act, move: Move, row: Row): Promise<Moved['outcome']> {
  const used = { last_used_at_ms: Math.max(move.nowMs, row.last_used_at_ms) };
  const update = act.db.updateTable('sessions').where('id', '=', move.id);
  if (move.nowMs - row.moved_at_ms <= REPEAT_FOR_MS) {
    if (row.repeats >= MAX_REPEATS) return 'too_often';
    await update.set({ ...used, repeats: row.repeats + 1 }).execute();
    return 'repeated';
  }
  if (move.isProved) {
    await update.set(used).execute();
    return 'repeated';
  }
  const late = (JSON.parse(row.late_at_ms) as number[]).filter((atMs) => atMs > move.nowMs - DAY_MS);
  if (late.length >= MAX_LATE_A_DAY) return 'too_often';
  await update.set({ ...used, late_at_ms: JSON.stringify([...late, move.nowMs]) }).execute();
  act.event(move.events.late, { accountId: row.account_id, userId: row.user_id });
  return 'late';
}

/** The MAC proves that we created it, so the row has been set back: a backup was restored. */
async function jump(act: Act, move: Move): Promise<Moved['outcome']> {
  const row = await act.db
    .updateTable('sessions')
    .set({ counter: move.counter })
    .where('id', '=', move.id)
    .returning(['account_id', 'user_id'])
    .executeTakeFirst();
  if (row === undefined || (await moveLocked(act, move)) !== 'moved') return 'over';
  act.event(move.events.ahead, { accountId: row.account_id, userId: row.user_id });
  return 'ahead';
}

async function endByPolicy(act: Act, { id, nowMs, events }: Move, reason: 'idle' | 'too-old'): Promise<'over'> {
  const [ended] = await endSessions(act, { id }, { reason, nowMs });
  if (ended !== undefined) act.event({ ...events.ended, reason }, { accountId: ended.accountId, userId: ended.userId });
  return 'over';
}

const sealOf = prepare((db, { id }: { id: string }) =>
  db
    .selectFrom('sessions')
    .select(['application_id', 'refresh_key_id', 'salt'])
    .where('id', '=', id)
    .where('ended_at_ms', 'is', null),
);

const newestKey = async (db: Db): Promise<StoredRefreshKey | null> => {
  const row = await db.selectFrom('refresh_keys').selectAll().orderBy('id', 'desc').limit(sql.lit(1)).executeTakeFirst();
  return row === undefined ? null : toKey(row);
};

const see = prepare((db, { id, atMs }: { id: string; atMs: number }) =>
  db
    .updateTable('sessions')
    .set({ seen_at_ms: atMs })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('seen_at_ms', 'is', null), eb('seen_at_ms', '<', atMs)])),
);

const toKey = (row: { id: number; sealed_key: string; created_at_ms: number }): StoredRefreshKey => ({
  id: row.id,
  sealedKey: row.sealed_key,
  createdAtMs: row.created_at_ms,
});

const toSession = (row: Row): Session => ({
  id: row.id,
  grantId: row.grant_id,
  applicationId: row.application_id,
  userId: row.user_id,
  accountId: row.account_id,
  permissions: JSON.parse(row.permissions) as string[],
  scopes: JSON.parse(row.scopes) as string[],
  signedInAtMs: row.signed_in_at_ms,
  createdAtMs: row.created_at_ms,
  refreshedAtMs: row.last_used_at_ms,
  lastUsedAtMs: Math.max(row.last_used_at_ms, row.seen_at_ms ?? 0),
  lastAddress: row.last_address,
  lastUserAgent: row.last_user_agent,
  refreshes: row.counter - FIRST_COUNTER,
  endedAtMs: row.ended_at_ms,
  endReason: row.end_reason as EndReason | null,
  signInId: row.sign_in_id,
});
