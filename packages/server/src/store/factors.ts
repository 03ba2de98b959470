/** Passkeys, TOTP secrets, recovery codes, identities at other providers, and whether two-step verification is on. */
import type { EventDraft } from '../core/audit/event.ts';
import type { FactorsStore, Identity, Passkey } from '../core/factors/factor.ts';
import { CEILINGS } from '../core/lib/ceilings.ts';
import type { Act } from './act.ts';
import { toBytes } from './hex.ts';
import type { Db } from './prepared.ts';
import { lockSignIn, mayVouchFor } from './sign-ins.ts';
import { lockEnabledUser } from './users.ts';

type Input<Name extends keyof FactorsStore> = Parameters<FactorsStore[Name]>[0];
type Reads = Pick<
  FactorsStore,
  'listPasskeys' | 'findPasskey' | 'findTotp' | 'countRecoveryCodes' | 'listIdentities' | 'findIdentity'
>;

export function factorsReads(db: Db): Reads {
  return {
    async listPasskeys(userId) {
      const rows = await db.selectFrom('passkeys').selectAll().where('user_id', '=', userId).orderBy('created_at_ms').execute();
      return rows.map(toPasskey);
    },
    async findPasskey(id) {
      const row = await db.selectFrom('passkeys').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toPasskey(row);
    },
    async findTotp(userId) {
      const row = await db.selectFrom('totp_secrets').selectAll().where('user_id', '=', userId).executeTakeFirst();
      return row === undefined ? null : { sealedSecret: row.sealed_secret, confirmedAtMs: row.confirmed_at_ms };
    },
    async countRecoveryCodes(userId) {
      const rows = await db.selectFrom('recovery_codes').select('hash').where('user_id', '=', userId).execute();
      return rows.length;
    },
    async listIdentities(userId) {
      const rows = await db.selectFrom('identities').selectAll().where('user_id', '=', userId).orderBy('linked_at_ms').execute();
      return rows.map(toIdentity);
    },
    async findIdentity(provider, subject) {
      const row = await db
        .selectFrom('identities')
        .selectAll()
        .where('provider', '=', provider)
        .where('subject', '=', subject)
        .executeTakeFirst();
      return row === undefined ? null : toIdentity(row);
    },
  };
}

