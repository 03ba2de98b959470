/** Sign-ins of browsers: opening, proving and ending them, and the browsers and addresses from which a user is known. */
import { CEILINGS } from '../core/lib/ceilings.ts';
import { emailKey } from '../core/lib/email.ts';
import { vouchingFor } from '../core/providers/vouching.ts';
import { isSecondFactor, type ProofMethod, type SignIn, type SignInsStore, type Through } from '../core/sign-ins/sign-in.ts';
import type { User } from '../core/users/account.ts';
import type { Act } from './act.ts';
import { endGiven } from './given.ts';
import { toBytes } from './hex.ts';
import type { Db } from './prepared.ts';
import { lockEnabledUser, toUser, users } from './users.ts';

type Input<Name extends keyof SignInsStore> = Parameters<SignInsStore[Name]>[0];

export function signInsReads(db: Db): Pick<SignInsStore, 'findSignIn' | 'listSignIns' | 'knowsBrowser'> {
  return {
    async findSignIn(hash, notBefore) {
      const row = await live(db, notBefore).where('hash', '=', toBytes(hash)).executeTakeFirst();
      if (row === undefined) return null;
      const user = await users(db).where('users.id', '=', row.user_id).where('disabled_at_ms', 'is', null).executeTakeFirst();
      return user === undefined ? null : { signIn: toSignIn(row), user: toUser(user) };
    },
    async listSignIns(userId, notBefore, limit) {
      const rows = await live(db, notBefore)
        .where('user_id', '=', userId)
        .orderBy('last_seen_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toSignIn);
    },
    async knowsBrowser(userId, browserHash) {
      const ofUser = db.selectFrom('known_browsers').select('user_id').where('user_id', '=', userId);
      const found =
        browserHash === null ? undefined : await ofUser.where('browser_hash', '=', toBytes(browserHash)).executeTakeFirst();
      if (found !== undefined) return { known: true, first: false };
      return { known: false, first: (await ofUser.limit(1).executeTakeFirst()) === undefined };
    },
  };
}

export const signInsActs = {
  async openSignIn(act: Act, input: Input<'openSignIn'>): Promise<SignIn | null> {
    const { signIn, passwordHash } = input;
    const user = await lockEnabledUser(act.db, signIn.userId, passwordHash);
    if (user === null) return null;
    if (user.twoStepSinceMs !== null && !signIn.methods.some(isSecondFactor)) return null;
    if (input.through && !(await holds(act.db, user, input.through))) return null;
    await endUnseen(act.db, { userId: user.id, keep: CEILINGS.signInsOfUser - 1, nowMs: signIn.createdAtMs });
    const { id } = await act.db
      .insertInto('sign_ins')
      .values({
        user_id: signIn.userId,
        hash: toBytes(signIn.hash),
        created_at_ms: signIn.createdAtMs,
        last_seen_at_ms: signIn.lastSeenAtMs,
        proved_at_ms: signIn.provedAtMs,
        methods: JSON.stringify(signIn.methods),
        address: signIn.address,
        user_agent: signIn.userAgent,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    if (input.browserHash !== null) await rememberBrowser(act.db, signIn.userId, input.browserHash, signIn.createdAtMs);
    if (input.addressHash !== null) await rememberAddress(act.db, signIn.userId, input.addressHash, signIn.createdAtMs);
    act.event(input.event, { userId: user.id, accountId: user.accountId });
    const { hash: _, ...opened } = signIn;
    return { ...opened, id };
  },

  async seeSignIn(act: Act, { id, nowMs, address, userAgent }: Input<'seeSignIn'>): Promise<void> {
    await act.db
      .updateTable('sign_ins')
      .set({ last_seen_at_ms: nowMs, address, user_agent: userAgent })
      .where('id', '=', id)
      .where('ended_at_ms', 'is', null)
      .execute();
  },

  async proveSignIn(act: Act, input: Input<'proveSignIn'>): Promise<boolean> {
    const user = await lockEnabledUser(act.db, input.userId, input.passwordHash);
    if (user === null || (input.through && !(await holds(act.db, user, input.through)))) return false;
    const updated = await act.db
      .updateTable('sign_ins')
      .set({ proved_at_ms: input.nowMs })
      .where('id', '=', input.id)
      .where('user_id', '=', input.userId)
      .where('ended_at_ms', 'is', null)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) return false;
    act.event(input.event);
    return true;
  },

  async endSignIns(act: Act, { userId, id, exceptId, withSessions = false, nowMs, event }: Input<'endSignIns'>): Promise<number> {
    const which = { userId, ...(id === undefined ? {} : { id }), ...(exceptId === undefined ? {} : { exceptId }) };
    // First: what the browser has in progress (`authority.ts`) is then written before the rest looks for what to end.
    const ended = await endSignIns(act.db, { ...which, nowMs });
    const sessions = withSessions ? await endGiven(act, which, nowMs) : 0;
    if (ended + sessions > 0) act.event(withSessions ? { ...event, details: { ...event.details, sessions } } : event);
    return ended;
  },

  async sweepSignIns(act: Act, { beforeMs, limit }: Input<'sweepSignIns'>): Promise<boolean> {
    const over = act.db
      .selectFrom('sign_ins')
      .select('id')
      .where('last_seen_at_ms', '<', beforeMs)
      .orderBy('last_seen_at_ms')
      .limit(limit);
    const deleted = await act.db.deleteFrom('sign_ins').where('id', 'in', over).executeTakeFirst();
    return Number(deleted.numDeletedRows) === limit;
  },

  async sweepKnown(act: Act, { addressesBeforeMs, browsersBeforeMs, limit }: Input<'sweepKnown'>): Promise<boolean> {
    const addresses = await act.db
      .selectFrom('known_addresses')
      .select(['user_id', 'address_hash'])
      .where('last_signed_in_at_ms', '<', addressesBeforeMs)
      .limit(limit)
      .execute();
    for (const { user_id, address_hash } of addresses)
      await act.db
        .deleteFrom('known_addresses')
        .where('user_id', '=', user_id)
        .where('address_hash', '=', address_hash)
        .execute();
    const browsers = await act.db
      .selectFrom('known_browsers')
      .select(['user_id', 'browser_hash'])
      .where('last_signed_in_at_ms', '<', browsersBeforeMs)
      .limit(limit)
      .execute();
    for (const { user_id, browser_hash } of browsers)
      await act.db.deleteFrom('known_browsers').where('user_id', '=', user_id).where('browser_hash', '=', browser_hash).execute();
    return addresses.length === limit || browsers.length === limit;
  },
};

/** For the acts of other rooms that also end a user's sign-ins: a changed password, a disabling, a deletion. */
export async function endSignIns(
  db: Db,
  { userId, id, exceptId, nowMs }: { userId: number; id?: number; exceptId?: number; nowMs: number },
): Promise<number> {
  let query = db
    .updateTable('sign_ins')
    .set({ ended_at_ms: nowMs })
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null);
  if (id !== undefined) query = query.where('id', '=', id);
  if (exceptId !== undefined) query = query.where('id', '!=', exceptId);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
}

/** Keeps the `keep` most recently seen sign-ins of a user, and ends the others. Call under the lock of the user. */
async function endUnseen(db: Db, { userId, keep, nowMs }: { userId: number; keep: number; nowMs: number }): Promise<void> {
  const living = await db
    .selectFrom('sign_ins')
    .select('id')
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null)
    .orderBy('last_seen_at_ms', 'desc')
    .orderBy('id', 'desc')
    .execute();
  for (const { id } of living.slice(keep)) await endSignIns(db, { userId, id, nowMs });
}

