import type {
  Credential,
  CredentialsStore,
  CredentialWithOwner,
  CredentialWithUse,
  NewCredential,
} from '../core/credentials/credential.ts';
import type { Act } from './act.ts';
import { fromJson, toJson } from './json.ts';
import { lockMinting, revokeWiderJwts } from './jwts.ts';
import { type Db, prepare } from './prepared.ts';
import { insertUser, lockEnabledUser } from './users.ts';

type Input<Name extends keyof CredentialsStore> = Parameters<CredentialsStore[Name]>[0];
type Reads = Pick<CredentialsStore, 'findTokenById' | 'findKeyByHash' | 'getCredential' | 'listCredentials' | 'useByDay'>;

export function credentialsReads(db: Db): Reads {
  return {
    async findTokenById(id) {
      const { rows } = await tokenById(db, { id });
      return rows[0] === undefined ? null : toCredentialWithOwner(rows[0]);
    },
    async findKeyByHash(hash) {
      const bytes = toBytes(hash);
      const row = (await keyByHash(db, { hash: bytes })).rows[0] ?? (await keyByPreviousHash(db, { hash: bytes })).rows[0];
      return row === undefined ? null : toCredentialWithOwner(row);
    },
    async getCredential(kind, id) {
      const row = await db.selectFrom('credentials').selectAll().where('id', '=', id).where('kind', '=', kind).executeTakeFirst();
      return row === undefined ? null : ((await withUse(db, [toCredential(row)]))[0] ?? null);
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
    useByDay: (credentialId, sinceDay) =>
      db
        .selectFrom('credential_use')
        .select((eb) => ['day', eb('requests', '+', eb.ref('previous_requests')).as('requests')])
        .where('credential_id', '=', credentialId)
        .where('day', '>=', sinceDay)
        .orderBy('day')
        .execute(),
  };
}

export const credentialsActs = {
  async issue(act: Act, { credential, event }: Input<'issue'>): Promise<Credential> {
    const issued = await insertCredential(act.db, credential);
    act.event(event, { credentialId: issued.id, accountId: issued.accountId });
    return issued;
  },

  async register(act: Act, { user, addressHash, token, events }: Input<'register'>) {
    const created = await insertUser(act.db, user);
    if (created === null) return null;
    const issued = await insertCredential(act.db, { ...token, accountId: created.accountId, userId: created.id });
    if (addressHash !== null) await rememberAddress(act.db, created.id, addressHash, token.createdAtMs);
    for (const event of events) act.event(event, { userId: created.id, accountId: created.accountId, credentialId: issued.id });
    return { user: created, token: issued };
  },

  async issueAtSignIn(act: Act, { userId, passwordHash, addressHash, token, events }: Input<'issueAtSignIn'>) {
    const user = await lockEnabledUser(act.db, userId, passwordHash);
    if (user === null) return null;
    const issued = await insertCredential(act.db, { ...token, accountId: user.accountId, userId });
    if (addressHash !== null) await rememberAddress(act.db, userId, addressHash, token.createdAtMs);
    for (const event of events) act.event(event, { userId, accountId: user.accountId, credentialId: issued.id });
    return { user, token: issued };
  },

  async narrow(act: Act, input: Input<'narrow'>): Promise<Credential | null> {
    if (input.kind === 'key') await lockMinting(act.db, input.id);
    const permissions = toJson(input.permissions);
    const addresses = toJson(input.addresses);
    const row = await act.db
      .updateTable('credentials')
      .set({ permissions, addresses })
      .where('id', '=', input.id)
      .where('kind', '=', input.kind)
      .where('revoked_at_ms', 'is', null)
      .where('permissions', 'is not distinct from', toJson(input.expected.permissions))
      .where('addresses', 'is not distinct from', toJson(input.expected.addresses))
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    act.change({ kind: 'credential', id: String(input.id), beforeMs: null, endsAtMs: null });
    const addressesChanged = addresses !== toJson(input.expected.addresses);
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
    // One by one, because "all before now" would hit what the new secret mints within the same second.
    if (input.revokeJwts) await revokeWiderJwts(act, input.id, [], input.nowMs);
    act.change({ kind: 'credential', id: String(input.id), beforeMs: null, endsAtMs: null });
    act.event(input.event, { accountId: row.account_id, credentialId: row.id });
    return toCredential(row);
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
    const isKey = input.kind === 'key';
    if (isKey) await markJwtsRevoked(act.db, input.id, input.nowMs);
    // All that there can ever be, not "until now": another server's clock may be ahead, and the key never comes back.
    const end = isKey ? input.latestJwtEndMs : null;
    act.change({ kind: 'credential', id: String(input.id), beforeMs: end, endsAtMs: end });
    act.event(input.event, {
      accountId: row.account_id,
      credentialId: input.id,
      ...(row.user_id === null ? {} : { userId: row.user_id }),
    });
    return true;
  },

  async recordUse(act: Act, { uses }: Input<'recordUse'>): Promise<void> {
    if (uses.length === 0) return;
    await act.db
      .insertInto('credential_use')
      .values(
        uses.map((use) => ({
          credential_id: use.credentialId,
          day: use.day,
          requests: use.requests,
          last_used_at_ms: use.lastUsedAtMs,
          last_address: use.lastAddress,
          last_user_agent: use.lastUserAgent,
          previous_requests: use.previousRequests,
          previous_last_used_at_ms: use.previousLastUsedAtMs,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(['credential_id', 'day']).doUpdateSet((eb) => ({
          requests: eb('credential_use.requests', '+', eb.ref('excluded.requests')),
          last_used_at_ms: eb.ref('excluded.last_used_at_ms'),
          last_address: eb.ref('excluded.last_address'),
          last_user_agent: eb.ref('excluded.last_user_agent'),
          previous_requests: eb('credential_use.previous_requests', '+', eb.ref('excluded.previous_requests')),
          previous_last_used_at_ms: eb.fn.coalesce(
            'excluded.previous_last_used_at_ms',
            'credential_use.previous_last_used_at_ms',
          ),
        })),
      )
      .execute();
  },

  async sweepUse(act: Act, { beforeDay, limit }: Input<'sweepUse'>): Promise<boolean> {
    const rows = await act.db
      .selectFrom('credential_use')
      .select(['credential_id', 'day'])
      .where('day', '<', beforeDay)
      .limit(limit)
      .execute();
    for (const row of rows) {
      await act.db
        .deleteFrom('credential_use')
        .where('credential_id', '=', row.credential_id)
        .where('day', '=', row.day)
        .execute();
    }
    return rows.length === limit;
  },
};

/** A changed password ends what was bought with the old one: tokens that came from a log-in or a registration. */
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

async function insertCredential(db: Db, credential: NewCredential): Promise<Credential> {
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

/** The record follows; what ends the JWTs is the revocation of their key. */
const markJwtsRevoked = (db: Db, keyId: number, nowMs: number) =>
  db
    .updateTable('jwts')
    .set({ revoked_at_ms: nowMs })
    .where('key_id', '=', keyId)
    .where('expires_at_ms', '>', nowMs)
    .where('revoked_at_ms', 'is', null)
    .execute();

/**
 * The owner's state by a sub-select: the same as a join costs SQLite five times as much (34 µs against 7 at a million rows),
 * which is most of what an uncached check costs.
 */
const withOwner = (db: Db) =>
  db
    .selectFrom('credentials')
    .selectAll('credentials')
    .select((eb) =>
      eb
        .selectFrom('accounts')
        .leftJoin('users', 'users.id', 'accounts.user_id')
        .select('users.disabled_at_ms')
        .whereRef('accounts.id', '=', 'credentials.account_id')
        .as('owner_disabled_at_ms'),
    );

const tokenById = prepare((db, { id }: { id: number }) =>
  withOwner(db)
    .select((eb) =>
      eb
        .selectFrom('credential_use')
        .select('credential_use.last_used_at_ms')
        .whereRef('credential_use.credential_id', '=', 'credentials.id')
        .orderBy('credential_use.day', 'desc')
        .limit(1)
        .as('last_used_at_ms'),
    )
    .where('credentials.id', '=', id)
    .where('credentials.kind', '=', 'token'),
);
const keyByHash = prepare((db, { hash }: { hash: Uint8Array }) =>
  withOwner(db).where('credentials.hash', '=', hash).where('credentials.kind', '=', 'key'),
);
const keyByPreviousHash = prepare((db, { hash }: { hash: Uint8Array }) =>
  withOwner(db).where('credentials.previous_hash', '=', hash).where('credentials.kind', '=', 'key'),
);

/** From a rotation on, "previous" means the secret that has just become the old one. */
const beginUseOfPrevious = (db: Db, credentialId: number) =>
  db
    .updateTable('credential_use')
    .set((eb) => ({ previous_requests: 0, previous_last_used_at_ms: eb.ref('last_used_at_ms') }))
    .where('credential_id', '=', credentialId)
    .execute();

/** Adds what is known of their use: sums over the days, and where from on the newest. */
async function withUse(db: Db, credentials: readonly Credential[]): Promise<readonly CredentialWithUse[]> {
  if (credentials.length === 0) return [];
  const ids = credentials.map(({ id }) => id);
  const sums = await db
    .selectFrom('credential_use')
    .select((eb) => [
      'credential_id',
      eb.fn.sum<number>('requests').as('requests'),
      eb.fn.sum<number>('previous_requests').as('previous_requests'),
      eb.fn.max('previous_last_used_at_ms').as('previous_last_used_at_ms'),
      eb.fn.max('day').as('day'),
    ])
    .where('credential_id', 'in', ids)
    .groupBy('credential_id')
    .execute();
  const newest = await db
    .selectFrom('credential_use as newest')
    .select(['credential_id', 'last_used_at_ms', 'last_address', 'last_user_agent'])
    .where('credential_id', 'in', ids)
    .where('day', '=', (eb) =>
      eb
        .selectFrom('credential_use as days')
        .select((days) => days.fn.max('days.day').as('day'))
        .whereRef('days.credential_id', '=', 'newest.credential_id'),
    )
    .execute();
  const sumOf = new Map(sums.map((row) => [row.credential_id, row]));
  const newestOf = new Map(newest.map((row) => [row.credential_id, row]));
  return credentials.map((credential) => {
    const [sum, last] = [sumOf.get(credential.id), newestOf.get(credential.id)];
    return {
      ...credential,
      use: {
        // PostgreSQL gives sums of bigint as text.
        requests: Number(sum?.requests ?? 0) + Number(sum?.previous_requests ?? 0),
        lastUsedAtMs: last?.last_used_at_ms ?? null,
        lastAddress: last?.last_address ?? null,
        lastUserAgent: last?.last_user_agent ?? null,
        previousRequests: Number(sum?.previous_requests ?? 0),
        previousLastUsedAtMs: sum?.previous_last_used_at_ms ?? null,
      },
    };
  });
}

interface CredentialRow {
  id: number;
  kind: 'token' | 'key';
  environment: 'live' | 'test';
  account_id: number;
  user_id: number | null;
  name: string;
  source: Credential['source'];
  permissions: string | null;
  addresses: string | null;
  hash: Uint8Array;
  previous_hash: Uint8Array | null;
  previous_ends_at_ms: number | null;
  created_at_ms: number;
  rotated_at_ms: number | null;
  expires_at_ms: number | null;
  revoked_at_ms: number | null;
}

const toCredential = (row: CredentialRow): Credential => ({
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
});

const toCredentialWithOwner = (
  row: CredentialRow & { owner_disabled_at_ms: number | null; last_used_at_ms?: number | null },
): CredentialWithOwner => ({
  ...toCredential(row),
  ownerDisabledAtMs: row.owner_disabled_at_ms,
  lastUsedAtMs: row.last_used_at_ms ?? null,
});

const toBytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
