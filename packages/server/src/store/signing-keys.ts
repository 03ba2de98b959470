/**
 * The key pairs that sign JWTs, and the check value of the master secret. Both rotate under the lock of that value's row, so that
 * they take turns.
 */
import type { MasterSecretStore, SigningKeysStore, StoredSigningKey } from '../core/signing-keys/stored-key.ts';
import type { Act } from './act.ts';
import type { Db } from './prepared.ts';
import { putSetting } from './settings.ts';

type Input<Name extends keyof SigningKeysStore> = Parameters<SigningKeysStore[Name]>[0];
type SecretInput<Name extends keyof MasterSecretStore> = Parameters<MasterSecretStore[Name]>[0];

/** A server may sign with a retired key until it knows of the rotation, and that JWT may be valid for a year. */
const HEARD_AFTER_MS = 10 * 60 * 1000;

const SIGNING_KEYS_CHANGED = { kind: 'signing-keys', id: '', beforeMs: null, endsAtMs: null } as const;

export function signingKeysReads(db: Db): Pick<SigningKeysStore, 'listSigningKeys' | 'rotationDays'> {
  return {
    async listSigningKeys() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at_ms').orderBy('kid').execute();
      return rows.map(
        (row): StoredSigningKey => ({
          kid: row.kid,
          algorithm: row.algorithm,
          publicJwk: row.public_jwk,
          sealedPrivateKey: row.sealed_private_key,
          state: row.state,
          createdAtMs: row.created_at_ms,
          signingSinceMs: row.signing_since_ms,
          retiredAtMs: row.retired_at_ms,
          lastJwtEndsAtMs: row.last_jwt_ends_at_ms,
        }),
      );
    },
    async rotationDays() {
      const row = await db
        .selectFrom('settings')
        .select('value')
        .where('name', '=', 'signing_key_rotation_days')
        .executeTakeFirst();
      return row === undefined ? null : Number(row.value);
    },
  };
}

export function masterSecretReads(db: Db): Pick<MasterSecretStore, 'secretCheck' | 'listSealed'> {
  return {
    secretCheck: () => readSecretCheck(db),
    async listSealed({ kind, afterId, limit }) {
      if (kind === 'totp') {
        const secrets = await db
          .selectFrom('totp_secrets')
          .select(['user_id as id', 'sealed_secret as sealed'])
          .where('user_id', '>', afterId)
          .orderBy('user_id')
          .limit(limit)
          .execute();
        return secrets.map(({ id, sealed }) => ({ id, holder: String(id), sealed }));
      }
      if (kind === 'refresh-key') {
        const keys = await db
          .selectFrom('refresh_keys')
          .select(['id', 'sealed_key as sealed'])
          .where('id', '>', afterId)
          .orderBy('id')
          .limit(limit)
          .execute();
        return keys.map(({ id, sealed }) => ({ id, holder: String(id), sealed }));
      }
      const rows = await db
        .selectFrom('mails')
        .select(['id', 'recipient', 'sealed_body'])
        .where('id', '>', afterId)
        .where('sealed_body', 'is not', null)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.flatMap(({ id, recipient: holder, sealed_body: sealed }) => (sealed === null ? [] : [{ id, holder, sealed }]));
    },
  };
}

export const signingKeysActs = {
  async addSigningKeys(act: Act, { keys, moveUp, secretCheck, nowMs, event }: Input<'addSigningKeys'>): Promise<boolean> {
    if ((await lockSecretCheck(act.db)) !== secretCheck) return false;
    const pairs = await pairsOf(act.db);
    const isFree = ({ algorithm, state }: { algorithm: string; state: string }): boolean =>
      !pairs.some((each) => each.algorithm === algorithm && each.state === state);
    let changed = false;
    for (const key of pairs.filter(({ kid, state }) => state === 'next' && moveUp.includes(kid))) {
      if (!isFree({ ...key, state: 'current' })) continue;
      await letSign(act.db, key.kid, nowMs);
      key.state = 'current';
      changed = true;
    }
    for (const key of keys.filter(isFree)) {
      await insertSigningKey(act.db, key);
      changed = true;
    }
    if (!changed) return false;
    act.change(SIGNING_KEYS_CHANGED);
    act.event(event);
    return true;
  },

  async rotateSigningKeys(act: Act, input: Input<'rotateSigningKeys'>): Promise<boolean> {
    // The check's row is the lock: a rotation of the master secret and one of the signing keys take turns.
    if ((await lockSecretCheck(act.db)) !== input.secretCheck) return false;
    const pairs = await pairsOf(act.db);
    const isAsSeen = (kid: string, state: string): boolean => pairs.some((key) => key.kid === kid && key.state === state);
    if (!input.pairs.every(({ currentKid, nextKid }) => isAsSeen(currentKid, 'current') && isAsSeen(nextKid, 'next')))
      return false;
    for (const pair of input.pairs) await rotatePair(act, pair, input);
    act.change(SIGNING_KEYS_CHANGED);
    return true;
  },

  async setRotationDays(act: Act, { days, event }: Input<'setRotationDays'>): Promise<void> {
    await putSetting(act.db, 'signing_key_rotation_days', String(days));
    act.event(event);
  },

  async dropEndedSigningKeys(act: Act, { nowMs }: Input<'dropEndedSigningKeys'>): Promise<number> {
    // What it signed between its retirement and the moment when all servers knew of it is recorded, so the record is read once
    // more.
    const deleted = await act.db
      .deleteFrom('signing_keys')
      .where('state', '=', 'retired')
      .where('last_jwt_ends_at_ms', '<', nowMs)
      .where('retired_at_ms', '<', nowMs - HEARD_AFTER_MS)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('jwts')
              .select('jti')
              .whereRef('jwts.signing_key_id', '=', 'signing_keys.kid')
              .where('jwts.expires_at_ms', '>=', nowMs),
          ),
        ),
      )
      .returning('kid')
      .execute();
    if (deleted.length > 0) {
      // Their JWTs expired long ago; the sweep finds records by active signing keys, so the last of these are deleted here.
      await act.db
        .deleteFrom('jwts')
        .where(
          'signing_key_id',
          'in',
          deleted.map((key) => key.kid),
        )
        .execute();
      act.change(SIGNING_KEYS_CHANGED);
    }
    return deleted.length;
  },
};

