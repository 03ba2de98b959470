/**
 * Least privilege [A10, B10]: what a credential was granted and what it used, and what it could be narrowed to without anyone
 * noticing.
 */
import { covers, type HeldPermissions, isReserved, isWildcard, MAX_PERMISSIONS } from '@keyhouse/protocol';
import type { Credential, CredentialsStore, PermissionSums } from '../credentials/credential.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import { UNTOLD_PERMISSION } from './permission-use.ts';

/** How far back the use of permissions is considered. */
export const LEAST_DAYS = 90;
const SHORT_DAYS = 30;
/** Nothing is suggested until a job that runs once a month must have shown what it needs. */
export const WATCHED_FOR_MS = SHORT_DAYS * DAY_MS;

export interface PermissionRow {
  readonly name: string;
  readonly granted: boolean;
  readonly requests30Days: number;
  readonly requests90Days: number;
  readonly lastUsedAtMs: number | null;
}

export interface Least {
  /**
   * Granted or used, by name. While the catalogue is empty, a wildcard and "no list" show only the permissions that were used.
   */
  readonly permissions: readonly PermissionRow[];
  readonly observedSinceMs: number;
  /** The latest of: its creation, the last change of its permissions, the moment from which use was counted. */
  readonly watchedSinceMs: number;
  /** Whole days of it. */
  readonly watchedDays: number;
  /** Before this moment nothing is suggested; null: it has been watched for long enough. */
  readonly suggestsFromMs: number | null;
  /** Requests of the last 90 days whose permission is not known: introspection without one. */
  readonly untoldRequests: number;
  /**
   * What was used, if that is less than what was granted. Null: there is nothing to remove, it was not watched for long enough,
   * or some requests did not say what they needed.
   */
  readonly narrowTo: readonly string[] | null;
}

export type Narrowing = Omit<Least, 'permissions'>;

export interface Granted {
  readonly credential: Pick<Credential, 'id' | 'permissions' | 'createdAtMs' | 'permissionsChangedAtMs'>;
  /** Of the last 90 days, the recent ones being the last 30. */
  readonly uses: readonly PermissionSums[];
}

export interface Watch {
  readonly nowMs: number;
  /** Since when this database counts. */
  readonly countedSinceMs: number;
  /** Names of the permissions that exist; empty: every well-formed one. */
  readonly catalogue: ReadonlySet<string>;
}

interface Ports {
  readonly credentials: Pick<CredentialsStore, 'permissionUse' | 'permissionsObservedSinceMs'>;
  readonly clock: Clock;
  readonly catalogue: () => ReadonlySet<string>;
}

/** For each of these credentials, in two queries however many there are. */
export async function leastOf(ports: Ports, credentials: readonly Granted['credential'][]): Promise<ReadonlyMap<number, Least>> {
  const nowMs = ports.clock.now();
  const [uses, countedSinceMs] = await Promise.all([
    ports.credentials.permissionUse({
      credentialIds: credentials.map(({ id }) => id),
      sinceDay: leastSinceDay(nowMs),
      recentSinceDay: dayOf(nowMs) - SHORT_DAYS + 1,
    }),
    ports.credentials.permissionsObservedSinceMs(),
  ]);
  const usesOf = Map.groupBy(uses, ({ credentialId }) => credentialId);
  const watch: Watch = { nowMs, countedSinceMs, catalogue: ports.catalogue() };
  return new Map(
    credentials.map((credential) => [credential.id, judgeLeast({ credential, uses: usesOf.get(credential.id) ?? [] }, watch)]),
  );
}

/** The first day whose use counts. */
export const leastSinceDay = (nowMs: number): number => dayOf(nowMs) - LEAST_DAYS + 1;

/**
 * Only whether it could be narrowed: since when it has been watched, or null. `used`: permissions without counts, which are not
 * needed for this. For the overview, which judges every credential of an account.
 */
export function tooWideSince(credential: Granted['credential'], used: Iterable<string>, watch: Watch): number | null {
  if (watch.nowMs - credential.createdAtMs < WATCHED_FOR_MS) return null;
  const once = { credentialId: credential.id, requests: 1, recentRequests: 0, lastUsedAtMs: 0 };
  const uses = Array.from(used, (permission) => ({ ...once, permission }));
  const { narrowTo, watchedSinceMs } = judgeNarrowing({ credential, uses }, watch);
  return narrowTo === null ? null : watchedSinceMs;
}