/**
 * False if it has ended. The no-op update takes the row's lock (on PostgreSQL), so that an act that ends it now sees what this
 * act writes.
 */
export async function lockSignIn(db: Db, id: number): Promise<boolean> {
  const locked = await db
    .updateTable('sign_ins')
    .set((eb) => ({ ended_at_ms: eb.ref('ended_at_ms') }))
    .where('id', '=', id)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst();
  return locked.numUpdatedRows > 0n;
}

/** The same for the sign-in of this user: when they last gave a proof. Null if it has ended. */
export async function provedSignInAt(db: Db, id: number, userId: number): Promise<number | null> {
  const locked = await db
    .updateTable('sign_ins')
    .set((eb) => ({ ended_at_ms: eb.ref('ended_at_ms') }))
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where('ended_at_ms', 'is', null)
    .returning('proved_at_ms')
    .executeTakeFirst();
  return locked?.proved_at_ms ?? null;
}

/** Checked under the lock of the user, which acts that remove factors hold too. */
async function holds(db: Db, user: User, through: Through): Promise<boolean> {
  const userId = user.id;
  if ('provider' in through && !mayVouchFor(through.domains, user)) return false;
  const row =
    'passkey' in through
      ? await db
          .selectFrom('passkeys')
          .select('id')
          .where('user_id', '=', userId)
          .where('id', '=', through.passkey)
          .executeTakeFirst()
      : await db
          .selectFrom('identities')
          .select('subject')
          .where('user_id', '=', userId)
          .where('provider', '=', through.provider)
          .where('subject', '=', through.subject)
          .executeTakeFirst();
  return row !== undefined;
}

/** Whether a provider with these domains may sign the user in. For administrators it must name their domain. */
export const mayVouchFor = (domains: readonly string[], { isAdministrator, email }: User): boolean =>
  !isAdministrator || vouchingFor(domains, emailKey(email)) === 'named';

export async function rememberBrowser(db: Db, userId: number, browserHash: string, nowMs: number): Promise<void> {
  await db
    .insertInto('known_browsers')
    .values({ user_id: userId, browser_hash: toBytes(browserHash), last_signed_in_at_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['user_id', 'browser_hash']).doUpdateSet({ last_signed_in_at_ms: nowMs }))
    .execute();
}

export async function rememberAddress(db: Db, userId: number, addressHash: string, nowMs: number): Promise<void> {
  await db
    .insertInto('known_addresses')
    .values({ user_id: userId, address_hash: addressHash, last_signed_in_at_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['user_id', 'address_hash']).doUpdateSet({ last_signed_in_at_ms: nowMs }))
    .execute();
}

/** Those that have neither ended nor lapsed (`liveSince`). */
export const liveSignIns = (db: Db, notBefore: { seenMs: number; createdMs: number }) =>
  db
    .selectFrom('sign_ins')
    .where('ended_at_ms', 'is', null)
    .where('last_seen_at_ms', '>=', notBefore.seenMs)
    .where('created_at_ms', '>=', notBefore.createdMs);

const live = (db: Db, notBefore: { seenMs: number; createdMs: number }) =>
  liveSignIns(db, notBefore).select([
    ...(['id', 'user_id', 'created_at_ms', 'last_seen_at_ms', 'proved_at_ms', 'methods', 'address', 'user_agent'] as const),
  ]);

type Row = Awaited<ReturnType<ReturnType<typeof live>['executeTakeFirstOrThrow']>>;

const toSignIn = (row: Row): SignIn => ({
  id: row.id,
  userId: row.user_id,
  createdAtMs: row.created_at_ms,
  lastSeenAtMs: row.last_seen_at_ms,
  provedAtMs: row.proved_at_ms,
  methods: JSON.parse(row.methods) as ProofMethod[],
  address: row.address,
  userAgent: row.user_agent,
});
