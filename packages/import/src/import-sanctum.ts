/**
 * Imports the users and personal access tokens of a Laravel application with Sanctum. A token keeps its number and its secret: it
 * is found by the SHA-256 that Sanctum stored. A user keeps the password hash, which the next log-in replaces. Users first, then
 * tokens.
 */

import { foreignId, hashOf, isZeroDate, json, moment, name, pastMoment, permissionsOf, sha256, text } from './cells.ts';
import type { ImportedCredential, ImportedUser, ImportPorts } from './ports.ts';
import {
  ALREADY,
  type ImportReport,
  type ImportWish,
  type Judged,
  NO_ACCOUNT_YET,
  OVER,
  Run,
  refused,
  SECRET_KNOWN,
  SECRET_TWICE,
  type Source,
  type SourceRow,
} from './run.ts';
import { namesOf } from './sanctum-columns.ts';

export interface SanctumWish extends ImportWish {
  readonly users: Source;
  readonly tokens: Source;
  /** What `tokenable_type` must be. */
  readonly models: readonly string[];
  /** An address that exists here already: whether it is the same person if it is verified on both sides. */
  readonly merge: boolean;
  /** Users whose password hash cannot be verified here are imported without one. */
  readonly dropUnknownPasswords: boolean;
  /** `expiration` of config/sanctum.php: tokens expire this many minutes after they were created. Null: there is none. */
  readonly expirationMinutes: number | null;
}

interface Owner {
  readonly userId: number;
  readonly accountId: number;
}

/** The users here for the users of the source; null: not imported. */
type Owners = Map<string, Owner | null>;

/** In a dry run the new users have no number yet. */
const NOBODY_YET: Owner = { userId: 0, accountId: NO_ACCOUNT_YET };

export async function importSanctum(ports: ImportPorts, wish: SanctumWish): Promise<ImportReport> {
  const run = new Run(ports, wish);
  const owners: Owners = new Map();
  const emailKeys = new Set<string>();
  for await (const rows of wish.users) await takeUsers(ports, wish, run, owners, emailKeys, rows);
  const seen = new Set<string>();
  for await (const rows of wish.tokens) await takeTokens(ports, wish, run, owners, seen, rows);
  return run.report;
}