export function judgeLeast({ credential, uses }: Granted, watch: Watch): Least {
  const { permissions: held } = credential;
  const used = new Map(uses.map((use) => [use.permission, use]));
  used.delete(UNTOLD_PERMISSION);
  const holds = holderOf(held);
  const granted = expand(held, holds, watch.catalogue);
  const names = [...new Set([...granted, ...used.keys()])].sort();
  const rows = names.map((name): PermissionRow => {
    const use = used.get(name);
    return {
      name,
      granted: holds(name),
      requests30Days: use?.recentRequests ?? 0,
      requests90Days: use?.requests ?? 0,
      lastUsedAtMs: use?.lastUsedAtMs ?? null,
    };
  });
  return { permissions: rows, ...judgeNarrowing({ credential, uses }, watch) };
}

/** What it could be narrowed to: the work grows with what was used, not with what exists. */
export function judgeNarrowing({ credential, uses }: Granted, watch: Watch): Narrowing {
  const { permissions: held, createdAtMs, permissionsChangedAtMs } = credential;
  const observedSinceMs = Math.max(watch.countedSinceMs, createdAtMs);
  const watchedSinceMs = Math.max(observedSinceMs, permissionsChangedAtMs ?? 0);
  const watchedForMs = watch.nowMs - watchedSinceMs;
  const suggestsFromMs = watchedForMs >= WATCHED_FOR_MS ? null : watchedSinceMs + WATCHED_FOR_MS;
  const untoldRequests = uses.find(({ permission }) => permission === UNTOLD_PERMISSION)?.requests ?? 0;
  const holds = holderOf(held);
  const isNeeded = ({ permission, requests }: PermissionSums): boolean => requests > 0 && holds(permission);
  const needed = uses.filter(isNeeded).map(({ permission }) => permission);
  const isJudged = suggestsFromMs === null && untoldRequests === 0;
  const narrowTo = isJudged && isLess(needed, held, watch.catalogue) ? needed.sort() : null;
  const watchedDays = Math.floor(Math.max(0, watchedForMs) / DAY_MS);
  return { observedSinceMs, watchedSinceMs, watchedDays, suggestsFromMs, untoldRequests, narrowTo };
}

/**
 * Whether the list covers each of many names, by sets: as `covers` would say it, but without going through the list again for
 * each.
 */
function holderOf(held: HeldPermissions): (name: string) => boolean {
  if (held === null) return (name) => covers(null, [name]);
  const byName = new Set(held);
  const wildcards = held.filter(isWildcard);
  return (name) => covers(byName.has(name) ? [name] : wildcards, [name]);
}

/** What the list permits, by name; wildcards as far as a catalogue says what they cover. */
function expand(
  held: readonly string[] | null,
  holds: (name: string) => boolean,
  catalogue: ReadonlySet<string>,
): readonly string[] {
  const byName = (held ?? []).filter((name) => !isWildcard(name));
  return [...byName, ...[...catalogue].filter(holds)];
}

/** Strictly less than what is held, and something that a credential can be narrowed to. */
function isLess(needed: readonly string[], held: readonly string[] | null, catalogue: ReadonlySet<string>): boolean {
  if (needed.length === 0 || needed.length > MAX_PERMISSIONS || covers(needed, held)) return false;
  const canBeNamed = (name: string): boolean =>
    held?.includes(name) === true || isWildcard(name) || (!isReserved(name) && (catalogue.size === 0 || catalogue.has(name)));
  if (!needed.every(canBeNamed)) return false;
  // If the catalogue names everything, and all of it is used, a list would only be in the way of permissions that are added
  // later.
  const isOpen = catalogue.size === 0 && (held === null || held.some(isWildcard));
  const [holds, needs] = [holderOf(held), holderOf(needed)];
  if (isOpen || held?.some((name) => !isWildcard(name) && !needs(name)) === true) return true;
  for (const name of catalogue) if (holds(name) && !needs(name)) return true;
  return false;
}

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
