/**
 * JWTs that were minted from keys: their records, how many of them one key may have, and revoking them. It also owns the lock
 * under which JWTs of a key are recorded.
 */
import { covers } from '@keyhouse/protocol';
import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { JwtsStore, MintedJwt } from '../core/jwts/jwt.ts';
import type { Act } from './act.ts';
import { toBytes } from './hex.ts';
import { LONGEST_SESSION_REVOCATION_MS, raiseLongestJwtDays } from './horizon.ts';
import { toJson } from './json.ts';
import { type Db, prepare } from './prepared.ts';
import type { Database } from './schema.ts';
import { suspendedSinceMs } from './suspension.ts';

type Input<Name extends keyof JwtsStore> = Parameters<JwtsStore[Name]>[0];

export function jwtsReads(db: Db): Pick<JwtsStore, 'findJwt' | 'listJwts'> {
  return {
    async findJwt(jti) {
      const { rows } = await jwtByJti(db, { jti });
      return rows[0] === undefined ? null : toJwt(rows[0]);
    },
    async listJwts({ keyId, subject, subjectBegins, before, nowMs, withEnded, limit }) {
      let query = withEnded
        ? db.selectFrom('jwts as listed').selectAll('listed').where('listed.key_id', '=', keyId)
        : db.selectFrom(active(db, keyId, nowMs).as('listed')).selectAll('listed');
      if (subject !== undefined) query = query.where('subject', '=', subject);
      // No LIKE: nothing in the text is a pattern.
      if (subjectBegins !== undefined && subjectBegins !== '')
        query = query.where((eb) =>
          eb(eb.fn('substr', ['subject', sql.lit(1), sql.lit(subjectBegins.length)]), '=', subjectBegins),
        );
      if (before !== undefined) query = query.where(sql<boolean>`(issued_at_ms, jti) < (${before.issuedAtMs}, ${before.jti})`);
      const rows = await query.orderBy('issued_at_ms', 'desc').orderBy('jti', 'desc').limit(limit).execute();
      return rows.map(toJwt);
    },
  };
}

/**
 * The active ones of a key, by the index that has no others: any number may have been revoked before they expired. In a query of
 * its own, because the order of the list would otherwise be looked for in the index of all.
 */
const active = (db: Db, keyId: number, nowMs: number) =>
  db
    .selectFrom('jwts')
    .selectAll()
    .where('key_id', '=', keyId)
    .where('expires_at_ms', '>', nowMs)
    .where('revoked_at_ms', 'is', null)
    .orderBy('expires_at_ms')
    .limit(MAX_ACTIVE);

/** Twice as many as a key may have (`MAX_LIVE_JWTS_PER_KEY`): it hides none. */
const MAX_ACTIVE = 20_000;

