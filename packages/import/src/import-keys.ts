/**
 * Imports API keys by their hashes: from a list (CSV), from better-auth's `apikey` table, from Unkey's keys. A key keeps its
 * secret and belongs to an account here, which the row, a list of owners, or the command names.
 */

import { foreignId, moment, name, pastMoment, permissionsOf, sha256, text } from './cells.ts';
import { type KeyCells, type KeyFormat, readKeyCells } from './key-formats.ts';
import type { ImportedCredential, ImportPorts } from './ports.ts';
import {
  ALREADY,
  type ImportReport,
  type ImportWish,
  type Judged,
  OVER,
  type RefusedRow,
  Run,
  refused,
  SECRET_KNOWN,
  SECRET_TWICE,
  type Source,
  type SourceRow,
} from './run.ts';

export interface KeysWish extends ImportWish {
  readonly format: KeyFormat;
  readonly keys: Source;
  /** The account for keys whose row names no owner; null: such rows are refused. */
  readonly accountId: number | null;
  /** Owners in the source, by their id, as accounts (a number) or addresses here. */
  readonly owners: ReadonlyMap<string, string>;
  /** The permissions of keys whose row names none; null: such rows are refused. */
  readonly permissions: readonly string[] | null;
  /** Keys that were limited to a number of uses are imported without the limit. */
  readonly dropLimits: boolean;
}

export async function importKeys(ports: ImportPorts, wish: KeysWish): Promise<ImportReport> {
  const run = new Run(ports, wish);
  const seen = new Set<string>();
  for await (const rows of wish.keys) await takeKeys(ports, wish, run, seen, rows);
  return run.report;
}

async function takeKeys(
  ports: ImportPorts,
  wish: KeysWish,
  run: Run,
  seen: Set<string>,
  rows: readonly SourceRow[],
): Promise<void> {
  const { store, rules, clock } = ports;
  const read = rows.map((row) => ({ ...row, key: row.cells === null ? null : readKeyCells(wish.format, row.cells) }));
  const hashes = read.flatMap(({ key }) => sha256(key?.hash) ?? []);
  const ids = read.flatMap(({ key }) => foreignId(key?.id) ?? []);
  const known = new Map((await store.knownHashes(hashes)).map((each) => [each.hash, each.origin]));
  const before = new Map((await store.credentialsByForeignId(wish.origin, ids)).map((each) => [each.foreignId, each.hash]));
  const accounts = await findAccounts(ports, wish, read);
  const nowMs = clock.now();
  const good: { at: string; credential: ImportedCredential }[] = [];
  for (const { at, key, fault } of read) {
    const credential = run.count(
      'key',
      at,
      key === null ? refused('unreadable', fault ?? 'The row cannot be read.') : judge(key),
    );
    if (credential !== null) good.push({ at, credential });
  }
  await run.take(good);

  function judge(key: KeyCells): Judged<ImportedCredential> {
    const hash = sha256(key.hash);
    if (hash === undefined)
      return refused(
        'hash',
        'Its hash is not a SHA-256 hash in hexadecimal digits or base64, or it is the hash of an empty text.',
      );
    const id = foreignId(key.id);
    if (id === undefined) return refused('id', 'Its ID has characters that are not allowed, or more than 64 characters.');
    const imported = id === null ? undefined : before.get(id);
    if (imported !== undefined && imported !== hash) return OTHER_SECRET;
    if (known.get(hash) === wish.origin) return ALREADY;
    if (known.has(hash)) return SECRET_KNOWN;
    if (id !== null && seen.has(id)) return refused('id_twice', 'Its ID is also in an earlier row.');
    if (id !== null) seen.add(id);
    if (run.isRepeated(hash)) return SECRET_TWICE;
    if (key.isEnabled === undefined || key.permissions === undefined) return refused('cell', BAD_CELL);
    if (key.isEnabled === false) return OVER;
    const [createdAtMs, lastUsedAtMs, expiresAtMs] = [
      pastMoment(key.createdAt),
      pastMoment(key.lastUsedAt),
      moment(key.expiresAt),
    ];
    if (createdAtMs === undefined || lastUsedAtMs === undefined || expiresAtMs === undefined)
      return refused('date', 'One of its dates cannot be read.');
    if (expiresAtMs !== null && expiresAtMs <= nowMs) return OVER;
    const environment = text(key.environment) ?? 'live';
    if (environment !== 'live' && environment !== 'test') return refused('environment', 'Its environment must be live or test.');
    const startsWith = (text(key.startsWith) ?? '').replace(/[^!-~]/g, '').slice(0, 20);
    if (/^(kh_|eyJ)/.test(startsWith)) return refused('prefix', 'A key that begins with kh_ or eyJ must be a key of Keyhouse.');
    if (key.hasUsesLeft && !wish.dropLimits) return COUNTED;
    const accountId = accounts(key);
    if (typeof accountId !== 'number') return accountId;
    const abilities = key.permissions ?? wish.permissions;
    if (abilities === null) return NO_PERMISSIONS;
    const held = permissionsOf(rules, wish, abilities);
    if (!held.ok) return held;
    if (held.value.isLess) run.report.notes.abilities += 1;
    if (key.hasLimits || key.hasUsesLeft) run.report.notes.limits += 1;
    const called = name(rules, key.name, id === null ? 'Imported key' : `Key ${id}`);
    if (called.isChanged) run.report.notes.names += 1;
    const value: ImportedCredential = {
      ...{ kind: 'key', foreignId: id, startsWith, environment, accountId, userId: null, name: called.name, hash },
      // What was named is held by name: a key with `*` may mint JWTs with it.
      ...{ permissions: held.value.permissions ?? ['*'], createdAtMs: Math.min(createdAtMs ?? nowMs, nowMs), expiresAtMs },
      lastUsedAtMs: lastUsedAtMs === null ? null : Math.min(lastUsedAtMs, nowMs),
    };
    return { ok: true, value };
  }
}

