/** Tokens and keys: reading, creating, narrowing, rotating and revoking them. Only the hash of a secret is stored. */
import { type Selectable, sql } from 'kysely';
import { type Actor, type EventDraft, happened } from '../core/audit/event.ts';
import type { Credential, CredentialsStore, CredentialWithOwner, NewCredential, Owned } from '../core/credentials/credential.ts';
import { MAX_OVERLAP_SECONDS } from '../core/credentials/rotate.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import { andThen } from '../core/lib/maybe-promise.ts';
import type { InactiveState } from '../core/users/account.ts';
import { accountUseReads } from './account-use.ts';
import type { Act } from './act.ts';
import { toBytes, toHex } from './hex.ts';
import { fromJson, toJson } from './json.ts';
import { judgedReads } from './judged.ts';
import { lockMinting, revokeWiderJwts } from './jwts.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database } from './schema.ts';
import { lockAccount, suspendedSinceMs } from './suspension.ts';
import { keepForUndo, undoActs, undoReads } from './undo.ts';
import { beginUseOfPrevious, lastUse, useActs, useReads, withUse } from './use.ts';
import { insertUser, lockEnabledUser } from './users.ts';

const MAX_OVERLAP_MS = MAX_OVERLAP_SECONDS * 1000;

type Input<Name extends keyof CredentialsStore> = Parameters<CredentialsStore[Name]>[0];
type Reads = Pick<
  CredentialsStore,
  | 'findTokenById'
  | 'findKeyByHash'
  | 'getCredential'
  | 'findCredentials'
  | 'listCredentials'
  | 'useByDay'
  | 'useOfAccount'
  | 'permissionUse'
  | 'permissionsObservedSinceMs'
  | 'findUndo'
  | 'listJudged'
  | 'usedPermissions'
>;

export function credentialsReads(db: Db): Reads {
  return {
    findTokenById: (id) => andThen(tokenById.atOnce(db, { id }), firstWithOwner),
    findKeyByHash(hash) {
      const bytes = toBytes(hash);
      return andThen(keyByHash.atOnce(db, { hash: bytes }), (current) =>
        current.rows.length > 0
          ? firstWithOwner(current)
          : andThen(keyByPreviousHash.atOnce(db, { hash: bytes }), firstWithOwner),
      );
    },
    async getCredential(kind, id) {
      const row = await db.selectFrom('credentials').selectAll().where('id', '=', id).where('kind', '=', kind).executeTakeFirst();
      return row === undefined ? null : ((await withUse(db, [toCredential(row)]))[0] ?? null);
    },
    async findCredentials(ids) {
      if (ids.length === 0) return [];
      const rows = await db.selectFrom('credentials').selectAll().where('id', 'in', ids).execute();
      return rows.map(toCredential);
    },
    async listCredentials(filter) {
      let query = db.selectFrom('credentials').selectAll().where('kind', '=', filter.kind);
      if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId);
      if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
      if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId);
      if (!filter.withRevoked) query = query.where('revoked_at_ms', 'is', null);
      const rows = await query.orderBy('id', 'desc').limit(filter.limit).execute();
      return withUse(db, rows.map(toCredential));
    },
    ...judgedReads(db),
    ...useReads(db),
    ...accountUseReads(db),
    ...undoReads(db),
  };
}

