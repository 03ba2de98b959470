/** The rows of three sources in one form: which column contains what. The importer judges the values. */
import { flag, json, text } from './cells.ts';

export const KEY_FORMATS = ['csv', 'better-auth', 'unkey'] as const;
export type KeyFormat = (typeof KEY_FORMATS)[number];

/** Columns of our own list format; others are a mistake, and refused. */
export const CSV_COLUMNS = [
  'hash',
  'id',
  'name',
  'prefix',
  'permissions',
  'account',
  'email',
  'environment',
  'created_at',
  'expires_at',
  'last_used_at',
] as const;

/**
 * The columns or members whose values are imported, by all the names that they have had. Limits are read, but not among them:
 * they are not stored.
 */
const TAKEN: Readonly<Record<KeyFormat, readonly string[]>> = {
  csv: CSV_COLUMNS,
  'better-auth': [
    ...['key', 'id', 'name', 'start', 'prefix', 'permissions', 'enabled'],
    ...['referenceId', 'reference_id', 'userId', 'user_id', 'createdAt', 'created_at', 'expiresAt', 'expires_at'],
    ...['lastRequest', 'last_request'],
  ],
  unkey: [
    ...['hash', 'keyId', 'id', 'name', 'start', 'permissions', 'roles', 'environment', 'enabled'],
    ...['externalId', 'identity', 'ownerId', 'owner_id', 'createdAt', 'created_at_m', 'expires', 'lastUsedAt'],
    ...['deletedAt', 'deleted_at_m'],
  ],
};

export const takenOfKeys = (format: KeyFormat): readonly string[] => TAKEN[format];

export interface KeyCells {
  readonly hash: unknown;
  readonly id: unknown;
  readonly name: unknown;
  readonly startsWith: unknown;
  /** Null: the row does not name them; undefined: they cannot be read. */
  readonly permissions: readonly string[] | null | undefined;
  readonly account: unknown;
  readonly email: unknown;
  /** Its owner in the source. */
  readonly owner: unknown;
  readonly environment: unknown;
  readonly createdAt: unknown;
  readonly expiresAt: unknown;
  readonly lastUsedAt: unknown;
  readonly isEnabled: boolean | null | undefined;
  /** It is limited to a number of uses. */
  readonly hasUsesLeft: boolean;
  readonly hasLimits: boolean;
}

type Cells = Readonly<Record<string, unknown>>;

export function readKeyCells(format: KeyFormat, cells: Cells): KeyCells {
  switch (format) {
    case 'csv':
      return fromList(cells);
    case 'better-auth':
      return fromBetterAuth(cells);
    case 'unkey':
      return fromUnkey(cells);
  }
}

const fromList = (cells: Cells): KeyCells => ({
  ...{ hash: cells.hash, id: cells.id, name: cells.name, startsWith: cells.prefix, permissions: listed(cells.permissions) },
  ...{ account: cells.account, email: cells.email, owner: null, environment: cells.environment },
  ...{ createdAt: cells.created_at, expiresAt: cells.expires_at, lastUsedAt: cells.last_used_at },
  ...{ isEnabled: true, hasUsesLeft: false, hasLimits: false },
});

/**
 * `apikey` of better-auth: `key` is the SHA-256 of the whole key, base64url without padding; `permissions` is
 * `{"invoices":["read"]}` as JSON text. `referenceId` was called `userId` before 1.5.
 */
const fromBetterAuth = (cells: Cells): KeyCells => ({
  ...{ hash: cells.key, id: cells.id, name: cells.name, startsWith: text(cells.start) ?? cells.prefix },
  ...{ permissions: statements(json(cells.permissions)), account: null, email: null },
  ...{ owner: cells.referenceId ?? cells.reference_id ?? cells.userId ?? cells.user_id, environment: null },
  ...{ createdAt: cells.createdAt ?? cells.created_at, expiresAt: cells.expiresAt ?? cells.expires_at },
  ...{ lastUsedAt: cells.lastRequest ?? cells.last_request, isEnabled: flag(cells.enabled) },
  hasUsesLeft: text(cells.remaining) !== null,
  hasLimits: flag(cells.rateLimitEnabled ?? cells.rate_limit_enabled) === true,
});

/**
 * Unkey's keys: `hash` is the SHA-256 of the whole key in base64, as text or as `{"value","variant":"sha256_base64"}`; the other
 * members as `apis.listKeys` names them (v2, then v1), or the columns of its `keys` table. Roles become abilities named `role:…`.
 */
function fromUnkey(cells: Cells): KeyCells {
  const credits = isRecord(cells.credits) ? cells.credits.remaining : null;
  return {
    ...{ hash: hashOfUnkey(cells.hash), id: cells.keyId ?? cells.id, name: cells.name, startsWith: cells.start },
    ...{ permissions: permissionsOfUnkey(cells), account: null, email: null, environment: environmentOfUnkey(cells.environment) },
    owner: cells.externalId ?? (isRecord(cells.identity) ? cells.identity.externalId : null) ?? cells.ownerId ?? cells.owner_id,
    ...{ createdAt: cells.createdAt ?? cells.created_at_m, expiresAt: cells.expires, lastUsedAt: cells.lastUsedAt },
    isEnabled: text(cells.deletedAt ?? cells.deleted_at_m) === null ? flag(cells.enabled) : false,
    hasUsesLeft: text(credits ?? cells.remaining ?? cells.remaining_requests) !== null,
    hasLimits: (Array.isArray(cells.ratelimits) && cells.ratelimits.length > 0) || isRecord(cells.ratelimit),
  };
}

function hashOfUnkey(hash: unknown): unknown {
  if (!isRecord(hash)) return hash;
  return hash.variant === 'sha256_base64' ? hash.value : null;
}

/** Unkey accepts any word there. */
const environmentOfUnkey = (said: unknown): unknown => (text(said) === 'test' ? 'test' : 'live');

function permissionsOfUnkey(cells: Cells): readonly string[] | null | undefined {
  const [permissions, roles] = [json(cells.permissions) ?? [], json(cells.roles) ?? []];
  if (!isTexts(permissions) || !isTexts(roles)) return undefined;
  const all = [...permissions, ...roles.map((role) => `role:${role}`)];
  return all.length === 0 ? null : all;
}

/** `{"invoices":["read","write"]}` as `invoices.read`, `invoices.write`. */
function statements(value: unknown): readonly string[] | null | undefined {
  if (value === null) return null;
  if (!isRecord(value)) return undefined;
  const names: string[] = [];
  for (const [resource, actions] of Object.entries(value)) {
    if (!isTexts(actions)) return undefined;
    names.push(...actions.map((action) => `${resource}.${action}`));
  }
  return names.length === 0 ? null : names;
}

/** A JSON list, or names separated by commas or spaces. */
function listed(cell: unknown): readonly string[] | null | undefined {
  const said = text(cell);
  if (said === null) return null;
  if (!said.startsWith('[')) return said.split(/[\s,]+/).filter((each) => each !== '');
  const list = json(said);
  return isTexts(list) ? list : undefined;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= 1000 && value.every((item) => typeof item === 'string');
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