export const masterSecretActs = {
  async setFirstSecretCheck(act: Act, { check }: SecretInput<'setFirstSecretCheck'>): Promise<string> {
    await act.db
      .insertInto('settings')
      .values({ name: 'master_secret_check', value: check })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    return (await readSecretCheck(act.db)) ?? check;
  },

  async resealTexts(act: Act, { kind, texts }: SecretInput<'resealTexts'>): Promise<void> {
    for (const { id, from, to } of texts) {
      if (kind === 'totp') {
        await act.db
          .updateTable('totp_secrets')
          .set({ sealed_secret: to })
          .where('user_id', '=', id)
          .where('sealed_secret', '=', from)
          .execute();
      } else if (kind === 'refresh-key') {
        await act.db
          .updateTable('refresh_keys')
          .set({ sealed_key: to })
          .where('id', '=', id)
          .where('sealed_key', '=', from)
          .execute();
      } else {
        await act.db.updateTable('mails').set({ sealed_body: to }).where('id', '=', id).where('sealed_body', '=', from).execute();
      }
    }
  },

  async reseal(act: Act, { fromCheck, toCheck, sealed, event }: SecretInput<'reseal'>): Promise<boolean> {
    if ((await lockSecretCheck(act.db)) !== fromCheck) return false;
    for (const key of sealed) {
      await act.db
        .updateTable('signing_keys')
        .set({ sealed_private_key: key.sealedPrivateKey })
        .where('kid', '=', key.kid)
        .execute();
    }
    await act.db.updateTable('settings').set({ value: toCheck }).where('name', '=', 'master_secret_check').execute();
    act.change({ kind: 'master-secret', id: '', beforeMs: null, endsAtMs: null });
    act.event(event);
    return true;
  },
};

/** The keys that sign and that wait. */
const pairsOf = (db: Db) =>
  db.selectFrom('signing_keys').select(['kid', 'algorithm', 'state']).where('state', 'in', ['current', 'next']).execute();

const letSign = (db: Db, kid: string, nowMs: number) =>
  db.updateTable('signing_keys').set({ state: 'current', signing_since_ms: nowMs }).where('kid', '=', kid).execute();

async function rotatePair(
  act: Act,
  { currentKid, nextKid, newNext, event }: Input<'rotateSigningKeys'>['pairs'][number],
  { nowMs, unrecordedJwtSeconds }: Input<'rotateSigningKeys'>,
): Promise<void> {
  const last = await act.db
    .selectFrom('jwts')
    .select((eb) => eb.fn.max('expires_at_ms').as('ends_at_ms'))
    .where('signing_key_id', '=', currentKid)
    .executeTakeFirst();
  await act.db
    .updateTable('signing_keys')
    .set({
      state: 'retired',
      retired_at_ms: nowMs,
      last_jwt_ends_at_ms: Math.max(last?.ends_at_ms ?? 0, nowMs + unrecordedJwtSeconds * 1000),
    })
    .where('kid', '=', currentKid)
    .execute();
  await letSign(act.db, nextKid, nowMs);
  await insertSigningKey(act.db, newNext);
  act.event(event);
}

async function readSecretCheck(db: Db): Promise<string | null> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', 'master_secret_check').executeTakeFirst();
  return row?.value ?? null;
}

async function lockSecretCheck(db: Db): Promise<string | null> {
  const row = await db
    .updateTable('settings')
    .set((eb) => ({ value: eb.ref('value') }))
    .where('name', '=', 'master_secret_check')
    .returning('value')
    .executeTakeFirst();
  return row?.value ?? null;
}

const insertSigningKey = (db: Db, key: StoredSigningKey) =>
  db
    .insertInto('signing_keys')
    .values({
      kid: key.kid,
      algorithm: key.algorithm,
      public_jwk: key.publicJwk,
      sealed_private_key: key.sealedPrivateKey,
      state: key.state,
      created_at_ms: key.createdAtMs,
      signing_since_ms: key.signingSinceMs,
      retired_at_ms: key.retiredAtMs,
      last_jwt_ends_at_ms: key.lastJwtEndsAtMs,
    })
    .execute();