export const credentialsActs = {
  async issue(act: Act, { credential, limit, event }: Input<'issue'>): Promise<Credential | 'too_many' | InactiveState> {
    // For a token it is the personal account. Another act that creates one waits here, and then counts this one.
    const state = await lockAccount(act.db, credential.accountId);
    if (state !== 'active') return state;
    if (await isFull(act.db, credential, limit)) return 'too_many';
    const issued = await insertCredential(act.db, credential, event.by.actor);
    act.event(event, { credentialId: issued.id, accountId: issued.accountId });
    return issued;
  },

  async register(act: Act, { user, addressHash, token, events }: Input<'register'>) {
    const created = await insertUser(act.db, user);
    if (created === null) return null;
    const issued = await insertCredential(
      act.db,
      { ...token, accountId: created.accountId, userId: created.id },
      `user:${created.id}`,
    );
    if (addressHash !== null) await rememberAddress(act.db, created.id, addressHash, token.createdAtMs);
    for (const event of events) act.event(event, { userId: created.id, accountId: created.accountId, credentialId: issued.id });
    return { user: created, token: issued };
  },

  async issueAtSignIn(act: Act, { userId, passwordHash, secondFactor, addressHash, token, events }: Input<'issueAtSignIn'>) {
    const user = await lockEnabledUser(act.db, userId, passwordHash);
    if (user === null || (user.twoStepSinceMs !== null && !secondFactor)) return null;
    if ((await lockAccount(act.db, user.accountId)) === 'suspended') return 'suspended';
    await endIdleLogIns(act, { userId, keep: CEILINGS.logInTokensOfUser - 1, nowMs: token.createdAtMs });
    const issued = await insertCredential(act.db, { ...token, accountId: user.accountId, userId }, `user:${userId}`);
    if (addressHash !== null) await rememberAddress(act.db, userId, addressHash, token.createdAtMs);
    for (const event of events) act.event(event, { userId, accountId: user.accountId, credentialId: issued.id });
    return { user, token: issued };
  },

  async narrow(act: Act, input: Input<'narrow'>): Promise<Credential | null> {
    if (input.kind === 'key') await lockMinting(act.db, input.id);
    const permissions = toJson(input.permissions);
    const addresses = toJson(input.addresses);
    const before = { permissions: toJson(input.expected.permissions), addresses: toJson(input.expected.addresses) };
    const row = await act.db
      .updateTable('credentials')
      .set({
        permissions,
        addresses,
        ...(permissions === before.permissions ? {} : { permissions_changed_at_ms: input.nowMs }),
      })
      .where('id', '=', input.id)
      .where('kind', '=', input.kind)
      .where('revoked_at_ms', 'is', null)
      .where('permissions', 'is not distinct from', before.permissions)
      .where('addresses', 'is not distinct from', before.addresses)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    act.change({ kind: 'credential', id: String(input.id), beforeMs: null, endsAtMs: null });
    const addressesChanged = addresses !== before.addresses;
    if (addressesChanged || permissions !== before.permissions || input.undoEndsAtMs === null)
      await keepForUndo(act.db, { credentialId: row.id, ...before, nowMs: input.nowMs, endsAtMs: input.undoEndsAtMs });
    if (input.kind === 'key') await revokeWiderJwts(act, input.id, addressesChanged ? [] : input.permissions, input.nowMs);
    act.event(input.event, { accountId: row.account_id, credentialId: row.id });
    return toCredential(row);
  },

  async rotate(act: Act, input: Input<'rotate'>): Promise<Credential | null> {
    if (input.kind === 'key') await lockMinting(act.db, input.id);
    const currentHash = toBytes(input.currentHash);
    const row = await act.db
      .updateTable('credentials')
      .set({
        hash: toBytes(input.newHash),
        previous_hash: input.overlapEndsAtMs === null ? null : currentHash,
        previous_ends_at_ms: input.overlapEndsAtMs,
        rotated_at_ms: input.nowMs,
      })
      .where('id', '=', input.id)
      .where('kind', '=', input.kind)
      .where('hash', '=', currentHash)
      .where('revoked_at_ms', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    await beginUseOfPrevious(act.db, input.id);
    // One by one, because "all before now" would also revoke what the new secret mints within the same second.
    if (input.revokeJwts) await revokeWiderJwts(act, input.id, [], input.nowMs);
    act.change({ kind: 'credential', id: String(input.id), beforeMs: null, endsAtMs: null });
    act.event(input.event, { accountId: row.account_id, credentialId: row.id });
    return toCredential(row);
  },

  async rename(act: Act, { name, event, ...owned }: Input<'rename'>): Promise<boolean> {
    return updateOwned(act, owned, event, live(act.db, owned).set({ name }));
  },

  async endOverlap(act: Act, { nowMs, event, ...owned }: Input<'endOverlap'>): Promise<boolean> {
    const running = live(act.db, owned).where('previous_ends_at_ms', '>', nowMs);
    return updateOwned(act, owned, event, running.set({ previous_hash: null, previous_ends_at_ms: null }));
  },

  async extendOverlap(act: Act, { endsAtMs, nowMs, event, ...owned }: Input<'extendOverlap'>): Promise<boolean> {
    const running = live(act.db, owned)
      .where('previous_ends_at_ms', '>', nowMs)
      .where('rotated_at_ms', '>', nowMs - MAX_OVERLAP_MS);
    // However often it is extended, the old secret works for at most 7 days after the rotation.
    const latest = sql<number>`rotated_at_ms + ${sql.lit(MAX_OVERLAP_MS)}`;
    const capped = sql<number>`CASE WHEN ${latest} < ${endsAtMs} THEN ${latest} ELSE ${endsAtMs} END`;
    return updateOwned(act, owned, event, running.set({ previous_ends_at_ms: capped }));
  },

  async revoke(act: Act, input: Input<'revoke'>): Promise<boolean> {
    if (input.kind === 'key') await lockMinting(act.db, input.id);
    let query = act.db
      .updateTable('credentials')
      .set({ revoked_at_ms: input.nowMs })
      .where('id', '=', input.id)
      .where('kind', '=', input.kind)
      .where('revoked_at_ms', 'is', null);
    if (input.userId !== undefined) query = query.where('user_id', '=', input.userId);
    if (input.accountId !== undefined) query = query.where('account_id', '=', input.accountId);
    const row = await query.returning(['account_id', 'user_id']).executeTakeFirst();
    if (row === undefined) return false;
    if (input.kind === 'key') {
      await markJwtsRevoked(act.db, input.id, input.nowMs);
      act.revoke({ kind: 'credential', id: input.id, beforeMs: input.nowMs, isForGood: true });
    } else act.change({ kind: 'credential', id: String(input.id), beforeMs: null, endsAtMs: null });
    act.event(input.event, {
      accountId: row.account_id,
      credentialId: input.id,
      ...(row.user_id === null ? {} : { userId: row.user_id }),
    });
    return true;
  },

  ...useActs,
  ...undoActs,
};

/** An active credential of this owner. */
function live(db: Db, { kind, id, userId, accountId }: Owned) {
  let query = db.updateTable('credentials').where('id', '=', id).where('kind', '=', kind).where('revoked_at_ms', 'is', null);
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  if (accountId !== undefined) query = query.where('account_id', '=', accountId);
  return query;
}

/** Small changes that do not touch its secret and its rights; every cache is notified. */
async function updateOwned(act: Act, { id }: Owned, event: EventDraft, change: ReturnType<typeof live>): Promise<boolean> {
  const row = await change.returning(['account_id', 'user_id']).executeTakeFirst();
  if (row === undefined) return false;
  act.change({ kind: 'credential', id: String(id), beforeMs: null, endsAtMs: null });
  act.event(event, { accountId: row.account_id, credentialId: id, ...(row.user_id === null ? {} : { userId: row.user_id }) });
  return true;
}

/** A changed password revokes what the old one created: tokens that came from a log-in or a registration. */
export async function endTokensOfLogins(act: Act, userId: number, nowMs: number): Promise<void> {
  const ended = await act.db
    .updateTable('credentials')
    .set({ revoked_at_ms: nowMs })
    .where('user_id', '=', userId)
    .where('source', 'in', ['login', 'register'])
    .where('revoked_at_ms', 'is', null)
    .returning('id')
    .execute();
  for (const { id } of ended) act.change({ kind: 'credential', id: String(id), beforeMs: null, endsAtMs: null });
}

/** Whether the maximum is reached. Call under the lock of the account. */
async function isFull(db: Db, { kind, accountId, userId, createdAtMs }: NewCredential, limit?: number): Promise<boolean> {
  let living = db
    .selectFrom('credentials')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('kind', '=', kind)
    .where('revoked_at_ms', 'is', null)
    .where((eb) => eb.or([eb('expires_at_ms', 'is', null), eb('expires_at_ms', '>', createdAtMs)]));
  living =
    kind === 'key'
      ? living.where('account_id', '=', accountId)
      : living.where('user_id', '=', userId).where('source', 'not in', ['login', 'register']);
  const { count } = await living.executeTakeFirstOrThrow();
  return Number(count) >= (limit ?? (kind === 'key' ? CEILINGS.keysOfAccount : CEILINGS.tokensOfUser));
}

/**
 * Keeps the `keep` most recently used log-in tokens of a user and revokes the others: a script that logs in each time loses its
 * own forgotten ones, and not the device that is used every day. Call under the lock of the user.
 */
async function endIdleLogIns(act: Act, { userId, keep, nowMs }: { userId: number; keep: number; nowMs: number }): Promise<void> {
  const idle = await act.db
    .selectFrom('credentials')
    .select((eb) => [
      'id',
      'account_id',
      eb.fn
        .coalesce(
          eb
            .selectFrom('credential_use')
            .select((use) => use.fn.max('last_used_at_ms').as('last_used_at_ms'))
            .whereRef('credential_use.credential_id', '=', 'credentials.id'),
          'created_at_ms',
        )
        .as('used_at_ms'),
    ])
    .where('user_id', '=', userId)
    .where('source', 'in', ['login', 'register'])
    .where('revoked_at_ms', 'is', null)
    .orderBy('used_at_ms', 'desc')
    .orderBy('id', 'desc')
    .execute();
  for (const { id, account_id: accountId } of idle.slice(keep)) {
    await act.db.updateTable('credentials').set({ revoked_at_ms: nowMs }).where('id', '=', id).execute();
    act.change({ kind: 'credential', id: String(id), beforeMs: null, endsAtMs: null });
    const by = { actor: 'server', requestId: null, person: {} } as const;
    act.event(happened(by, nowMs, 'token.revoked', { details: { because: 'too-many-log-ins' } }), {
      accountId,
      userId,
      credentialId: id,
    });
  }
}

async function insertCredential(db: Db, credential: NewCredential, actor: Actor): Promise<Credential> {
  const row = await db
    .insertInto('credentials')
    .values({
      kind: credential.kind,
      environment: credential.environment,
      account_id: credential.accountId,
      user_id: credential.userId,
      name: credential.name,
      source: credential.source,
      permissions: toJson(credential.permissions),
      addresses: toJson(credential.addresses),
      hash: toBytes(credential.hash),
      created_at_ms: credential.createdAtMs,
      expires_at_ms: credential.expiresAtMs,
      created_by: actor,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toCredential(row);
}

const rememberAddress = (db: Db, userId: number, addressHash: string, nowMs: number) =>
  db
    .insertInto('known_addresses')
    .values({ user_id: userId, address_hash: addressHash, last_signed_in_at_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['user_id', 'address_hash']).doUpdateSet({ last_signed_in_at_ms: nowMs }))
    .execute();

/** Only the record; the revocation of their key is what ends the JWTs. */
const markJwtsRevoked = (db: Db, keyId: number, nowMs: number) =>
  db
    .updateTable('jwts')
    .set({ revoked_at_ms: nowMs })
    .where('key_id', '=', keyId)
    .where('expires_at_ms', '>', nowMs)
    .where('revoked_at_ms', 'is', null)
    .execute();

/**
 * The owner's state: since when the account, or the user whose personal account it is, is disabled or deleted. By a sub-select,
 * because a join costs SQLite five times as much (34 µs against 7 at a million rows), which is most of what an uncached check
 * costs.
 */
export const withOwner = (db: Db) =>
  db
    .selectFrom('credentials')
    .selectAll('credentials')
    .select((eb) =>
      eb
        .selectFrom('accounts')
        .leftJoin('users', 'users.id', 'accounts.user_id')
        .select(({ fn }) =>
          fn.coalesce('users.disabled_at_ms', 'users.deleted_at_ms', 'accounts.deleted_at_ms').as('ended_at_ms'),
        )
        .whereRef('accounts.id', '=', 'credentials.account_id')
        .as('owner_disabled_at_ms'),
    )
    .select((eb) =>
      eb
        .selectFrom('accounts')
        .select(suspendedSinceMs.as('since_ms'))
        .whereRef('accounts.id', '=', 'credentials.account_id')
        .as('account_suspended_at_ms'),
    );

const tokenById = prepare((db, { id }: { id: number }) =>
  withOwner(db).select(lastUse).where('credentials.id', '=', id).where('credentials.kind', '=', 'token'),
);
const keyByHash = prepare((db, { hash }: { hash: Uint8Array }) =>
  withOwner(db).where('credentials.hash', '=', hash).where('credentials.kind', '=', 'key'),
);
const keyByPreviousHash = prepare((db, { hash }: { hash: Uint8Array }) =>
  withOwner(db).where('credentials.previous_hash', '=', hash).where('credentials.kind', '=', 'key'),
);

type CredentialRow = Selectable<Database['credentials']>;

export const toCredential = (row: CredentialRow): Credential => ({
  id: row.id,
  kind: row.kind,
  environment: row.environment,
  accountId: row.account_id,
  userId: row.user_id,
  name: row.name,
  source: row.source,
  permissions: fromJson(row.permissions),
  addresses: fromJson(row.addresses),
  hash: toHex(row.hash),
  previousHash: row.previous_hash === null ? null : toHex(row.previous_hash),
  previousEndsAtMs: row.previous_ends_at_ms,
  createdAtMs: row.created_at_ms,
  rotatedAtMs: row.rotated_at_ms,
  expiresAtMs: row.expires_at_ms,
  revokedAtMs: row.revoked_at_ms,
  createdBy: row.created_by as Actor | null,
  permissionsChangedAtMs: row.permissions_changed_at_ms,
});

interface RowWithOwner extends CredentialRow {
  readonly owner_disabled_at_ms: number | null;
  readonly account_suspended_at_ms: number | null;
  readonly last_used_at_ms?: number | null;
}

const firstWithOwner = ({ rows: [row] }: { readonly rows: readonly RowWithOwner[] }): CredentialWithOwner | null =>
  row === undefined ? null : toCredentialWithOwner(row);

export const toCredentialWithOwner = (row: RowWithOwner): CredentialWithOwner => ({
  ...toCredential(row),
  ownerDisabledAtMs: row.owner_disabled_at_ms,
  accountSuspendedAtMs: row.account_suspended_at_ms,
  lastUsedAtMs: row.last_used_at_ms ?? null,
});