export const factorsActs = {
  async addPasskey(act: Act, { passkey, event }: Input<'addPasskey'>): Promise<boolean | 'too_many'> {
    // Another sign-in may be adding one at the same time.
    if ((await lockEnabledUser(act.db, passkey.userId, null)) === null) return false;
    const { count } = await act.db
      .selectFrom('passkeys')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('user_id', '=', passkey.userId)
      .executeTakeFirstOrThrow();
    if (Number(count) >= CEILINGS.passkeysOfUser) return 'too_many';
    const inserted = await act.db
      .insertInto('passkeys')
      .values({
        id: passkey.id,
        user_id: passkey.userId,
        name: passkey.name,
        public_key: Buffer.from(passkey.publicKey, 'base64url'),
        counter: passkey.counter,
        transports: JSON.stringify(passkey.transports),
        synced: passkey.synced ? 1 : 0,
        created_at_ms: passkey.createdAtMs,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 0n) return false;
    act.event(event);
    return true;
  },

  async renamePasskey(act: Act, { userId, id, name, event }: Input<'renamePasskey'>): Promise<boolean> {
    const updated = await act.db
      .updateTable('passkeys')
      .set({ name })
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return recordChange(act, updated.numUpdatedRows, event);
  },

  async removePasskey(act: Act, { userId, id, events }: Input<'removePasskey'>) {
    await lockUser(act.db, userId);
    const passkeys = await act.db.selectFrom('passkeys').select('id').where('user_id', '=', userId).execute();
    if (passkeys.every((passkey) => passkey.id !== id)) return 'gone' as const;
    if (passkeys.length === 1 && !(await hasPasswordOrIdentity(act.db, userId, null))) return 'only_way_in' as const;
    await act.db.deleteFrom('passkeys').where('id', '=', id).where('user_id', '=', userId).execute();
    act.event(events.removed);
    await endIdleTwoStep(act, userId, events.twoStepOff);
    return 'done' as const;
  },

  async usePasskey(act: Act, { userId, id, counter, nowMs }: Input<'usePasskey'>): Promise<boolean> {
    const updated = await act.db
      .updateTable('passkeys')
      .set({ counter, last_used_at_ms: nowMs })
      .where('id', '=', id)
      .where('user_id', '=', userId)
      // Many authenticators do not count: both stay 0.
      .where('counter', counter === 0 ? '=' : '<', counter)
      .executeTakeFirst();
    return updated.numUpdatedRows > 0n;
  },

  async putTotp(act: Act, { userId, sealedSecret, nowMs }: Input<'putTotp'>): Promise<boolean> {
    const row = { sealed_secret: sealedSecret, created_at_ms: nowMs, last_step: 0 };
    const put = await act.db
      .insertInto('totp_secrets')
      .values({ user_id: userId, ...row })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row).where('totp_secrets.confirmed_at_ms', 'is', null))
      .executeTakeFirst();
    return (put.numInsertedOrUpdatedRows ?? 0n) > 0n;
  },

  async confirmTotp(act: Act, input: Input<'confirmTotp'>) {
    const { userId, sealedSecret, step, recoveryHashes, nowMs, events } = input;
    const isOn = await lockUser(act.db, userId);
    const updated = await act.db
      .updateTable('totp_secrets')
      .set({ confirmed_at_ms: nowMs, last_step: step })
      .where('user_id', '=', userId)
      .where('sealed_secret', '=', sealedSecret)
      .where('confirmed_at_ms', 'is', null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return 'gone' as const;
    act.event(events.confirmed);
    if (!isOn) await setTwoStep(act.db, userId, nowMs);
    if (!isOn) act.event(events.twoStepOn);
    if (isOn && (await hasRecoveryCodes(act.db, userId))) return 'kept' as const;
    await putRecoveryCodes(act.db, userId, recoveryHashes);
    return 'codes' as const;
  },

  async turnTwoStepOn(act: Act, { userId, recoveryHashes, nowMs, event }: Input<'turnTwoStepOn'>) {
    if (await lockUser(act.db, userId)) return 'already' as const;
    const passkey = await act.db.selectFrom('passkeys').select('id').where('user_id', '=', userId).executeTakeFirst();
    if (passkey === undefined) return 'no_factor' as const;
    await setTwoStep(act.db, userId, nowMs);
    await putRecoveryCodes(act.db, userId, recoveryHashes);
    act.event(event);
    return 'done' as const;
  },

  async turnTwoStepOff(act: Act, { userId, event }: Input<'turnTwoStepOff'>): Promise<boolean> {
    if (!(await lockUser(act.db, userId))) return false;
    await act.db.deleteFrom('totp_secrets').where('user_id', '=', userId).execute();
    await endTwoStep(act, userId, event);
    return true;
  },

  async useTotp(act: Act, { userId, step }: Input<'useTotp'>): Promise<boolean> {
    const updated = await act.db
      .updateTable('totp_secrets')
      .set({ last_step: step })
      .where('user_id', '=', userId)
      .where('confirmed_at_ms', 'is not', null)
      .where('last_step', '<', step)
      .executeTakeFirst();
    return updated.numUpdatedRows > 0n;
  },

  async removeTotp(act: Act, { userId, events }: Input<'removeTotp'>): Promise<boolean> {
    await lockUser(act.db, userId);
    const deleted = await act.db.deleteFrom('totp_secrets').where('user_id', '=', userId).executeTakeFirst();
    if (deleted.numDeletedRows === 0n) return false;
    act.event(events.removed);
    await endIdleTwoStep(act, userId, events.twoStepOff);
    return true;
  },

  async replaceRecoveryCodes(act: Act, { userId, hashes, event }: Input<'replaceRecoveryCodes'>): Promise<boolean> {
    if (!(await lockUser(act.db, userId))) return false;
    await putRecoveryCodes(act.db, userId, hashes);
    act.event(event);
    return true;
  },

  async useRecoveryCode(act: Act, { userId, hash, event }: Input<'useRecoveryCode'>): Promise<boolean> {
    const deleted = await act.db
      .deleteFrom('recovery_codes')
      .where('user_id', '=', userId)
      .where('hash', '=', toBytes(hash))
      .executeTakeFirst();
    return recordChange(act, deleted.numDeletedRows, event);
  },

  async linkIdentity(act: Act, { signInId, identity, domains, event }: Input<'linkIdentity'>): Promise<boolean> {
    const user = await lockEnabledUser(act.db, identity.userId, null);
    if (user === null || !mayVouchFor(domains, user)) return false;
    // A user who comes back from a provider does not pass a door that would name the sign-in: it is judged only here.
    if (!(await lockSignIn(act.db, signInId))) return false;
    const inserted = await act.db
      .insertInto('identities')
      .values({
        provider: identity.provider,
        subject: identity.subject,
        user_id: identity.userId,
        email: identity.email,
        linked_at_ms: identity.linkedAtMs,
      })
      .onConflict((conflict) => conflict.columns(['provider', 'subject']).doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows === 0n) return false;
    act.event(event);
    return true;
  },

  async unlinkIdentity(act: Act, { userId, provider, event }: Input<'unlinkIdentity'>) {
    await lockUser(act.db, userId);
    const passkey = await act.db.selectFrom('passkeys').select('id').where('user_id', '=', userId).executeTakeFirst();
    if (passkey === undefined && !(await hasPasswordOrIdentity(act.db, userId, provider))) return 'only_way_in' as const;
    const deleted = await act.db
      .deleteFrom('identities')
      .where('user_id', '=', userId)
      .where('provider', '=', provider)
      .executeTakeFirst();
    return recordChange(act, deleted.numDeletedRows, event) ? ('done' as const) : ('gone' as const);
  },
};

