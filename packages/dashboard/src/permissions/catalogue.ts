/** The catalogue in edited form: a row for each resource, with the sentences of its two permissions. */
import type { Api } from 'keyhouse/dashboard-api';

export type Catalogue = Api['GET /permissions']['answer']['permissions'];
export const ACTIONS = ['read', 'write'] as const;
export type Action = (typeof ACTIONS)[number];

/** Which applications may ask users for it. */
export const AUDIENCES = ['none', 'any', 'verified'] as const;
export type Audience = (typeof AUDIENCES)[number];

export interface Row {
  /** Identifies rows while their names change. */
  readonly key: string;
  readonly resource: string;
  /** Empty: the permission does not exist. */
  readonly read: string;
  readonly write: string;
  readonly audience: Readonly<Record<Action, Audience>>;
}

export const emptyRow = (): Row => ({
  ...{ key: crypto.randomUUID(), resource: '', read: '', write: '' },
  audience: { read: 'none', write: 'none' },
});

/** Sorted by resource. */
export function toRows(catalogue: Catalogue): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { name, sentence, ...flags } of catalogue) {
    const parts = partsOf(name);
    if (parts === null) continue;
    const row = rows.get(parts.resource) ?? { ...emptyRow(), resource: parts.resource };
    const audience = { ...row.audience, [parts.action]: audienceOf(flags) };
    rows.set(parts.resource, { ...row, [parts.action]: sentence, audience });
  }
  return sorted([...rows.values()]);
}

export const sorted = (rows: readonly Row[]): readonly Row[] =>
  [...rows].sort((one, other) => (one.resource < other.resource ? -1 : one.resource > other.resource ? 1 : 0));

/** In the order of the rows; `places` says for each entry where it came from. */
export function toCatalogue(rows: readonly Row[]): { catalogue: Catalogue; places: readonly { key: string; action: Action }[] } {
  const entries = rows.flatMap((row) =>
    ACTIONS.filter((action) => row[action].trim() !== '').map((action) => ({
      entry: {
        name: `${row.resource.trim()}.${action}`,
        sentence: row[action].trim(),
        grantable: row.audience[action] !== 'none',
        sensitive: row.audience[action] === 'verified',
      },
      place: { key: row.key, action },
    })),
  );
  return { catalogue: entries.map(({ entry }) => entry), places: entries.map(({ place }) => place) };
}

const audienceOf = ({ grantable, sensitive }: Pick<Catalogue[number], 'grantable' | 'sensitive'>): Audience =>
  sensitive ? 'verified' : grantable ? 'any' : 'none';

export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly gone: readonly string[];
}

export function changesOf(before: Catalogue, after: Catalogue): Changes {
  const textOf = (entry: Catalogue[number]) => [entry.name, `${audienceOf(entry)} ${entry.sentence}`] as const;
  const old = new Map(before.map(textOf));
  const now = new Map(after.map(textOf));
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    changed: [...now].filter(([name, sentence]) => old.has(name) && old.get(name) !== sentence).map(([name]) => name),
    gone: [...old.keys()].filter((name) => !now.has(name)),
  };
}

export type Pasted = { readonly rows: readonly Row[] } | { readonly badLines: readonly number[] };

/** Lines of a name and a sentence, separated by spaces, a tab, a comma, a colon or `=`; the sentence may be in quotes. */
export function paste(rows: readonly Row[], text: string): Pasted {
  const badLines: number[] = [];
  const byResource = new Map(rows.filter(({ resource }) => resource !== '').map((row) => [row.resource, row]));
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const { name, sentence } = partLine(line);
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

/** In steps, each of which reads a character once. No sentence if nothing separates it from the name. */
function partLine(line: string): { name: string; sentence: string } {
  const text = line.trim();
  const [start = '', name = ''] = /^["']?([^\s"',;:=]+)/.exec(text) ?? [];
  const afterQuote = text.slice(start.length).replace(/^["']/, '');
  const sentence = afterQuote.replace(/^[\s,;:=]+/, '');
  if (sentence === afterQuote) return { name, sentence: '' };
  return { name, sentence: sentence.replace(/^["']/, '').replace(/["']$/, '') };
}

function partsOf(name: string): { resource: string; action: Action } | null {
  const [, resource = '', action] = /^(.+)\.(read|write)$/.exec(name) ?? [];
  return action === 'read' || action === 'write' ? { resource, action } : null;
}
