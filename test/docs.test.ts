/** The documentation is true where a program can check it: codes, bodies, tables, settings, links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../packages/server/src/config.ts';
import type { Refused } from '../packages/server/src/core/refusal.ts';
import { answerRefusal } from '../packages/server/src/http/errors.ts';
import { MIGRATIONS } from '../packages/server/src/store/migrations/index.ts';
import { SQLITE_TYPES } from '../packages/server/src/store/migrations/migration.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** One refusal of each code; the compiler reports a missing one. */
const REFUSALS: { readonly [Code in Refused['code']]: Extract<Refused, { code: Code }> } = {
  unauthenticated: { code: 'unauthenticated', presented: true },
  forbidden: { code: 'forbidden' },
  not_signed_in: { code: 'not_signed_in' },
  not_allowed: { code: 'not_allowed' },
  account_inactive: { code: 'account_inactive', state: 'suspended' },
  cross_site: { code: 'cross_site' },
  proof_required: { code: 'proof_required' },
  email_unverified: { code: 'email_unverified' },
  invalid: { code: 'invalid', errors: { email: ['The email field is required.'] } },
  not_json: { code: 'not_json' },
  repeated_member: { code: 'repeated_member' },
  repeated_parameter: { code: 'repeated_parameter' },
  two_credentials: { code: 'two_credentials' },
  use_https: { code: 'use_https' },
  bad_request: { code: 'bad_request' },
  not_found: { code: 'not_found' },
  method_not_allowed: { code: 'method_not_allowed', allow: ['GET'] },
  too_large: { code: 'too_large' },
  unsupported_media_type: { code: 'unsupported_media_type' },
  too_many_requests: { code: 'too_many_requests', retryAfterSeconds: 60 },
  unavailable: { code: 'unavailable' },
  unsupported_coding: { code: 'unsupported_coding' },
  busy: { code: 'busy', retryAfterSeconds: 1 },
  oauth: {
    code: 'oauth',
    error: 'invalid_request',
    description: 'Send the token parameter exactly once, as text.',
  },
};

describe('docs/errors.md', () => {
  const sections = sectionsOf(read('docs/errors.md'));

  it('has a section for each code, and none for another', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(REFUSALS).sort());
  });

  it.each(Object.values(REFUSALS))('shows the status and the body of $code as they are sent', (refused) => {
    const section = sections.get(refused.code) ?? '';
    const { status, body, headers } = answerRefusal(refused);
    expect(section).toMatch(new RegExp(`^\\*\\*${status}\\*\\*`, 'm'));
    expect(JSON.parse(/```json\n(.*?)\n```/s.exec(section)?.[1] ?? '')).toEqual(body);
    for (const name of Object.keys(headers).filter((header) => header !== 'Cache-Control')) expect(section).toContain(name);
    expect(section).toContain('*When:*');
    expect(section).toContain('*What to do:*');
  });
});

describe('docs/storage.md', () => {
  const sections = sectionsOf(read('docs/storage.md'));

  it('has a section for each table that the migrations make, and none for another', () => {
    expect([...sections.keys()].sort()).toEqual(tablesOfMigrations());
  });

  it('knows every table that the code reads', () => {
    const database = /interface Database \{(.*?)\}/s.exec(read('packages/server/src/store/schema.ts'))?.[1] ?? '';
    const tables = [...database.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => name);
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter((name) => !sections.has(name))).toEqual([]);
  });

  it('names every row of the table settings', () => {
    const table = /interface SettingsTable \{(.*?)\}/s.exec(read('packages/server/src/store/schema.ts'))?.[1] ?? '';
    const names = [...table.matchAll(/\| '(\w+)'/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !sections.get('settings')?.includes(`\`${name}\``))).toEqual([]);
  });

  it.each([...sections])('says of %s what a row is and when it dies', (_name, text) => {
    expect(text).toContain('*A row*');
    expect(text).toContain('*Dies:*');
  });
});

describe('the settings', () => {
  const documented = [...new Set(read('docs/settings.md').match(/\bKEYHOUSE_[A-Z_]*[A-Z]\b/g))];

  it('are settings, each that docs/settings.md and the README name', () => {
    const inReadme = read('README.md').match(/\bKEYHOUSE_[A-Z_]*[A-Z]\b/g) ?? [];
    // What an API behind the guard calls its key is decided by that API.
    const named = [...documented, ...inReadme.filter((name) => name !== 'KEYHOUSE_KEY')];
    // An empty value counts as not set, so only whether it is known can be tested.
    const faults = faultsOf(Object.fromEntries(named.map((name) => [name, ''])));
    expect(faults).toEqual([]);
    expect(faultsOf({ KEYHOUSE_NONSENSE: '' })).toEqual(['KEYHOUSE_NONSENSE is not a setting.']);
  });

  it('are all in docs/settings.md, and in the table of the README', () => {
    const source = read('packages/server/src/config.ts');
    const lists = [...source.matchAll(/const (?:SECRETS|PLAIN) = \[(.*?)\] as const/gs)].map(([, list = '']) => list).join();
    const names = [...lists.matchAll(/'([A-Z_]+)'/g)].map(([, name = '']) => `KEYHOUSE_${name}`);
    expect(names.length).toBeGreaterThan(10);
    const readme = read('README.md');
    expect(names.filter((name) => !documented.includes(name) || !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('every page', () => {
  const deep = ['docs', 'examples'].flatMap((folder) => markdownIn(join(root, folder), true));
  const pages = [root, join(root, 'bench'), join(root, 'conformance')]
    .flatMap((folder) => markdownIn(folder, false))
    .concat(deep);

  it.each(pages.map((page) => relative(root, page)))('has only links that lead somewhere: %s', (page) => {
    const text = read(page).replace(/^```.*?^```/gms, '');
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it('is found from docs/README.md, when it is in docs/', () => {
    const index = read('docs/README.md');
    const missing = pages.map((page) => relative(join(root, 'docs'), page)).filter((page) => !page.startsWith('..'));
    expect(missing.filter((page) => page !== 'README.md' && !index.includes(`(${page})`))).toEqual([]);
  });
});

/** Sections by the code in their heading: `## \`name\``. */
function sectionsOf(page: string): ReadonlyMap<string, string> {
  return new Map(
    page.split(/^## /m).flatMap((text) => {
      const name = /^`(\w+)`\n/.exec(text)?.[1];
      return name === undefined ? [] : [[name, text] as const];
    }),
  );
}

/** The result of all of them: tables that were created, without those that were dropped or renamed. */
function tablesOfMigrations(): readonly string[] {
  const tables = new Set<string>();
  for (const statement of MIGRATIONS.flatMap(({ statements }) => statements(SQLITE_TYPES))) {
    const made = /^\s*CREATE TABLE (\w+)/i.exec(statement)?.[1];
    const dropped = /^\s*DROP TABLE (\w+)/i.exec(statement)?.[1];
    const [, from, to] = /^\s*ALTER TABLE (\w+) RENAME TO (\w+)/i.exec(statement) ?? [];
    if (made !== undefined) tables.add(made);
    if (dropped !== undefined) tables.delete(dropped);
    if (from !== undefined && to !== undefined && tables.delete(from)) tables.add(to);
  }
  return [...tables].sort();
}

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

function markdownIn(folder: string, recursive: boolean): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, page) : resolve(root, dirname(page), path);
  if (!existsSync(target)) return false;
  if (anchor === undefined) return true;
  const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text);
  return headings.some((heading) => anchorOf(heading) === anchor);
}

/** As the common forges create it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
