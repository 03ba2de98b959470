/** What docs/contract.md and docs/glossary.md name exists: labels that comments cite, such as [A4], terms, and files. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const labels = [...read('docs/contract.md').matchAll(/^#+ ([AB]\d+):/gm)].map(([, label = '']) => label);

describe('docs/contract.md', () => {
  it('has a section for each requirement of both documents, each once', () => {
    const expected = (letter: string, count: number) => Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
    expect(labels).toEqual([...expected('A', 12), ...expected('B', 10)]);
  });

  it('has each label that the code cites', () => {
    const cited = sources().flatMap((path) => citationsIn(read(path)).map((label) => ({ path, label })));
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter(({ label }) => !labels.includes(label))).toEqual([]);
  });

  it('has a heading for each document, which comments name', () => {
    for (const name of ['Document A', 'Document B']) expect(read('docs/contract.md')).toMatch(new RegExp(`^## ${name}: `, 'm'));
  });

  it('reads ranges and lists of labels', () => {
    expect(citationsIn('gives a token [A4–A6], [B8], and [A10, B10]; a[B2B] is a type')).toEqual([
      'A4',
      'A5',
      'A6',
      'B8',
      'A10',
      'B10',
    ]);
  });
});

describe('docs/glossary.md', () => {
  const rows = [...read('docs/glossary.md').matchAll(/^\| (\*.*?) \| .* \| `([^`]+)` \|$/gm)];

  it('has each term once', () => {
    const terms = rows.flatMap(([, names = '']) => [...names.matchAll(/\*([^*]+)\*/g)].map(([, term = '']) => term));
    expect(terms.length).toBeGreaterThan(60);
    expect(terms.filter((term, index) => terms.indexOf(term) !== index)).toEqual([]);
  });

  it('says where each is', () => {
    const paths = rows.map(([, , path = '']) => (path.startsWith('packages/') ? path : `packages/server/src/${path}`));
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

/** Everything that is written by hand and may cite a label. */
function sources(): readonly string[] {
  const pattern = '{packages,conformance,examples,docs,test,scripts,bench}/**/*.{ts,tsx,md}';
  const exclude = (name: string): boolean => /(^|\/)(node_modules|dist|\.next)(\/|$)/.test(name);
  return globSync(pattern, { cwd: root, exclude }).filter((path) => path !== 'test/contract.test.ts');
}

/** `[A4–A6, B2]` → A4, A5, A6, B2. */
function citationsIn(text: string): readonly string[] {
  const lists = [...text.matchAll(/\[([AB]\d+(?:(?:[–-]|, )[AB]?\d+)*)\]/g)].flatMap(([, list = '']) => list.split(', '));
  return lists.flatMap((item) => {
    const [first = '', last = first] = item.split(/[–-]/);
    const [from, to] = [first, last].map((label) => Number(label.replace(/^[AB]/, '')));
    return Array.from({ length: (to ?? 0) - (from ?? 0) + 1 }, (_, index) => `${first[0]}${(from ?? 0) + index}`);
  });
}
