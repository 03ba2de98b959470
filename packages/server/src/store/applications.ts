/**
 * Applications that ask users for access: their settings, client secrets, badges and logo, and the end of an application with
 * everything that it was granted.
 */
import { type Selectable, sql } from 'kysely';
import {
  type Application,
  type ApplicationSettings,
  type ApplicationsStore,
  type ApplicationWithSecrets,
  DEFAULT_SETTINGS,
  type ListedApplication,
  type Logo,
  MAX_SESSIONS_COUNTED,
  narrowsApplication,
} from '../core/applications/application.ts';
import { BADGES } from '../core/applications/badge.ts';
import type { Actor } from '../core/audit/event.ts';
import { type InactiveState, OPERATOR_ACCOUNT_ID } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { badgesLost, changedOf, isFirstParty, toLostBadges, withJudged, withoutBadges } from './badges.ts';
import { endGrants } from './grants.ts';
import { toBytes, toHex } from './hex.ts';
import { CLOCK_SLACK_MS } from './horizon.ts';
import { fromJson, toJson } from './json.ts';
import { narrowApplication } from './narrowing.ts';
import { countActiveSessions } from './newest-sessions.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database } from './schema.ts';
import { foldCase, idsBeginning } from './search.ts';
import { endSessions } from './sessions.ts';
import { forgetSuspension, lockAccount, suspendedSinceMs } from './suspension.ts';

type Input<Name extends keyof ApplicationsStore> = Parameters<ApplicationsStore[Name]>[0];
type Reads = Pick<ApplicationsStore, 'findApplication' | 'findClient' | 'findLogo' | 'listApplications'>;

