/**
 * Choosing permissions: the catalogue as rows with a column for reading and one for writing, wildcards above them, free text
 * while there is no catalogue. Pure; the grammar and what covers what are defined in protocol.
 */
import {
  covers,
  type HeldPermissions,
  isPermission,
  isReserved,
  isWildcard,
  OPERATOR_PERMISSIONS,
  permits,
} from '@keyhouse/protocol';
import { splitPermission } from '../kit/permission-groups.ts';

export interface CatalogueEntry {
  readonly name: string;
  readonly sentence: string;
}

export interface Resource {
  readonly name: string;
  readonly read: CatalogueEntry | null;
  readonly write: CatalogueEntry | null;
}

/** Rows in the order of the catalogue. `held`: only what may be passed on from there (narrowing only removes). */
export function resourcesOf(catalogue: readonly CatalogueEntry[], held: HeldPermissions = null): readonly Resource[] {
  const rows = new Map<string, { read: CatalogueEntry | null; write: CatalogueEntry | null }>();
  for (const entry of catalogue) {
    if (!permits(held, entry.name)) continue;
    const { resource, action } = splitPermission(entry.name);
    if (action === null) continue;
    const row = rows.get(resource) ?? { read: null, write: null };
    rows.set(resource, { ...row, [action]: entry });
  }
  return [...rows].map(([name, row]) => ({ name, ...row }));
}

/** `*.read` and `*.write`, where they may be passed on. */
export const columnsOf = (held: HeldPermissions = null): readonly ('*.read' | '*.write')[] =>
  (['*.read', '*.write'] as const).filter((wildcard) => covers(held, [wildcard]));

/** Chosen by itself, or through a wildcard. */
export const isChosen = (chosen: readonly string[], name: string): boolean => chosen.includes(name) || permits(chosen, name);

/** Chosen through a wildcard: it cannot be removed by itself. */
export const isCovered = (chosen: readonly string[], name: string): boolean =>
  !isReserved(name) && permits(chosen.filter(isWildcard), name);

/** Adds or removes one. What a new wildcard covers is dropped from the list: it has no effect any more. */
export function toggle(chosen: readonly string[], name: string): readonly string[] {
  if (chosen.includes(name)) return chosen.filter((other) => other !== name);
  return simplify([...chosen, name]);
}

export function simplify(names: readonly string[]): readonly string[] {
  const unique = [...new Set(names)];
  const wildcards = unique.filter(isWildcard);
  const wide = wildcards.includes('*') ? ['*'] : wildcards;
  return [...wide, ...unique.filter((name) => !isWildcard(name) && (isReserved(name) || !permits(wide, name)))];
}

export type TextFault =
  | { readonly reason: 'malformed' | 'reserved' | 'wider' | 'unknown'; readonly name: string }
  | { readonly reason: 'none' };

interface Judge {
  readonly catalogue: readonly CatalogueEntry[];
  readonly held?: HeldPermissions;
  /** Whether `keyhouse.verify` may be given: a key of the operator account. */
  readonly operator?: boolean;
}

/** Typed names, one per line or separated by spaces and commas. */
export function readNames(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];
}

/** The first fault; null: the server may well agree. It decides in the end. */
export function faultOf(names: readonly string[], { catalogue, held = null, operator = false }: Judge): TextFault | null {
  if (names.length === 0) return { reason: 'none' };
  for (const name of names) {
    if (isReserved(name)) {
      const may = operator && (OPERATOR_PERMISSIONS as readonly string[]).includes(name);
      if (!may) return { reason: 'reserved', name };
      continue;
    }
    if (!isWildcard(name) && !isPermission(name)) return { reason: 'malformed', name };
    if (!covers(held, [name])) return { reason: 'wider', name };
    if (!isWildcard(name) && catalogue.length > 0 && catalogue.every((entry) => entry.name !== name))
      return { reason: 'unknown', name };
  }
  return null;
}

/**
 * What a list loses when it becomes another. Null held: everything that is not in the new list is removed, which no list can
 * name.
 */
export function lostBy(held: HeldPermissions, next: readonly string[]): readonly string[] | null {
  return held === null ? null : held.filter((name) => !covers(next, [name]));
}