async function takeUsers(
  { store, rules, clock }: ImportPorts,
  wish: SanctumWish,
  run: Run,
  owners: Owners,
  emailKeys: Set<string>,
  rows: readonly SourceRow[],
): Promise<void> {
  const ids = rows.flatMap(({ cells }) => foreignId(cells?.id) ?? []);
  const keys = rows.flatMap(({ cells }) => rules.readEmail(text(cells?.email) ?? '')?.key ?? []);
  const known = new Map((await store.usersByForeignId(wish.origin, ids)).map((user) => [user.foreignId, user]));
  const usersHere = new Map((await store.usersByAddress(keys)).map((user) => [user.emailKey, user]));
  const nowMs = clock.now();
  const good: { at: string; user: ImportedUser; owner: Owner }[] = [];

  for (const row of rows) {
    const judged = judge(row);
    const id = foreignId(row.cells?.id) ?? null;
    const taken = run.count('user', row.at, judged);
    if (taken !== null) good.push({ at: row.at, ...taken });
    if (id !== null && !owners.has(id)) owners.set(id, taken?.owner ?? ownerOfEarlierRun(id, judged));
  }

  if (!wish.dryRun && good.length > 0) {
    const users = good.map(({ user }) => user);
    const taken = await store.importUsers({ origin: wish.origin, users, nowMs });
    for (const [index, { at, user }] of good.entries()) {
      const owner = taken[index] ?? null;
      owners.set(user.foreignId, owner);
      if (owner === null) run.takeBack('user', at, ADDRESS_TAKEN);
    }
  }
  run.progress();

  function ownerOfEarlierRun(id: string, judged: Judged<unknown>): Owner | null {
    const before = known.get(id);
    return !judged.ok && judged.outcome === 'already' && before !== undefined ? ownerOf(before) : null;
  }

  function judge({ cells, fault }: SourceRow): Judged<{ user: ImportedUser; owner: Owner }> {
    if (cells === null) return refused('unreadable', fault ?? UNREADABLE);
    const id = foreignId(cells.id) ?? null;
    if (id === null) return refused('id', BAD_ID);
    if (owners.has(id)) return refused('id_twice', 'Its ID is also in an earlier row.');
    const email = rules.readEmail(text(cells.email) ?? '');
    if (email === null) return refused('email', 'Its email is not a valid address.');
    const addressHash = hashOf(email.key);
    const before = known.get(id);
    if (before?.isDeleted === true)
      return refused('deleted_here', 'This user was imported before and has been deleted here since.');
    if (before !== undefined && before.addressHash !== addressHash) return OTHER_ADDRESS;
    if (before !== undefined) return ALREADY;
    if (text(cells.deleted_at) !== null && !isZeroDate(cells.deleted_at)) return OVER;
    if (emailKeys.has(email.key)) return refused('address_twice', 'Its email address is also in an earlier row.');
    emailKeys.add(email.key);
    const [createdAtMs, verifiedAtMs] = [pastMoment(cells.created_at), pastMoment(cells.email_verified_at)];
    if (createdAtMs === undefined || verifiedAtMs === undefined) return refused('date', BAD_DATE);
    const here = usersHere.get(email.key);
    const mayMerge = wish.merge && here?.isVerified === true && verifiedAtMs !== null;
    if (here !== undefined && !mayMerge) return wish.merge ? NOT_BOTH_VERIFIED : ADDRESS_TAKEN;
    const password = text(cells.password) ?? '';
    const isGood = password === '' || rules.canVerifyPassword(password);
    if (!isGood && !wish.dropUnknownPasswords) return BAD_PASSWORD;
    if (here !== undefined) run.report.notes.merged += 1;
    else if (!isGood) run.report.notes.passwords += 1;
    const said = namesOf(cells);
    const [called, first, last] = [
      name(rules, said.display, localPart(email.email)),
      name(rules, said.first, ''),
      name(rules, said.last, ''),
    ];
    // A user who exists here already keeps their own names.
    if (here === undefined && [called, first, last].some(({ isChanged }) => isChanged)) run.report.notes.names += 1;
    const user: ImportedUser = {
      ...{ foreignId: id, addressHash, userId: here?.userId ?? null, email: email.email, emailKey: email.key },
      ...{ passwordHash: isGood ? password : '', emailVerifiedAtMs: verifiedAtMs },
      ...{ displayName: called.name, firstName: first.name, lastName: last.name },
      createdAtMs: Math.min(createdAtMs ?? nowMs, nowMs),
    };
    return { ok: true, value: { user, owner: here === undefined ? NOBODY_YET : ownerOf(here) } };
  }
}

