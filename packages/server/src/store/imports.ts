/** Users and credentials imported from other systems, and finding a credential by the secret that it had there. */
import { type Actor, type EventDraft, happened } from '../core/audit/event.ts';
import type { ImportedCredential, ImportsStore } from '../core/credentials/imported.ts';
import { addAccountUse } from './account-use.ts';
import type { Act } from './act.ts';
import { toCredentialWithOwner, withOwner } from './credentials.ts';
import { toBytes, toHex } from './hex.ts';
import { toJson } from './json.ts';
import { type Db, prepare } from './prepared.ts';
import { activeAccounts, lockAccount } from './suspension.ts';
import { insertUser } from './users.ts';

type Input<Name extends 'importUsers' | 'importCredentials'> = Parameters<ImportsStore[Name]>[0];
type Reads = Omit<ImportsStore, 'importUsers' | 'importCredentials'>;

const DAY_MS = 86_400_000;

export function importsReads(db: Db): Reads {
  return {
    async hasImports() {
      return (await db.selectFrom('imports').select('credential_id').limit(1).executeTakeFirst()) !== undefined;
    },
    async findForeign(hash) {
      const { rows } = await foreignByHash(db, { hash: toBytes(hash) });
      const [row] = rows;
      return row === undefined ? null : { credential: toCredentialWithOwner(row), foreignId: row.foreign_id };
    },
    async usersByForeignId(origin, foreignIds) {
      if (foreignIds.length === 0) return [];
      const rows = await db
        .selectFrom('imported_users')
        .innerJoin('users', 'users.id', 'imported_users.user_id')
        .innerJoin('accounts', 'accounts.user_id', 'users.id')
        .select(['foreign_id', 'users.id as user_id', 'accounts.id as account_id', 'address_hash', 'users.deleted_at_ms'])
        .where('origin', '=', origin)
        .where('foreign_id', 'in', foreignIds)
        .execute();
      return rows.map((row) => ({
        foreignId: row.foreign_id,
        userId: row.user_id,
        accountId: row.account_id,
        addressHash: row.address_hash === null ? null : toHex(row.address_hash),
        isDeleted: row.deleted_at_ms !== null,
      }));
    },
    async usersByAddress(emailKeys) {
      if (emailKeys.length === 0) return [];
      const rows = await db
        .selectFrom('users')
        .innerJoin('accounts', 'accounts.user_id', 'users.id')
        .select(['users.email_key', 'users.id as user_id', 'accounts.id as account_id', 'users.email_verified_at_ms'])
        .where('users.email_key', 'in', emailKeys)
        .where('users.deleted_at_ms', 'is', null)
        .execute();
      return rows.map((row) => ({
        emailKey: row.email_key,
        userId: row.user_id,
        accountId: row.account_id,
        isVerified: row.email_verified_at_ms !== null,
      }));
    },
    async credentialsByForeignId(origin, foreignIds) {
      if (foreignIds.length === 0) return [];
      const rows = await db
        .selectFrom('imports')
        .select(['foreign_id', 'hash'])
        .where('origin', '=', origin)
        .where('foreign_id', 'in', foreignIds)
        .execute();
      return rows.flatMap(({ foreign_id, hash }) => (foreign_id === null ? [] : [{ foreignId: foreign_id, hash: toHex(hash) }]));
    },
    async knownHashes(hashes) {
      if (hashes.length === 0) return [];
      const sought = hashes.map(toBytes);
      const imported = await db.selectFrom('imports').select(['hash', 'origin']).where('hash', 'in', sought).execute();
      const current = await db.selectFrom('credentials').select('hash').where('hash', 'in', sought).execute();
      const previous = await db
        .selectFrom('credentials')
        .select('previous_hash as hash')
        .where('previous_hash', 'in', sought)
        .execute();
      const known = new Map<string, string | null>();
      for (const { hash } of [...current, ...previous]) if (hash !== null) known.set(toHex(hash), null);
      for (const { hash, origin } of imported) known.set(toHex(hash), origin);
      return [...known].map(([hash, origin]) => ({ hash, origin }));
    },
    activeAccounts: (ids) => activeAccounts(db, ids),
  };
}