/** Whether two-step verification is on, under the lock of the user, which signing in takes too (`lockEnabledUser`). */
async function lockUser(db: Db, userId: number): Promise<boolean> {
  await db
    .updateTable('users')
    .set((eb) => ({ two_step_since_ms: eb.ref('two_step_since_ms') }))
    .where('id', '=', userId)
    .execute();
  const user = await db.selectFrom('users').select('two_step_since_ms').where('id', '=', userId).executeTakeFirst();
  return user !== undefined && user.two_step_since_ms !== null;
}

const setTwoStep = (db: Db, userId: number, sinceMs: number | null) =>
  db.updateTable('users').set({ two_step_since_ms: sinceMs }).where('id', '=', userId).execute();

/** Whether the user can sign in without a passkey. `exceptProvider`: not counted, because it is about to be unlinked. */
async function hasPasswordOrIdentity(db: Db, userId: number, exceptProvider: string | null): Promise<boolean> {
  const user = await db.selectFrom('users').select('password_hash').where('id', '=', userId).executeTakeFirst();
  if ((user?.password_hash ?? '') !== '') return true;
  const identities = await db.selectFrom('identities').select('provider').where('user_id', '=', userId).execute();
  return identities.some(({ provider }) => provider !== exceptProvider);
}

const hasRecoveryCodes = async (db: Db, userId: number): Promise<boolean> =>
  (await db.selectFrom('recovery_codes').select('hash').where('user_id', '=', userId).executeTakeFirst()) !== undefined;

function recordChange(act: Act, rows: bigint, event: EventDraft): boolean {
  if (rows === 0n) return false;
  act.event(event);
  return true;
}

/** Turns two-step verification off if no factor is left: a user must not be asked for a second step that they cannot do. */
async function endIdleTwoStep(act: Act, userId: number, event: EventDraft): Promise<void> {
  const { db } = act;
  const passkey = await db.selectFrom('passkeys').select('id').where('user_id', '=', userId).executeTakeFirst();
  const totp = await db
    .selectFrom('totp_secrets')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('confirmed_at_ms', 'is not', null)
    .executeTakeFirst();
  if (passkey === undefined && totp === undefined && (await lockUser(db, userId))) await endTwoStep(act, userId, event);
}

async function endTwoStep(act: Act, userId: number, event: EventDraft): Promise<void> {
  await act.db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  await setTwoStep(act.db, userId, null);
  act.event(event);
}

async function putRecoveryCodes(db: Db, userId: number, hashes: readonly string[]): Promise<void> {
  await db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  await db
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ user_id: userId, hash: toBytes(hash) })))
    .execute();
}

const toPasskey = (row: {
  id: string;
  user_id: number;
  name: string;
  public_key: Uint8Array;
  counter: number;
  transports: string;
  synced: number;
  created_at_ms: number;
  last_used_at_ms: number | null;
}): Passkey => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  publicKey: Buffer.from(row.public_key).toString('base64url'),
  counter: row.counter,
  transports: JSON.parse(row.transports) as string[],
  synced: row.synced === 1,
  createdAtMs: row.created_at_ms,
  lastUsedAtMs: row.last_used_at_ms,
});

const toIdentity = (row: {
  provider: string;
  subject: string;
  user_id: number;
  email: string | null;
  linked_at_ms: number;
}): Identity => ({
  provider: row.provider,
  subject: row.subject,
  userId: row.user_id,
  email: row.email,
  linkedAtMs: row.linked_at_ms,
});