async function takeTokens(
  ports: ImportPorts,
  wish: SanctumWish,
  run: Run,
  owners: Owners,
  seen: Set<string>,
  rows: readonly SourceRow[],
): Promise<void> {
  const ids = rows.flatMap(({ cells }) => foreignId(cells?.id) ?? []);
  const hashes = rows.flatMap(({ cells }) => sha256(cells?.token) ?? []);
  const { store, rules, clock } = ports;
  const before = new Map((await store.credentialsByForeignId(wish.origin, ids)).map((each) => [each.foreignId, each.hash]));
  const known = new Set((await store.knownHashes(hashes)).map(({ hash }) => hash));
  const nowMs = clock.now();
  const good: { at: string; credential: ImportedCredential }[] = [];
  for (const row of rows) {
    const credential = run.count('token', row.at, judge(row));
    if (credential !== null) good.push({ at: row.at, credential });
  }
  await run.take(good);

  function judge({ cells, fault }: SourceRow): Judged<ImportedCredential> {
    if (cells === null) return refused('unreadable', fault ?? UNREADABLE);
    const id = foreignId(cells.id) ?? null;
    if (id === null) return refused('id', BAD_ID);
    const hash = sha256(cells.token);
    if (hash === undefined) return refused('hash', 'Its token column is not a SHA-256 hash of a secret.');
    const imported = before.get(id);
    if (imported !== undefined) return imported === hash ? ALREADY : OTHER_SECRET;
    if (seen.has(id)) return refused('id_twice', 'Its ID is also in an earlier row.');
    seen.add(id);
    if (!wish.models.includes(text(cells.tokenable_type) ?? '')) return OTHER_MODEL;
    const owner = owners.get(foreignId(cells.tokenable_id) ?? '');
    if (owner === undefined)
      return refused(
        'no_user',
        'No user has its tokenable_id. If tokens refer to users by another column than the key, name it with --users-key.',
      );
    // Sanctum takes it for a date long ago, so the token has expired there too.
    if (isZeroDate(cells.expires_at)) return OVER;
    const [createdAtMs, lastUsedAtMs, ends] = [
      pastMoment(cells.created_at),
      pastMoment(cells.last_used_at),
      moment(cells.expires_at),
    ];
    if (createdAtMs === undefined || lastUsedAtMs === undefined || ends === undefined) return refused('date', BAD_DATE);
    const expiresAtMs = earlier(ends, endByConfiguration(createdAtMs));
    if (expiresAtMs !== null && expiresAtMs <= nowMs) return OVER;
    if (owner === null) return refused('user_not_taken', 'Its user was not imported.');
    if (known.has(hash)) return SECRET_KNOWN;
    if (run.isRepeated(hash)) return SECRET_TWICE;
    const abilities = listOf(json(cells.abilities));
    if (!isListOfTexts(abilities)) return refused('abilities', 'Its abilities are not a JSON list of texts.');
    const held = permissionsOf(rules, wish, abilities);
    if (!held.ok) return held;
    if (held.value.isLess) run.report.notes.abilities += 1;
    const called = name(rules, cells.name, `Token ${id}`);
    if (called.isChanged) run.report.notes.names += 1;
    const value: ImportedCredential = {
      ...{ kind: 'token', foreignId: id, startsWith: `${id}|`, environment: 'live', ...owner, name: called.name, hash },
      ...{ permissions: held.value.permissions, createdAtMs: Math.min(createdAtMs ?? nowMs, nowMs), expiresAtMs },
      lastUsedAtMs: lastUsedAtMs === null ? null : Math.min(lastUsedAtMs, nowMs),
    };
    return { ok: true, value };
  }

  function endByConfiguration(createdAtMs: number | null): number | null {
    return wish.expirationMinutes === null ? null : (createdAtMs ?? nowMs) + wish.expirationMinutes * MINUTE_MS;
  }
}

/** Of an email address. */
const localPart = (email: string): string => email.slice(0, email.indexOf('@'));

const MINUTE_MS = 60_000;

const ownerOf = ({ userId, accountId }: Owner): Owner => ({ userId, accountId });

const earlier = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.min(one, other);

/** PHP writes a list with gaps, such as one that was filtered, as an object with numbers as names: `{"0":"a","2":"b"}`. */
function listOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([index]) => /^\d{1,9}$/.test(index)) ? entries.map(([, item]) => item) : value;
}

const isListOfTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= 1000 && value.every((item) => typeof item === 'string');

const UNREADABLE = 'The row cannot be read.';
const BAD_ID = 'Its ID is missing, or a token cannot begin with it.';
const BAD_DATE = 'One of its dates cannot be read.';
const ADDRESS_TAKEN = refused(
  'address_taken',
  'A user here has this email address and may be another person. With --merge they become one user if the address is verified on both sides.',
);
const NOT_BOTH_VERIFIED = refused(
  'address_not_verified',
  'A user here has this email address, but it is not verified on both sides. They may be two people.',
);
const OTHER_ADDRESS = refused(
  'other_address',
  'A user with this ID was imported with another email address. If this is another application, name it with --origin.',
);
const OTHER_SECRET = refused('other_secret', 'A token with this ID was imported with another secret.');
const OTHER_MODEL = refused('other_model', 'It does not belong to the user model. Name its tokenable_type with --model.');
const BAD_PASSWORD = refused(
  'password',
  'Its password hash cannot be verified here. Use --drop-unknown-passwords to import the user without a password.',
);