export function applicationsReads(db: Db): Reads {
  return {
    async findApplication(id) {
      const row = await living(db).where('applications.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toApplication(row);
    },
    async findClient(clientId) {
      const row = (await client(db, { clientId })).rows[0];
      return row === undefined
        ? null
        : { ...toApplicationWithSecrets(row), accountName: row.account_name, jwtsAfterMs: row.jwts_after_ms };
    },
    async findLogo(clientId) {
      const row = await living(db).where('client_id', '=', clientId).executeTakeFirst();
      return row === undefined || row.logo === null ? null : (JSON.parse(row.logo) as Logo);
    },
    async listApplications({ accountId, clientId, search = '', beforeId, limit, nowMs }) {
      let query = living(db)
        .innerJoin('accounts', 'accounts.id', 'applications.account_id')
        .select('accounts.name as account_name');
      if (accountId !== undefined) query = query.where('account_id', '=', accountId);
      if (clientId !== undefined) query = query.where('client_id', '=', clientId);
      if (beforeId !== undefined) query = query.where('applications.id', '<', beforeId);
      if (search !== '') query = query.where('applications.id', 'in', applicationIdsBy(db, search));
      const rows = await query.orderBy('applications.id', 'desc').limit(limit).execute();
      const max = MAX_SESSIONS_COUNTED;
      const counts = await Promise.all(rows.map(({ id }) => countActiveSessions(db, { applicationId: id }, { nowMs, max })));
      return rows.map(
        (row, at): ListedApplication => ({
          ...toApplication(row),
          accountName: row.account_name,
          liveSessions: counts[at] ?? 0,
        }),
      );
    },
  };
}

export const applicationsActs = {
  async createApplication(
    act: Act,
    { application, logo, limit, event }: Input<'createApplication'>,
  ): Promise<Application | InactiveState | 'too_many' | 'not_operators'> {
    if (application.isFirstParty && application.accountId !== OPERATOR_ACCOUNT_ID) return 'not_operators';
    const state = await lockAccount(act.db, application.accountId);
    if (state !== 'active') return state;
    const { count } = await act.db
      .selectFrom('applications')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('account_id', '=', application.accountId)
      .where('deleted_at_ms', 'is', null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= limit) return 'too_many';
    const row = await act.db
      .insertInto('applications')
      .values({
        ...columnsOf(application),
        client_id: application.clientId,
        account_id: application.accountId,
        logo: logo === null ? null : JSON.stringify(logo),
        kind: application.kind,
        is_first_party: application.isFirstParty ? 1 : 0,
        verified_at_ms: application.verifiedAtMs,
        secret_hash: application.secretHash === null ? null : toBytes(application.secretHash),
        secret_made_at_ms: application.secretHash === null ? null : application.createdAtMs,
        created_at_ms: application.createdAtMs,
        updated_at_ms: application.createdAtMs,
        created_by: event.by.actor,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    act.event(event, { accountId: row.account_id });
    return toApplication(row);
  },

  async updateApplication(act: Act, input: Input<'updateApplication'>): Promise<Application | null> {
    const { id, settings, logo, nowMs, event } = input;
    const row = await lockApplication(act.db, id);
    if (row === null) return null;
    const columns = {
      ...partialColumnsOf(settings),
      ...(logo === undefined ? {} : { logo: logo === null ? null : JSON.stringify(logo) }),
    };
    const changed = changedOf(row, columns);
    const badges = withoutBadges(row, changed, nowMs);
    const updated = await change(act, row, event, { ...columns, ...badges.columns, updated_at_ms: nowMs });
    if (badges.lost.length > 0) act.event(badgesLost(updated, event, badges.lost, changed), { accountId: row.account_id });
    return updated;
  },

  async judgeApplication(act: Act, input: Input<'judgeApplication'>): Promise<Application | null | 'changed' | 'not_operators'> {
    const { id, isFirstParty: isOwn, isVerified, seenMs, nowMs, event } = input;
    const row = await lockApplication(act.db, id);
    if (row === null) return null;
    if (isOwn === true && row.account_id !== OPERATOR_ACCOUNT_ID) return 'not_operators';
    if (seenMs !== undefined && row.updated_at_ms !== seenMs) return 'changed';
    const judged = BADGES.filter((badge) => (badge === 'verified' ? isVerified : isOwn) !== undefined);
    return change(act, row, event, {
      ...(isOwn === undefined ? {} : { is_first_party: isOwn ? 1 : 0 }),
      ...(isVerified === undefined ? {} : { verified_at_ms: isVerified ? nowMs : null }),
      ...withJudged(row, judged),
      updated_at_ms: nowMs,
    });
  },

  async rotateClientSecret(act: Act, input: Input<'rotateClientSecret'>): Promise<Application | null> {
    const { id, newHash, overlapEndsAtMs, nowMs, event } = input;
    const row = await act.db
      .updateTable('applications')
      .set((eb) => ({
        // A first secret has no previous one that could keep working.
        previous_secret_hash: overlapEndsAtMs === null ? null : eb.ref('secret_hash'),
        previous_secret_ends_at_ms:
          overlapEndsAtMs === null ? null : eb.case().when('secret_hash', 'is', null).then(null).else(overlapEndsAtMs).end(),
        secret_hash: toBytes(newHash),
        secret_made_at_ms: nowMs,
        updated_at_ms: nowMs,
      }))
      .where('id', '=', id)
      .where('kind', '=', 'confidential')
      .where('deleted_at_ms', 'is', null)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : told(act, row, event);
  },

  async endClientSecretOverlap(act: Act, { id, nowMs, event }: Input<'endClientSecretOverlap'>): Promise<boolean> {
    const row = await act.db
      .updateTable('applications')
      .set({ previous_secret_hash: null, previous_secret_ends_at_ms: null, updated_at_ms: nowMs })
      .where('id', '=', id)
      .where('previous_secret_ends_at_ms', '>', nowMs)
      .where('deleted_at_ms', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return false;
    told(act, row, event);
    return true;
  },

  async deleteApplication(act: Act, { id, nowMs, event }: Input<'deleteApplication'>): Promise<boolean> {
    const ended = await endApplications(act, { id }, nowMs);
    if (ended.length === 0) return false;
    act.event(event);
    return true;
  },
};

/**
 * Ends applications within another act, with their grants, sessions and JWTs: one, or (a deleted team or user) all of an account.
 * The row stays, so that the client IDs in the log mean something, and loses its secrets, its keys and its logo. Returns their
 * client IDs.
 */
export async function endApplications(
  act: Act,
  only: { readonly id: number } | { readonly accountId: number },
  nowMs: number,
): Promise<readonly string[]> {
  let query = act.db
    .updateTable('applications')
    .set({
      deleted_at_ms: nowMs,
      updated_at_ms: nowMs,
      secret_hash: null,
      previous_secret_hash: null,
      previous_secret_ends_at_ms: null,
      jwks: null,
      logo: null,
    })
    .where('deleted_at_ms', 'is', null);
  query = 'id' in only ? query.where('id', '=', only.id) : query.where('account_id', '=', only.accountId);
  const ended = await query.returning(['id', 'client_id']).execute();
  for (const { id, client_id: clientId } of ended) {
    // In this order: who opens a session holds its grant's lock.
    await endGrants(act.db, { applicationId: id }, nowMs);
    await endSessions(act, { applicationId: id }, { reason: 'application-deleted', nowMs });
    act.revoke({ kind: 'application', id: clientId, beforeMs: nowMs, isForGood: true });
    await forgetSuspension(act, 'suspended-application', clientId);
  }
  return ended.map(({ client_id }) => client_id);
}

/**
 * Within the act that disables their owner: revokes what was issued to an account's applications, and caches forget them. Their
 * JWTs are not recorded, and for a moment another server may still issue one, or by a clock that is ahead; this is why there is
 * slack.
 */
export async function stopApplications(act: Act, accountId: number, nowMs: number): Promise<void> {
  const rows = await living(act.db).clearSelect().select('client_id').where('account_id', '=', accountId).execute();
  const beforeMs = nowMs + CLOCK_SLACK_MS;
  for (const { client_id: id } of rows) act.revoke({ kind: 'application', id, beforeMs });
}

type Row = Selectable<Database['applications']>;
type Columns = ReturnType<typeof columnsOf>;

/** Changes an application whose lock the act holds, and revokes JWTs if it was narrowed. */
async function change(
  act: Act,
  before: Row,
  event: Parameters<Act['event']>[0],
  columns: Partial<Omit<Row, 'id'>>,
): Promise<Application> {
  const row = await act.db
    .updateTable('applications')
    .set(columns)
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const after = toApplication(row);
  const hasSensitive = before.verified_at_ms !== row.verified_at_ms && (await isAnythingSensitive(act.db));
  if (narrowsApplication(toApplication(before), after, { hasSensitive })) await narrowApplication(act, row, event.atMs);
  else forget(act, row);
  act.event(event, { accountId: row.account_id });
  return after;
}

/** Whether the catalogue has a permission that only verified applications may ask for. */
const isAnythingSensitive = async (db: Db): Promise<boolean> =>
  (await db.selectFrom('permissions').select('name').where('sensitive', '=', 1).limit(1).executeTakeFirst()) !== undefined;

/** The row under its lock: no other act changes it before the commit. */
async function lockApplication(db: Db, id: number): Promise<Row | null> {
  const row = await db
    .updateTable('applications')
    .set((eb) => ({ updated_at_ms: eb.ref('updated_at_ms') }))
    .where('id', '=', id)
    .where('deleted_at_ms', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** The event, and a change for every server that keeps something of it in memory. */
function told(act: Act, row: Row, event: Parameters<Act['event']>[0]): Application {
  forget(act, row);
  act.event(event, { accountId: row.account_id });
  return toApplication(row);
}

const forget = (act: Act, row: Row): void =>
  act.change({ kind: 'application', id: row.client_id, beforeMs: null, endsAtMs: null });

/** By the beginning of the name, without regard to case, or of the client ID. */
const applicationIdsBy = (db: Db, search: string) =>
  idsBeginning(db, 'applications', [
    [sql`lower(name)`, foldCase(search)],
    [sql`client_id`, search],
  ]);

const living = (db: Db) =>
  db.selectFrom('applications').selectAll('applications').where('applications.deleted_at_ms', 'is', null);

/** Read at each request to the token endpoint. By left joins, because only personal accounts have a user. */
const client = prepare((db, { clientId }: { clientId: string }) =>
  living(db)
    .innerJoin('accounts', 'accounts.id', 'applications.account_id')
    .leftJoin('users', 'users.id', 'accounts.user_id')
    .select('accounts.name as account_name')
    .where('client_id', '=', clientId)
    .where('accounts.deleted_at_ms', 'is', null)
    .where(suspendedSinceMs, 'is', null)
    .where('users.disabled_at_ms', 'is', null)
    .where('users.deleted_at_ms', 'is', null),
);

const columnsOf = (settings: ApplicationSettings) => ({
  name: settings.name,
  home_page: settings.homePage,
  redirect_uris: JSON.stringify(settings.redirectUris),
  post_logout_redirect_uris: JSON.stringify(settings.postLogoutRedirectUris),
  schemes_without_dot: settings.allowsSchemesWithoutDot ? 1 : 0,
  id_token_algorithm: settings.idTokenAlgorithm,
  permissions: toJson(settings.permissions),
  optional_permissions: JSON.stringify(settings.optionalPermissions),
  own_permissions: JSON.stringify(settings.ownPermissions),
  idle_seconds: settings.idleSeconds,
  absolute_seconds: settings.absoluteSeconds,
  jwks: settings.jwks === null ? null : JSON.stringify(settings.jwks),
});

const COLUMN_OF: Readonly<Record<keyof ApplicationSettings, keyof Columns>> = {
  name: 'name',
  homePage: 'home_page',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  allowsSchemesWithoutDot: 'schemes_without_dot',
  idTokenAlgorithm: 'id_token_algorithm',
  permissions: 'permissions',
  optionalPermissions: 'optional_permissions',
  ownPermissions: 'own_permissions',
  idleSeconds: 'idle_seconds',
  absoluteSeconds: 'absolute_seconds',
  jwks: 'jwks',
};

/** Only the columns of the given settings. */
function partialColumnsOf(settings: Partial<ApplicationSettings>): Partial<Columns> {
  const all = columnsOf({ ...DEFAULT_SETTINGS, ...settings });
  const given = (Object.keys(settings) as (keyof ApplicationSettings)[]).map((name) => COLUMN_OF[name]);
  return Object.fromEntries(given.map((column) => [column, all[column]]));
}

const toApplication = (row: Row): Application => ({
  id: row.id,
  clientId: row.client_id,
  accountId: row.account_id,
  name: row.name,
  homePage: row.home_page,
  hasLogo: row.logo !== null,
  kind: row.kind,
  redirectUris: JSON.parse(row.redirect_uris) as string[],
  postLogoutRedirectUris: JSON.parse(row.post_logout_redirect_uris) as string[],
  allowsSchemesWithoutDot: row.schemes_without_dot === 1,
  idTokenAlgorithm: row.id_token_algorithm,
  permissions: fromJson(row.permissions),
  optionalPermissions: JSON.parse(row.optional_permissions) as string[],
  ownPermissions: JSON.parse(row.own_permissions) as string[],
  idleSeconds: row.idle_seconds,
  absoluteSeconds: row.absolute_seconds,
  jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as Application['jwks']),
  isFirstParty: isFirstParty(row),
  verifiedAtMs: row.verified_at_ms,
  lostBadges: toLostBadges(row.lost_badges),
  secretMadeAtMs: row.secret_made_at_ms,
  previousSecretEndsAtMs: row.previous_secret_ends_at_ms,
  createdAtMs: row.created_at_ms,
  updatedAtMs: row.updated_at_ms,
  createdBy: row.created_by as Actor | null,
});

const toApplicationWithSecrets = (row: Row): ApplicationWithSecrets => ({
  ...toApplication(row),
  secretHash: row.secret_hash === null ? null : toHex(row.secret_hash),
  previousSecretHash: row.previous_secret_hash === null ? null : toHex(row.previous_secret_hash),
});
