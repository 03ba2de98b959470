/**
 * Who holds permissions that are about to be removed from the catalogue, counted before a person confirms. Tokens and keys keep
 * what they hold; applications and their sessions lose it in the same act. Only what is held by name counts: a wildcard, and a
 * credential with all permissions, hold no single one.
 */
import type { Clock } from '../lib/clock.ts';

/** Counted up to this many; more are reported as this many. */
export const MAX_COUNTED = 10_000;
/** This many of each kind are named. */
export const MAX_NAMED = 10;
/** No index finds a name in a list, so lists are read in slices, and others have their turn between two … */
const SLICE = 500;
/** … and only up to this number, however many there are. */
const MAX_SLICES = 2000;

export interface Holder {
  readonly name: string;
  readonly account: { readonly id: number; readonly kind: 'personal' | 'team' | 'operator'; readonly name: string };
}

export interface HoldersOfKind {
  readonly count: number;
  /** The oldest, at most MAX_NAMED. */
  readonly first: readonly Holder[];
}

export interface Holders {
  readonly keys: HoldersOfKind;
  readonly tokens: HoldersOfKind;
  /** By a list of their own, or by what a user granted. */
  readonly applications: HoldersOfKind;
  /** Of users, at these applications. */
  readonly sessions: number;
  /** False: there are so many entries that not all were read, so there may be more. */
  readonly isWhole: boolean;
}

/** For something that is not active any more, the list is empty. */
interface Listed<Id> {
  readonly id: Id;
  readonly permissions: readonly string[];
}

/**
 * Slices in the order of the ids: at most `limit` entries after one of them, or the first ones; each slice costs no more than its
 * length.
 */
type Slices<Row extends Listed<number | string>> = (input: {
  after: Row['id'] | null;
  limit: number;
  nowMs: number;
}) => Promise<readonly Row[]>;

export interface HoldersStore {
  listsOfCredentials: Slices<Listed<number> & { readonly kind: 'key' | 'token' }>;
  /** Everything that an application may ask for, or do by itself, in one list. */
  listsOfApplications: Slices<Listed<number>>;
  listsOfGrants: Slices<Listed<number> & { readonly applicationId: number }>;
  listsOfSessions: Slices<Listed<string>>;
  /** In the order of their ids. */
  describeCredentials(ids: readonly number[]): Promise<readonly Holder[]>;
  describeApplications(ids: readonly number[]): Promise<readonly Holder[]>;
}

interface Ports {
  readonly holders: HoldersStore;
  readonly clock: Clock;
  /** Lets others have their turn between two slices. */
  readonly turn: () => Promise<void>;
}

export async function holdersOf({ holders, clock, turn }: Ports, names: readonly string[]): Promise<Holders> {
  const gone = new Set(names);
  const at = { nowMs: clock.now(), turn };
  const holds = ({ permissions }: Listed<number | string>): boolean => permissions.some((name) => gone.has(name));
  const found = { key: new Set<number>(), token: new Set<number>() };
  const applications = new Set<number>();
  const sessions = new Set<string>();
  const walks = [
    await walk(holders.listsOfCredentials, at, (credential) => {
      if (holds(credential) && !isFull(found[credential.kind])) found[credential.kind].add(credential.id);
      return isFull(found.key) && isFull(found.token);
    }),
    await walk(holders.listsOfApplications, at, (application) => {
      if (holds(application)) applications.add(application.id);
      return isFull(applications);
    }),
    await walk(holders.listsOfGrants, at, (grant) => {
      if (holds(grant)) applications.add(grant.applicationId);
      return isFull(applications);
    }),
    await walk(holders.listsOfSessions, at, (session) => {
      if (holds(session)) sessions.add(session.id);
      return isFull(sessions);
    }),
  ];
  const describe = async (ids: ReadonlySet<number>, describeFirst: HoldersStore['describeCredentials']) => ({
    count: ids.size,
    first: await describeFirst([...ids].sort((a, b) => a - b).slice(0, MAX_NAMED)),
  });
  return {
    keys: await describe(found.key, holders.describeCredentials),
    tokens: await describe(found.token, holders.describeCredentials),
    applications: await describe(applications, holders.describeApplications),
    sessions: sessions.size,
    isWhole: walks.every((isWhole) => isWhole),
  };
}

const isFull = (found: ReadonlySet<unknown>): boolean => found.size >= MAX_COUNTED;

/** Passes each entry to `visit` until that returns true. False: there are more than are ever read. */
async function walk<Row extends Listed<number | string>>(
  slices: Slices<Row>,
  { nowMs, turn }: { readonly nowMs: number; readonly turn: () => Promise<void> },
  visit: (row: Row) => boolean,
): Promise<boolean> {
  let after: Row['id'] | null = null;
  for (let slice = 0; slice < MAX_SLICES; slice++) {
    const rows: readonly Row[] = await slices({ after, limit: SLICE, nowMs });
    for (const row of rows) if (visit(row)) return true;
    const last = rows.at(-1);
    if (last === undefined || rows.length < SLICE) return true;
    after = last.id;
    await turn();
  }
  return false;
}
