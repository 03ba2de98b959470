/** What needs an owner's attention about a credential. */

import type { JudgedCredential } from '../credentials/credential.ts';
import { DAY_MS } from '../lib/clock.ts';

export const EXPIRES_SOON_DAYS = 14;
export const UNUSED_DAYS = 90;
/** Refused requests of one credential within a day; fewer happen to everyone. */
export const MANY_REFUSALS = 20;

/** What an operator sets. */
export interface NoticeRules {
  /** A secret is old after this many days; 0: never. */
  readonly oldSecretDays: number;
}

export type NoticeKind = 'expires-soon' | 'refusals' | 'unused' | 'old-secret' | 'too-wide';

export interface Notice {
  readonly kind: NoticeKind;
  readonly credential: Pick<JudgedCredential, 'id' | 'kind' | 'name'>;
  /** When it expires, was refused last, has been unused since, got its secret, or has been watched since. */
  readonly atMs: number;
}

interface Known {
  /** Since when it has been watched without needing all that it holds; null: it needs it, or nobody can say. */
  readonly tooWideSinceMs: number | null;
  /** When it was refused last, if that was often enough within a day. */
  readonly refusedLastAtMs: number | undefined;
}

/** What needs attention on an active credential. An expired one needs none. */
export function noticesOf(
  credential: JudgedCredential,
  { tooWideSinceMs, refusedLastAtMs }: Known,
  nowMs: number,
  { oldSecretDays }: NoticeRules,
): readonly Notice[] {
  const { expiresAtMs, createdAtMs, rotatedAtMs, use } = credential;
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return [];
  const notices: Notice[] = [];
  const add = (kind: NoticeKind, atMs: number): void => void notices.push({ kind, credential, atMs });
  if (expiresAtMs !== null && expiresAtMs - nowMs <= EXPIRES_SOON_DAYS * DAY_MS) add('expires-soon', expiresAtMs);
  if (refusedLastAtMs !== undefined) add('refusals', refusedLastAtMs);
  const unusedSinceMs = Math.max(use.lastUsedAtMs ?? 0, createdAtMs);
  if (nowMs - unusedSinceMs >= UNUSED_DAYS * DAY_MS) add('unused', unusedSinceMs);
  const secretMadeAtMs = rotatedAtMs ?? createdAtMs;
  if (oldSecretDays > 0 && nowMs - secretMadeAtMs >= oldSecretDays * DAY_MS) add('old-secret', secretMadeAtMs);
  if (tooWideSinceMs !== null) add('too-wide', tooWideSinceMs);
  return notices;
}
