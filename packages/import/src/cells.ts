/** Reads cells of foreign rows into checked values. What cannot be read is undefined; what is missing is null. */

import { createHash } from 'node:crypto';
import { isReserved, ok } from '@keyhouse/protocol';
import type { ServerRules } from './ports.ts';
import { type RefusedRow, refused } from './run.ts';

/** A cell as text, trimmed; null if it is empty, absent or not text. */
export function text(cell: unknown): string | null {
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return String(cell);
  if (typeof cell !== 'string') return null;
  const trimmed = cell.trim();
  return trimmed === '' ? null : trimmed;
}

/** The value of a cell that is JSON already, or its text. */
export function json(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell ?? null;
  if (cell.trim() === '') return null;
  try {
    return JSON.parse(cell) as unknown;
  } catch {
    return undefined;
  }
}

/** Null if the cell is empty. */
export function flag(cell: unknown): boolean | null | undefined {
  const said = text(cell)?.toLowerCase();
  if (said === undefined) return null;
  if (['1', 'true', 't', 'yes'].includes(said)) return true;
  return ['0', 'false', 'f', 'no'].includes(said) ? false : undefined;
}

/** The latest moment that a JavaScript date can write with a four-digit year. */
const LATEST_MS = Date.UTC(9999, 11, 31);
/** Smaller numbers are seconds: as milliseconds they would be before 1973. */
const MIN_MS = 100_000_000_000;
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * `2026-11-23 10:00:00` as Laravel and databases write it (UTC unless it says otherwise), RFC 3339, or a count of milliseconds or
 * seconds.
 */
export function moment(cell: unknown): number | null | undefined {
  const said = text(cell);
  if (said === null) return null;
  if (/^\d{1,15}$/.test(said)) {
    const ms = Number(said) < MIN_MS ? Number(said) * 1000 : Number(said);
    return ms <= LATEST_MS ? ms : undefined;
  }
  const [, day, time = '00:00:00', zone = 'Z'] = MOMENT.exec(said) ?? [];
  if (day === undefined) return undefined;
  // `Date` would make 3 March of 31 February.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined;
  const ms = Date.parse(`${day}T${time}${zoneOf(zone)}`);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** MySQL's zero date, in columns that must not be NULL. */
export const isZeroDate = (cell: unknown): boolean => /^0000-00-00(?:[T ]00:00:00(?:\.0{1,9})?)?$/.test(text(cell) ?? '');

/**
 * When something happened; a zero date means that it did not. Not for expiries: there a zero date could mean long ago or never.
 */
export const pastMoment = (cell: unknown): number | null | undefined => (isZeroDate(cell) ? null : moment(cell));

/** `+02`, `+0200` and `+02:00` alike. */
const zoneOf = (zone: string): string => (zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`);

/** SHA-256 in hexadecimal digits. */
export const hashOf = (said: string): string => createHash('sha256').update(said).digest('hex');

const HASH_OF_NOTHING = hashOf('');

/**
 * A SHA-256 as hexadecimal digits, base64 or base64url, with or without padding: lower-case hex. Undefined: it is not a SHA-256,
 * or it is that of the empty text.
 */
export function sha256(cell: unknown): string | undefined {
  const said = text(cell) ?? '';
  const hash = /^[0-9a-fA-F]{64}$/.test(said) ? said.toLowerCase() : fromBase64(said);
  return hash === HASH_OF_NOTHING ? undefined : hash;
}

function fromBase64(said: string): string | undefined {
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(said) && !/^[A-Za-z0-9_-]{43}=?$/.test(said)) return undefined;
  const bytes = Buffer.from(said, 'base64');
  // Two texts of one hash would be two rows of one secret.
  const canonical = bytes.toString('base64url');
  const given = said.replace('=', '').replaceAll('+', '-').replaceAll('/', '_');
  return bytes.length === 32 && canonical === given ? bytes.toString('hex') : undefined;
}

/** An ID of the source: visible ASCII, without a bar, of at most 64 characters. */
export function foreignId(cell: unknown): string | null | undefined {
  const said = text(cell);
  return said === null || /^[!-{}~]{1,64}$/.test(said) ? said : undefined;
}

/** A name that is allowed here, by the rules of the server. */
export function name(
  { readName }: Pick<ServerRules, 'readName'>,
  cell: unknown,
  fallback: string,
): { readonly name: string; readonly isChanged: boolean } {
  const said = text(cell);
  if (said === null) return { name: fallback, isChanged: false };
  const kept = readName(said);
  return kept === '' ? { name: fallback, isChanged: true } : { name: kept, isChanged: kept !== said };
}

export interface Abilities {
  readonly map: ReadonlyMap<string, readonly string[]>;
  readonly dropUnknownAbilities: boolean;
}

/**
 * The permissions here for the abilities of the source. Null: everything. `isLess`: some abilities without a mapping were left
 * out.
 */
export function permissionsOf(
  { findPermissionFault }: Pick<ServerRules, 'findPermissionFault'>,
  { map, dropUnknownAbilities }: Abilities,
  abilities: readonly string[],
): { readonly ok: true; readonly value: { permissions: readonly string[] | null; isLess: boolean } } | RefusedRow {
  if (abilities.length === 0) return refused('no_permissions', 'Its list of abilities is empty, so it may do nothing.');
  const names = new Set<string>();
  let unknown: string | null = null;
  let isLess = false;
  for (const ability of abilities) {
    for (const wanted of map.get(ability) ?? [ability]) {
      if (isReserved(wanted)) return RESERVED;
      const exists = findPermissionFault([wanted]) === null;
      if (exists) names.add(wanted);
      else if (dropUnknownAbilities && !map.has(ability)) isLess = true;
      else unknown ??= ability;
    }
  }
  // With `*` in the list the others do not matter, in the source and here.
  if (names.has('*')) return ok({ permissions: null, isLess: false });
  if (unknown !== null)
    return refused('unknown_ability', `It has an ability that is not a permission here: ${quoted(unknown)}. Map it with --map.`);
  if (names.size === 0) return refused('no_permissions', 'None of its abilities is a permission here.');
  const fault = findPermissionFault([...names]);
  return fault === null ? ok({ permissions: [...names], isLess }) : refused('permissions', fault);
}

const RESERVED = refused('reserved', 'Permissions that begin with keyhouse. cannot be imported. Create a key for them.');

/** A name from the source, as far as a message can contain it. */
const quoted = (said: string): string => `“${[...said.replace(/[^\x20-\x7e]/g, '?')].slice(0, 60).join('')}”`;