export const jwtsActs = {
  async recordJwt(act: Act, { jwt, expected, limit, nowMs, event }: Input<'recordJwt'>) {
    const counted = await countOneMore(act.db, jwt.keyId, limit, nowMs);
    if (counted === 'too_many') return 'too_many';
    if (counted === 'gone') return 'key_gone';
    // All until some moment were revoked while this one was being minted: it would be revoked before it is handed out.
    if (jwt.issuedAtMs <= counted.revokedBeforeMs) return 'key_changed';
    // Read under the lock that narrowing and revoking take too: a JWT is recorded before they read, or never.
    const key = (await keyState(act.db, { id: jwt.keyId })).rows[0];
    const unchanged =
      key !== undefined &&
      key.revoked_at_ms === null &&
      holdsSecret(key, toBytes(expected.hash), nowMs) &&
      key.owner_ended_at_ms === null &&
      key.permissions === toJson(expected.permissions) &&
      key.addresses === toJson(expected.addresses);
    if (!unchanged) return 'key_changed';
    await insertJwt(act.db, { ...jwt, permissions: JSON.stringify(jwt.permissions) });
    act.event(event);
    return 'recorded';
  },

  async revokeJwt(act: Act, { jti, nowMs, event }: Input<'revokeJwt'>): Promise<boolean> {
    const row = await act.db
      .updateTable('jwts')
      .set({ revoked_at_ms: nowMs })
      .where('jti', '=', jti)
      .where('revoked_at_ms', 'is', null)
      .returning(['account_id', 'key_id', 'expires_at_ms'])
      .executeTakeFirst();
    if (row === undefined) return false;
    act.revoke({ kind: 'jti', id: jti, beforeMs: nowMs, endsAtMs: row.expires_at_ms });
    act.event(event, { accountId: row.account_id, credentialId: row.key_id });
    return true;
  },

  async revokeUnrecorded(act: Act, { revoked, nowMs, event }: Input<'revokeUnrecorded'>): Promise<void> {
    const { kind, id } = revoked;
    const [from, to] = kind === 'jti' ? [revoked.endsAtMs, revoked.endsAtMs] : [nowMs, nowMs + LONGEST_SESSION_REVOCATION_MS];
    const known = await act.db
      .selectFrom('changes')
      .select('number')
      .where('before_ms', 'is not', null)
      // By when it expires, because revocations are indexed by that.
      .where('ends_at_ms', '>=', from)
      .where('ends_at_ms', '<=', to)
      .where('kind', '=', kind)
      .where('subject_id', '=', id)
      .limit(1)
      .executeTakeFirst();
    if (known !== undefined) return;
    act.revoke(kind === 'jti' ? { ...revoked, beforeMs: nowMs } : { kind, id, beforeMs: nowMs, isForGood: true });
    act.event(event);
  },

  async revokeJwtsOfKey(act: Act, { keyId, accountId, nowMs, event }: Input<'revokeJwtsOfKey'>): Promise<number> {
    await lockMinting(act.db, keyId);
    const { count, newest } = await act.db
      .selectFrom('jwts')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('issued_at_ms').as('newest')])
      .where('key_id', '=', keyId)
      .where('account_id', '=', accountId)
      .where('expires_at_ms', '>', nowMs)
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirstOrThrow();
    if (Number(count) === 0) return 0;
    await act.db
      .updateTable('jwts')
      .set({ revoked_at_ms: nowMs })
      .where('key_id', '=', keyId)
      .where('expires_at_ms', '>', nowMs)
      .where('revoked_at_ms', 'is', null)
      .execute();
    // Another server's clock may be ahead: what it has recorded counts as earlier, whatever its clock says.
    const beforeMs = Math.max(nowMs, Number(newest));
    await act.db.updateTable('jwt_counts').set({ revoked_before_ms: beforeMs }).where('key_id', '=', keyId).execute();
    act.revoke({ kind: 'credential', id: keyId, beforeMs });
    act.event({ ...event, details: { ...event.details, count: Number(count) } });
    return Number(count);
  },

  async allowJwtDays(act: Act, { days }: Input<'allowJwtDays'>): Promise<void> {
    await raiseLongestJwtDays(act.db, days);
  },

  async sweepJwts(act: Act, { beforeMs, limit }: Input<'sweepJwts'>): Promise<boolean> {
    // By signing key, because the records are indexed by that.
    const keys = await act.db.selectFrom('signing_keys').select('kid').execute();
    let left = limit;
    for (const { kid } of keys) {
      if (left <= 0) return true;
      const ended = act.db
        .selectFrom('jwts')
        .select('jti')
        .where('signing_key_id', '=', kid)
        .where('expires_at_ms', '<', beforeMs)
        .limit(left);
      const deleted = await act.db.deleteFrom('jwts').where('jti', 'in', ended).executeTakeFirst();
      left -= Number(deleted.numDeletedRows);
    }
    return left <= 0;
  },
};

/** Revokes, one by one, the active JWTs of a key that hold more than `permissions` now allows. */
export async function revokeWiderJwts(
  act: Act,
  keyId: number,
  permissions: readonly string[] | null,
  nowMs: number,
): Promise<void> {
  const live = await act.db
    .selectFrom('jwts')
    .select(['jti', 'permissions', 'expires_at_ms'])
    .where('key_id', '=', keyId)
    .where('expires_at_ms', '>', nowMs)
    .where('revoked_at_ms', 'is', null)
    .execute();
  const wider = live.filter((jwt) => !covers(permissions, JSON.parse(jwt.permissions) as string[]));
  for (let start = 0; start < wider.length; start += 500) {
    const jtis = wider.slice(start, start + 500).map((jwt) => jwt.jti);
    await act.db.updateTable('jwts').set({ revoked_at_ms: nowMs }).where('jti', 'in', jtis).execute();
  }
  for (const jwt of wider) act.revoke({ kind: 'jti', id: jwt.jti, beforeMs: nowMs, endsAtMs: jwt.expires_at_ms });
}

/** Takes the lock under which JWTs of a key are recorded. */
export const lockMinting = (db: Db, keyId: number): Promise<void> => lockCounts(db, (keys) => keys.where('id', '=', keyId));

/**
 * The same for every key of an account; in the order of their ids, so that two acts that do this cannot deadlock. The account's
 * lock comes first: otherwise a key that is created in between would be missed.
 */
export async function lockMintingOfAccount(db: Db, accountId: number): Promise<void> {
  await lockKeysOfAccounts(db, [accountId]);
  await lockCounts(db, (keys) => keys.where('account_id', '=', accountId).where('kind', '=', 'key').orderBy('id'));
}

/** Takes the lock under which keys of these accounts are created. The no-op update locks the rows on PostgreSQL. */
export async function lockKeysOfAccounts(db: Db, accountIds: readonly number[]): Promise<void> {
  await db
    .updateTable('accounts')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', 'in', accountIds)
    .execute();
}