type Read = readonly { readonly key: KeyCells | null }[];

/**
 * The owner of a key. An address counts only if its user has verified it here: the person who registered with it may be another
 * one.
 */
async function findAccounts(
  { store, rules }: ImportPorts,
  { owners, accountId: everybody }: KeysWish,
  read: Read,
): Promise<(key: KeyCells) => number | RefusedRow> {
  const said = (key: KeyCells): string | null | undefined => {
    const [account, email] = [text(key.account), text(key.email)];
    if (account !== null && email !== null) return undefined;
    const own = account ?? email;
    const owner = text(key.owner);
    return own ?? (owner === null ? null : (owners.get(owner) ?? null));
  };
  const names = read.flatMap(({ key }) => (key === null ? [] : (said(key) ?? [])));
  const numbers = new Set(await store.activeAccounts(names.filter(isNumber).map(Number)));
  const keys = names.filter((each) => !isNumber(each)).flatMap((each) => rules.readEmail(each)?.key ?? []);
  const users = new Map((await store.usersByAddress([...new Set(keys)])).map((user) => [user.emailKey, user]));
  return (key) => {
    const owner = said(key);
    if (owner === undefined) return refused('two_owners', 'It has both an account and an email. Only one of them is possible.');
    if (owner === null) return everybody ?? NO_OWNER;
    if (isNumber(owner))
      return numbers.has(Number(owner))
        ? Number(owner)
        : refused('no_account', 'The account does not exist, is suspended or was deleted.');
    const user = users.get(rules.readEmail(owner)?.key ?? '');
    if (user === undefined) return refused('no_user', 'No user has its email address.');
    return user.isVerified ? user.accountId : NOT_VERIFIED;
  };
}

const isNumber = (said: string): boolean => /^[1-9]\d{0,14}$/.test(said);

const BAD_CELL = 'Its permissions, or whether it is enabled, cannot be read.';
const OTHER_SECRET = refused('other_secret', 'A key with this ID was imported with another secret.');
const NO_OWNER = refused('no_owner', 'Its owner is unknown. Give --account, or --owners with a list.');
const NOT_VERIFIED = refused(
  'address_not_verified',
  'The user with its email address has not verified it here and may be another person. Name the account by its ID.',
);
const NO_PERMISSIONS = refused('no_permissions', 'It has no permissions. Set the permissions of such keys with --permissions.');
const COUNTED = refused(
  'limits',
  'It has a limited number of uses, which Keyhouse does not support. Use --drop-limits to import it without that limit.',
);
