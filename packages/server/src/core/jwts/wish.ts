/**
 * What a minted JWT may be, seen from the key that asks: the rules of `POST /auth` in the order of the contract. First what is
 * wrong with the wish itself, every field at once; then whether the key may have it. Nothing is ever silently narrowed.
 */
import { isJwtPermission, isReserved, isSubject, isWildcard, MAX_PERMISSIONS, permits } from '@keyhouse/protocol';
import { DAY_MS, SECOND_MS } from '../lib/clock.ts';
import type { Fault } from '../lib/fault.ts';
import { isSameUri } from '../lib/uri.ts';

/** The request body as it came; `resource` is RFC 8707's. */
export interface Wish {
  readonly permissions: readonly string[];
  readonly expiresAtMs?: number;
  readonly subject?: string;
  readonly resource?: string;
}

export type JwtFault = Fault<'permissions' | 'expires' | 'subject' | 'resource'>;

export interface GrantedWish {
  /** As asked, each once. */
  readonly permissions: readonly string[];
  readonly subject: string | null;
  /** Whole seconds. */
  readonly expiresAt: number;
}

export type JudgedWish =
  | { readonly ok: true; readonly value: GrantedWish }
  | { readonly ok: false; readonly reason: 'invalid'; readonly faults: readonly JwtFault[] }
  /** What the key lacks. */
  | { readonly ok: false; readonly reason: 'forbidden'; readonly permissions: readonly string[] };

export interface WishRules {
  /** Permissions that exist; empty: every well-formed one. */
  readonly catalogue: ReadonlySet<string>;
  readonly audience: string;
  readonly maxJwtDays: number;
  readonly nowMs: number;
}

/** Judges a wish against the rules, the permissions of the key, and the expiry of the key. */
export const judgeWish = (
  rules: WishRules,
  key: { permissions: readonly string[] | null; expiresAtMs: number | null },
  wish: Wish,
): JudgedWish => {
  const latestMs = Math.min(rules.nowMs + rules.maxJwtDays * DAY_MS, key.expiresAtMs ?? Number.POSITIVE_INFINITY);
  const expiresAt = Math.floor((wish.expiresAtMs ?? Math.min(oneYearAfter(rules.nowMs), latestMs)) / SECOND_MS);
  const faults = [
    ...permissionFaults(rules.catalogue, wish.permissions),
    ...expiryFaults(rules.nowMs, latestMs, expiresAt),
    ...(wish.subject === undefined || isSubject(wish.subject) ? [] : [SUBJECT_FAULT]),
    ...(wish.resource === undefined || isSameUri(wish.resource, rules.audience) ? [] : [RESOURCE_FAULT]),
  ];
  if (faults.length > 0) return { ok: false, reason: 'invalid', faults };
  const permissions = [...new Set(wish.permissions)];
  const lacking = permissions.filter((wanted) => !mayHandOn(key.permissions, wanted));
  if (lacking.length > 0) return { ok: false, reason: 'forbidden', permissions: lacking };
  return { ok: true, value: { permissions, subject: wish.subject ?? null, expiresAt } };
};

const SUBJECT_FAULT: JwtFault = {
  field: 'subject',
  sentence: 'The subject must be 1 to 128 letters, digits, dots, underscores, at signs or hyphens.',
};
const RESOURCE_FAULT: JwtFault = { field: 'resource', sentence: 'This resource does not exist.' };

/** Only a key that literally holds a wildcard can pass it on: a key without a list must say what it means. */
const mayHandOn = (held: readonly string[] | null, wanted: string): boolean =>
  isWildcard(wanted) ? held?.includes(wanted) === true : permits(held, wanted);

/** One sentence at most: the first fault. Names are not repeated, because they are the caller's text. */
const permissionFaults = (catalogue: ReadonlySet<string>, wanted: readonly string[]): JwtFault[] => {
  const fault = (sentence: string): JwtFault[] => [{ field: 'permissions', sentence }];
  if (wanted.length === 0) return fault('The permissions field must name at least one permission.');
  if (wanted.length > MAX_PERMISSIONS) return fault(`The permissions field must name at most ${MAX_PERMISSIONS} permissions.`);
  if (!wanted.every(isJwtPermission)) return fault('Each permission must have the form invoices.read or invoices.write.');
  if (wanted.some(isReserved)) return fault('Permissions that begin with keyhouse. cannot be given to a JWT.');
  const exists = (name: string): boolean => catalogue.size === 0 || isWildcard(name) || catalogue.has(name);
  return wanted.every(exists) ? [] : fault('A permission does not exist.');
};

const expiryFaults = (nowMs: number, latestMs: number, expiresAt: number): JwtFault[] => {
  const fault = (sentence: string): JwtFault[] => [{ field: 'expires', sentence }];
  if (!Number.isSafeInteger(expiresAt)) return fault('The expires field must be a date such as 2027-11-22T00:00:00Z.');
  if (expiresAt * SECOND_MS <= nowMs) return fault('The expires field must be a date in the future.');
  if (expiresAt * SECOND_MS > latestMs) return fault('The expires field must not be later than this key allows.');
  return [];
};

/** The same day of the next year, UTC; the 29th of February gives the 1st of March [B6]. */
const oneYearAfter = (nowMs: number): number => {
  const date = new Date(nowMs);
  return date.setUTCFullYear(date.getUTCFullYear() + 1);
};
