/** The catalogue as it is edited: a row for each resource, with the sentences of its two permissions. */
import type { Api } from 'keyhouse/dashboard-api';

export type Catalogue = Api['PUT /operator/permissions']['body']['permissions'];
export const ACTIONS = ['read', 'write'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Row {
  /** Tells rows apart while their names change. */
  readonly key: string;
  readonly resource: string;
  /** Empty: there is no such permission. */
  readonly read: string;
  readonly write: string;
}

export const emptyRow = (): Row => ({ key: crypto.randomUUID(), resource: '', read: '', write: '' });

/** Sorted by resource. */
export function toRows(catalogue: Catalogue): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { name, sentence } of catalogue) {
    const parts = partsOf(name);
    if (parts === null) continue;
    const row = rows.get(parts.resource) ?? { ...emptyRow(), resource: parts.resource };
    rows.set(parts.resource, { ...row, [parts.action]: sentence });
  }
  return sorted([...rows.values()]);
}

export const sorted = (rows: readonly Row[]): readonly Row[] =>
  [...rows].sort((one, other) => (one.resource < other.resource ? -1 : one.resource > other.resource ? 1 : 0));

/** In the order of the rows; `places` says for each entry where it came from. */
export function toCatalogue(rows: readonly Row[]): { catalogue: Catalogue; places: readonly { key: string; action: Action }[] } {
  const entries = rows.flatMap((row) =>
    ACTIONS.filter((action) => row[action].trim() !== '').map((action) => ({
      entry: { name: `${row.resource.trim()}.${action}`, sentence: row[action].trim() },
      place: { key: row.key, action },
    })),
  );
  return { catalogue: entries.map(({ entry }) => entry), places: entries.map(({ place }) => place) };
}

export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

export function changesOf(before: Catalogue, after: Catalogue): Changes {
  const old = new Map(before.map(({ name, sentence }) => [name, sentence]));
  const now = new Map(after.map(({ name, sentence }) => [name, sentence]));
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    changed: [...now].filter(([name, sentence]) => old.has(name) && old.get(name) !== sentence).map(([name]) => name),
    gone: [...old.keys()].filter((name) => !now.has(name)),
  };
}

export type Pasted = { readonly rows: readonly Row[] } | { readonly badLines: readonly number[] };

/** Lines of a name and a sentence, parted by spaces, a tab, a comma, a colon or `=`; the sentence may stand in quotes. */
export function paste(rows: readonly Row[], text: string): Pasted {
  const badLines: number[] = [];
  const byResource = new Map(rows.filter(({ resource }) => resource !== '').map((row) => [row.resource, row]));
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [, name = '', sentence = ''] = /^\s*["']?([^\s"',;:=]+)["']?[\s,;:=]+["']?(.*?)["']?\s*$/.exec(line) ?? [];
    const parts = partsOf(name);
    if (parts === null || sentence === '') {
      badLines.push(index + 1);
      continue;
    }
    const row = byResource.get(parts.resource) ?? { ...emptyRow(), resource: parts.resource };
    byResource.set(parts.resource, { ...row, [parts.action]: sentence });
  }
  return badLines.length > 0 ? { badLines } : { rows: sorted([...byResource.values()]) };
}

function partsOf(name: string): { resource: string; action: Action } | null {
  const [, resource = '', action] = /^(.+)\.(read|write)$/.exec(name) ?? [];
  return action === 'read' || action === 'write' ? { resource, action } : null;
}
