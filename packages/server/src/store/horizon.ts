/**
 * Until when a revocation must be remembered: until the last JWT that it can concern has expired. The act that revokes finds this
 * in its own transaction, under the locks that recording a JWT takes too. No caller passes it: a caller knows only its own
 * settings, and the JWTs may have been minted under other ones.
 */
import type { ChangeDraft } from '../core/revocations/change.ts';
import { UNRECORDED_JWT_SECONDS } from '../core/sessions/session.ts';
import type { Db } from './prepared.ts';

/** How far the clock of another server may be ahead, in milliseconds. */
export const CLOCK_SLACK_MS = 60_000;

/** How long the revocation of a session is remembered. */
export const LONGEST_SESSION_REVOCATION_MS = UNRECORDED_JWT_SECONDS * 1000 + CLOCK_SLACK_MS;

const DAY_MS = 86_400_000;
/**
 * The setting that holds the longest lifetime, in days, that any server on this database was ever allowed to give a JWT. It only
 * grows.
 */
const LONGEST_JWT_DAYS = 'longest_jwt_days';

/** Caches forget what they hold of the subject; nothing is revoked. */
export type CacheDraft = ChangeDraft & { readonly beforeMs: null; readonly endsAtMs: null };

/** What is revoked, without its end. The end is known beforehand only for a single JWT: it is the JWT's own. */
export type RevocationDraft =
  | { readonly kind: 'jti'; readonly id: string; readonly beforeMs: number; readonly endsAtMs: number }
  | OwnerRevoked
  | SessionRevoked;

/** JWTs of keys and of accounts are recorded, and may be valid for long. */
interface OwnerRevoked extends SubjectRevoked {
  readonly kind: 'credential' | 'account' | 'user';
  readonly id: number;
}

/** JWTs of sessions and applications are not recorded, but all have the same short lifetime. */
interface SessionRevoked extends SubjectRevoked {
  readonly kind: 'session' | 'application';
  readonly id: string;
}

interface SubjectRevoked {
  /** Everything issued at or before this moment is revoked. Never earlier than now. */
  readonly beforeMs: number;
  /** The subject has ended for good, so what is issued later is revoked too: the clock of another server may be ahead. */
  readonly isForGood?: boolean;
}

/** The change that a revocation becomes, with its end. */
export async function toChangeDraft(db: Db, draft: RevocationDraft): Promise<ChangeDraft> {
  if (draft.kind === 'jti') return draft;
  const endsAtMs = (await lastExpiryMs(db, draft)) + CLOCK_SLACK_MS;
  const beforeMs = draft.isForGood === true ? endsAtMs : draft.beforeMs;
  return { kind: draft.kind, id: String(draft.id), beforeMs, endsAtMs };
}

async function lastExpiryMs(db: Db, draft: OwnerRevoked | SessionRevoked): Promise<number> {
  if (isUnrecorded(draft)) return draft.beforeMs + UNRECORDED_JWT_SECONDS * 1000;
  // JWTs that were minted after a restored backup was created are not recorded either.
  const unrecordedMs = draft.beforeMs + (await longestJwtDays(db)) * DAY_MS;
  // JWTs of a user are those of sessions, which are not recorded; recorded ones belong to keys, and so to accounts.
  if (draft.kind === 'user') return unrecordedMs;
  const recordedMs = draft.kind === 'credential' ? lastExpiryOfKey(db, draft.id) : lastExpiryOfAccount(db, draft.id);
  return Math.max(unrecordedMs, await recordedMs);
}

const isUnrecorded = (draft: OwnerRevoked | SessionRevoked): draft is SessionRevoked =>
  draft.kind === 'session' || draft.kind === 'application';

/** One look-up in an index, however many JWTs there are. */
async function lastExpiryOfKey(db: Db, keyId: number): Promise<number> {
  const last = await db
    .selectFrom('jwts')
    .select(({ fn }) => fn.max('expires_at_ms').as('at_ms'))
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return last?.at_ms ?? 0;
}

/** The same look-up for each key of the account, also for those that were revoked. */
async function lastExpiryOfAccount(db: Db, accountId: number): Promise<number> {
  const ofKeys = db
    .selectFrom('credentials')
    .select((eb) =>
      eb
        .selectFrom('jwts')
        .select(({ fn }) => fn.max('jwts.expires_at_ms').as('at_ms'))
        .whereRef('jwts.key_id', '=', 'credentials.id')
        .as('at_ms'),
    )
    .where('account_id', '=', accountId)
    .where('kind', '=', 'key');
  const last = await db
    .selectFrom(ofKeys.as('of_keys'))
    .select(({ fn }) => fn.max('of_keys.at_ms').as('at_ms'))
    .executeTakeFirst();
  return Number(last?.at_ms ?? 0);
}

/** In one statement, so that of two servers that start at once the longer lifetime stays. */
export async function raiseLongestJwtDays(db: Db, days: number): Promise<void> {
  await db
    .updateTable('settings')
    .set({ value: String(days) })
    .where('name', '=', LONGEST_JWT_DAYS)
    .where((eb) => eb(eb.cast<number>('value', 'integer'), '<', days))
    .execute();
}

async function longestJwtDays(db: Db): Promise<number> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', LONGEST_JWT_DAYS).executeTakeFirstOrThrow();
  return Number(row.value);
}