type KeyIds = SelectQueryBuilder<Database, 'credentials', { id: number; upper_bound: number }>;

async function lockCounts(db: Db, choose: (keys: KeyIds) => KeyIds): Promise<void> {
  await db
    .insertInto('jwt_counts')
    .columns(['key_id', 'upper_bound'])
    .expression((eb) => choose(eb.selectFrom('credentials').select(['id', sql.lit(0).as('upper_bound')])))
    .onConflict((conflict) => conflict.column('key_id').doUpdateSet((eb) => ({ upper_bound: eb.ref('jwt_counts.upper_bound') })))
    .execute();
}

/**
 * Counts a JWT without counting all: the bound only grows, and is counted again when it reaches the limit, since by then some may
 * have expired. The row's lock makes two racing mints take turns. `gone`: the key does not exist (the database was set back).
 */
async function countOneMore(
  db: Db,
  keyId: number,
  limit: number,
  nowMs: number,
): Promise<{ revokedBeforeMs: number } | 'too_many' | 'gone'> {
  const [row] = (await raiseBound(db, { keyId, by: 1 })).rows;
  if (row === undefined) return 'gone';
  const counted = { revokedBeforeMs: row.revoked_before_ms };
  if (row.upper_bound <= limit) return counted;
  const { count } = await db
    .selectFrom('jwts')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('key_id', '=', keyId)
    .where('expires_at_ms', '>', nowMs)
    .where('revoked_at_ms', 'is', null)
    .executeTakeFirstOrThrow();
  const live = Number(count);
  await db
    .updateTable('jwt_counts')
    .set({ upper_bound: Math.min(live + 1, limit) })
    .where('key_id', '=', keyId)
    .execute();
  return live < limit ? counted : 'too_many';
}

/** Counts `by` JWTs more, and takes the lock under which they are recorded. No row: the key does not exist. */
export const raiseBound = prepare((db, { keyId, by }: { keyId: number; by: number }) =>
  db
    .insertInto('jwt_counts')
    .columns(['key_id', 'upper_bound'])
    .expression((eb) =>
      eb
        .selectFrom('credentials')
        .select(['id', eb.val(by).as('upper_bound')])
        .where('id', '=', keyId),
    )
    .onConflict((conflict) =>
      conflict
        .column('key_id')
        .doUpdateSet((eb) => ({ upper_bound: eb('jwt_counts.upper_bound', '+', eb.ref('excluded.upper_bound')) })),
    )
    .returning(['upper_bound', 'revoked_before_ms']),
);

const keyState = prepare((db, { id }: { id: number }) =>
  db
    .selectFrom('credentials')
    .innerJoin('accounts', 'accounts.id', 'credentials.account_id')
    .leftJoin('users', 'users.id', 'accounts.user_id')
    .select(({ fn }) => [
      fn
        .coalesce('users.disabled_at_ms', 'users.deleted_at_ms', 'accounts.deleted_at_ms', suspendedSinceMs)
        .as('owner_ended_at_ms'),
      'credentials.revoked_at_ms',
      'credentials.permissions',
      'credentials.addresses',
      'credentials.hash',
      'credentials.previous_hash',
      'credentials.previous_ends_at_ms',
    ])
    .where('credentials.id', '=', id),
);

/** A secret that was replaced during its request cannot mint any more. */
const holdsSecret = (
  key: { hash: Uint8Array; previous_hash: Uint8Array | null; previous_ends_at_ms: number | null },
  hash: Buffer,
  nowMs: number,
): boolean =>
  hash.equals(key.hash) ||
  (key.previous_hash !== null && hash.equals(key.previous_hash) && (key.previous_ends_at_ms ?? 0) > nowMs);

const insertJwt = prepare(
  (db, jwt: { [Name in keyof Omit<MintedJwt, 'revokedAtMs' | 'permissions'>]: MintedJwt[Name] } & { permissions: string }) =>
    db.insertInto('jwts').values({
      jti: jwt.jti,
      key_id: jwt.keyId,
      account_id: jwt.accountId,
      subject: jwt.subject,
      permissions: jwt.permissions,
      signing_key_id: jwt.signingKeyId,
      issued_at_ms: jwt.issuedAtMs,
      expires_at_ms: jwt.expiresAtMs,
    }),
);

const jwtByJti = prepare((db, { jti }: { jti: string }) => db.selectFrom('jwts').selectAll().where('jti', '=', jti));

type JwtRow = Selectable<Database['jwts']>;

const toJwt = (row: JwtRow): MintedJwt => ({
  jti: row.jti,
  keyId: row.key_id,
  accountId: row.account_id,
  subject: row.subject,
  permissions: JSON.parse(row.permissions) as string[],
  signingKeyId: row.signing_key_id,
  issuedAtMs: row.issued_at_ms,
  expiresAtMs: row.expires_at_ms,
  revokedAtMs: row.revoked_at_ms,
});
