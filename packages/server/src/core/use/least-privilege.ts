/**
 * Least privilege [A10, B10]: what a credential was granted and what it used, and what it could be narrowed to without anyone
 * noticing.
 */
import { covers, isReserved, isWildcard, MAX_PERMISSIONS, permits } from '@keyhouse/protocol';
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
export const leastOf = (ports: Ports, credentials: readonly Granted['credential'][]) => judgeEach(ports, credentials, judgeLeast);

/**
 * The same without the rows, each of which costs a pass over the whole catalogue, and without counts: which permissions were used
 * is enough.
 */
export async function narrowingsOf(
  {
    credentials: store,
    ...ports
  }: Omit<Ports, 'credentials'> & {
    readonly credentials: Pick<CredentialsStore, 'usedPermissions' | 'permissionsObservedSinceMs'>;
  },
  credentials: readonly Granted['credential'][],
): Promise<ReadonlyMap<number, Omit<Narrowing, 'untoldRequests'>>> {
  const permissionUse: CredentialsStore['permissionUse'] = async (input) =>
    (await store.usedPermissions(input)).map((use) => ({ ...use, requests: 1, recentRequests: 0, lastUsedAtMs: 0 }));
  const permissionsObservedSinceMs = () => store.permissionsObservedSinceMs();
  return await judgeEach({ ...ports, credentials: { permissionUse, permissionsObservedSinceMs } }, credentials, judgeNarrowing);
}

async function judgeEach<Judged>(
  ports: Ports,
  credentials: readonly Granted['credential'][],
  judge: (granted: Granted, watch: Watch) => Judged,
): Promise<ReadonlyMap<number, Judged>> {
  const nowMs = ports.clock.now();
  const ids = credentials.map(({ id }) => id);
  const [uses, countedSinceMs] = await Promise.all([
    ports.credentials.permissionUse({
      credentialIds: ids,
      sinceDay: dayOf(nowMs) - LEAST_DAYS + 1,
      recentSinceDay: dayOf(nowMs) - SHORT_DAYS + 1,
    }),
    ports.credentials.permissionsObservedSinceMs(),
  ]);
  const usesOf = Map.groupBy(uses, ({ credentialId }) => credentialId);
  const watch: Watch = { nowMs, countedSinceMs, catalogue: ports.catalogue() };
  return new Map(
    credentials.map((credential) => [credential.id, judge({ credential, uses: usesOf.get(credential.id) ?? [] }, watch)]),
  );
}

export function judgeLeast({ credential, uses }: Granted, watch: Watch): Least {
  const { permissions: held } = credential;
  const used = new Map(uses.map((use) => [use.permission, use]));
  used.delete(UNTOLD_PERMISSION);
  const granted = expand(held, watch.catalogue);
  const names = [...new Set([...granted, ...used.keys()])].sort();
  const rows = names.map((name): PermissionRow => {
    const use = used.get(name);
    return {
      name,
      granted: covers(held, [name]),
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
  const isNeeded = ({ permission, requests }: PermissionSums): boolean => requests > 0 && covers(held, [permission]);
  const needed = uses.filter(isNeeded).map(({ permission }) => permission);
  const isJudged = suggestsFromMs === null && untoldRequests === 0;
  const narrowTo = isJudged && isLess(needed, held, watch.catalogue) ? needed.sort() : null;
  const watchedDays = Math.floor(Math.max(0, watchedForMs) / DAY_MS);
  return { observedSinceMs, watchedSinceMs, watchedDays, suggestsFromMs, untoldRequests, narrowTo };
}

/** What the list permits, by name; wildcards as far as a catalogue says what they cover. */
function expand(held: readonly string[] | null, catalogue: ReadonlySet<string>): readonly string[] {
  const byName = (held ?? []).filter((name) => !isWildcard(name));
  return [...byName, ...[...catalogue].filter((name) => permits(held, name))];
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
  if (isOpen || held?.some((name) => !isWildcard(name) && !permits(needed, name)) === true) return true;
  for (const name of catalogue) if (permits(held, name) && !permits(needed, name)) return true;
  return false;
}
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