export const importsActs = {
  async importUsers(act: Act, { origin, users, nowMs, by }: Input<'importUsers'>) {
    const taken: ({ userId: number; accountId: number } | null)[] = [];
    for (const user of users) {
      const owner = user.userId === null ? await makeUser(act, origin, user, by, nowMs) : await ownerOf(act.db, user.userId);
      taken.push(owner);
      if (owner === null) continue;
      await act.db
        .insertInto('imported_users')
        .values({
          origin,
          foreign_id: user.foreignId,
          user_id: owner.userId,
          address_hash: toBytes(user.addressHash),
          imported_at_ms: nowMs,
        })
        .execute();
    }
    return taken;
  },

  async importCredentials(act: Act, { origin, credentials, nowMs, by }: Input<'importCredentials'>) {
    if (credentials.length === 0) return [];
    const active = await lockActive(act.db, new Set(credentials.map(({ accountId }) => accountId)));
    const welcome = credentials.filter(({ accountId }) => active.has(accountId));
    const idOf = welcome.length === 0 ? new Map<string, number>() : await insertCredentials(act.db, welcome, by.actor);
    const made = welcome.flatMap((credential) => {
      const id = idOf.get(credential.hash);
      return id === undefined ? [] : [{ ...credential, id }];
    });
    if (made.length > 0) {
      await act.db
        .insertInto('imports')
        .values(
          made.map((credential) => ({
            credential_id: credential.id,
            origin,
            foreign_id: credential.foreignId,
            hash: toBytes(credential.hash),
            starts_with: credential.startsWith,
            imported_at_ms: nowMs,
          })),
        )
        .execute();
      await insertLastUses(act.db, made);
      // Servers that did not look for imported credentials begin to.
      act.change({ kind: 'imports', id: '', beforeMs: null, endsAtMs: null });
    }
    for (const { id, kind, accountId, userId, environment, permissions, expiresAtMs } of made) {
      const draft = happened(by, nowMs, `${kind}.created`, {
        accountId,
        userId,
        details: { environment, permissions, addresses: null, expiresAtMs, source: 'import', origin },
      });
      act.event(draft, { credentialId: id });
    }
    return credentials.map(({ hash, accountId }) => {
      if (idOf.has(hash)) return 'taken';
      return active.has(accountId) ? 'known' : 'inactive';
    });
  },
};

async function makeUser(
  act: Act,
  origin: string,
  user: Input<'importUsers'>['users'][number],
  by: EventDraft['by'],
  nowMs: number,
) {
  const { email, emailKey, passwordHash, createdAtMs, emailVerifiedAtMs } = user;
  const names = { displayName: user.displayName, firstName: user.firstName, lastName: user.lastName };
  const made = await insertUser(act.db, { email, emailKey, passwordHash, ...names, isAdministrator: false, createdAtMs });
  if (made === null) return null;
  if (emailVerifiedAtMs !== null)
    await act.db.updateTable('users').set({ email_verified_at_ms: emailVerifiedAtMs }).where('id', '=', made.id).execute();
  const details = { administrator: false, source: 'import', origin };
  act.event(happened(by, nowMs, 'user.created', { details }), { userId: made.id, accountId: made.accountId });
  return { userId: made.id, accountId: made.accountId };
}

/** Null: deleted in the meantime. */
async function ownerOf(db: Db, userId: number) {
  const row = await db
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.user_id', 'users.id')
    .select(['users.id as userId', 'accounts.id as accountId'])
    .where('users.id', '=', userId)
    .where('users.deleted_at_ms', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** In the order of their ids, so that two imports do not wait for each other. */
async function lockActive(db: Db, accountIds: ReadonlySet<number>): Promise<ReadonlySet<number>> {
  const active = new Set<number>();
  for (const id of [...accountIds].sort((a, b) => a - b)) if ((await lockAccount(db, id)) === 'active') active.add(id);
  return active;
}

/** Ids by hash; a hash that exists here already gets none. */
async function insertCredentials(
  db: Db,
  credentials: readonly ImportedCredential[],
  actor: Actor,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .insertInto('credentials')
    .values(
      credentials.map((credential) => ({
        kind: credential.kind,
        environment: credential.environment,
        account_id: credential.accountId,
        user_id: credential.userId,
        name: credential.name,
        // Expires with a changed password and without use, as it did elsewhere. Where it came from is in `imports`.
        source: 'command-line' as const,
        permissions: toJson(credential.permissions),
        addresses: null,
        hash: toBytes(credential.hash),
        created_at_ms: credential.createdAtMs,
        expires_at_ms: credential.expiresAtMs,
        created_by: actor,
      })),
    )
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returning(['id', 'hash'])
    .execute();
  return new Map(rows.map(({ id, hash }) => [toHex(hash), id]));
}

async function insertLastUses(db: Db, made: readonly (ImportedCredential & { id: number })[]): Promise<void> {
  const rows = made.flatMap(({ id, lastUsedAtMs }) =>
    lastUsedAtMs === null
      ? []
      : [
          {
            credential_id: id,
            day: Math.floor(lastUsedAtMs / DAY_MS),
            requests: 0,
            last_used_at_ms: lastUsedAtMs,
            last_address: null,
            last_user_agent: null,
            previous_requests: 0,
          },
        ],
  );
  if (rows.length > 0) await db.insertInto('credential_use').values(rows).execute();
  await addAccountUse(
    db,
    rows.map((row) => ({
      ...{ credentialId: row.credential_id, day: row.day, lastUsedAtMs: row.last_used_at_ms },
      ...{ requests: 0, previousRequests: 0 },
    })),
  );
}

const foreignByHash = prepare((db, { hash }: { hash: Uint8Array }) =>
  withOwner(db)
    .innerJoin('imports', 'imports.credential_id', 'credentials.id')
    .select('imports.foreign_id')
    .where('imports.hash', '=', hash),
);
