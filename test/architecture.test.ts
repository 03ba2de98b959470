/**
 * Checks the arrows of ARCHITECTURE.md. It reads every import of what is shipped with TypeScript's own parser, including
 * type-only ones: a type that points the wrong way is how an import that points the wrong way begins.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { UNIT } from '../vitest.config.ts';

const root = resolve(import.meta.dirname, '..');
const SERVER = 'packages/server/src';
const CORE = `${SERVER}/core`;
const DASHBOARD = 'packages/dashboard/src';

/** Packages for work that one person does once; a running server never loads them. */
const DONE_ONCE = /^@keyhouse\/(import|openapi)(\/|$)/;

/** Lowest last: a room may use those that come after it. */
const ROOMS = [
  'oauth',
  'applications',
  'sessions',
  'jwts',
  'signing-keys',
  'use',
  'credentials',
  'permissions',
  'administration',
  'teams',
  'providers',
  'sign-ins',
  'factors',
  'users',
  'passwords',
  'branding',
  'revocations',
  'audit',
  'mail',
  'lib',
];

/** Files of `core/` that belong to no room. They are shared terms, or they bind the rooms together. */
const SHARED_WORDS = ['authority.ts', 'caller.ts', 'refusal.ts', 'unavailable.ts'];
const ABOVE_THE_ROOMS = ['keyhouse.ts', 'jobs.ts', 'serving.ts', 'store.ts', 'sweep.ts', 'verify.ts'];

/** Types that point upwards, each with its reason. It should be empty; a line here needs an argument. */
const TOLERATED: Readonly<Record<string, string>> = {
  // The terms for a caller name the environments of a credential; they are defined with the entity.
  [`${CORE}/caller.ts → ${CORE}/credentials/credential.ts`]: 'a caller carries the environment of its credential',
  // The verdict function is assembled above the rooms from tokens, keys and JWTs; these two get it as a port.
  [`${CORE}/oauth/oauth.ts → ${CORE}/verify.ts`]: 'hands the one verifier on to the two below',
  [`${CORE}/oauth/introspect.ts → ${CORE}/verify.ts`]: 'takes the one verifier as a port',
  [`${CORE}/oauth/revoke.ts → ${CORE}/verify.ts`]: 'takes the one verifier as a port',
};

interface Import {
  /** Path from the repository's root. */
  readonly from: string;
  /** The same for a file of ours; else the bare name of a package. */
  readonly to: string;
  readonly isTypeOnly: boolean;
  /** Loaded together with the file that names it; false for `import()`, which loads when it is called. */
  readonly isAtOnce: boolean;
}

interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly tree: ts.SourceFile;
}

const sources = readSources();
const imports = sources.flatMap((source) => source.imports);
const shows = (found: readonly Import[]): readonly string[] => found.map(({ from, to }) => `${from} → ${to}`);

describe('the arrows', () => {
  it('finds the files that it is to judge', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.map(({ path }) => path)).toContain(`${CORE}/keyhouse.ts`);
  });

  it('lets every relative import name a file that exists', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const isThere = (to: string): boolean => paths.has(to) || (/\.(css|svg)$/.test(to) && existsSync(join(root, to)));
    expect(shows(imports.filter(({ to }) => to.startsWith('packages/') && !isThere(to)))).toEqual([]);
  });

  it('has no circle between files, types included', () => {
    expect(circles(imports)).toEqual([]);
  });

  it('keeps protocol free of everything else but ipaddr.js', () => {
    const foreign = imports.filter(({ from, to }) => isWithin(from, 'packages/protocol') && !isWithin(to, 'packages/protocol'));
    expect(shows(foreign)).toEqual(['packages/protocol/src/addresses.ts → ipaddr.js']);
  });

  it('lets openapi know protocol, and the library for YAML only where text is parsed', () => {
    const foreign = imports.filter(({ from, to }) => isWithin(from, 'packages/openapi') && !isWithin(to, 'packages/openapi'));
    const strayed = foreign.filter(({ to }) => to !== '@keyhouse/protocol');
    expect(shows(strayed)).toEqual(['packages/openapi/src/text.ts → yaml']);
  });

  it('lets import know protocol, the databases that it reads, and nothing of the server', () => {
    const foreign = imports.filter(({ from, to }) => isWithin(from, 'packages/import') && !isWithin(to, 'packages/import'));
    const strayed = foreign.filter(({ to }) => to !== '@keyhouse/protocol' && !/^node:(crypto|fs|stream)$/.test(to));
    expect(shows(strayed.filter(({ isTypeOnly }) => !isTypeOnly))).toEqual([
      'packages/import/src/files.ts → csv-parse',
      'packages/import/src/foreign/mysql.ts → mysql2/promise',
      'packages/import/src/foreign/postgres.ts → pg',
      'packages/import/src/foreign/sqlite.ts → better-sqlite3',
    ]);
    expect(shows(strayed.filter(({ to, isTypeOnly }) => isTypeOnly && /keyhouse/.test(to)))).toEqual([]);
  });

  it('lets the server load what is done once only when a command asks for it', () => {
    const taken = imports.filter(({ from, to }) => isWithin(from, SERVER) && DONE_ONCE.test(to));
    expect(taken.length).toBeGreaterThan(1);
    const strayed = taken.filter(
      ({ from, isTypeOnly, isAtOnce }) => !isWithin(from, `${SERVER}/cli`) || (isAtOnce && !isTypeOnly),
    );
    expect(shows(strayed)).toEqual([]);
  });

  it('lets the guard know protocol and openapi, and each framework only in its adapter', () => {
    const outside = imports.filter(({ from, to }) => isWithin(from, 'packages/guard') && !isWithin(to, 'packages/guard'));
    const isNeutral = (to: string): boolean => ['@keyhouse/protocol', '@keyhouse/openapi', '#platform'].includes(to);
    const strayed = outside.filter(({ from, to }) => !isNeutral(to) && !isWithin(from, 'packages/guard/src/adapters'));
    expect(shows(strayed)).toEqual([
      'packages/guard/src/openapi-file.ts → node:fs/promises',
      'packages/guard/src/openapi-file.ts → @keyhouse/openapi/text',
      'packages/guard/src/platform/node.ts → node:crypto',
    ]);
  });

  it('lets the dashboard take types alone from the server', () => {
    const taken = imports.filter(({ from, to }) => isWithin(from, 'packages/dashboard') && /^keyhouse(\/|$)/.test(to));
    expect(taken.length).toBeGreaterThan(3);
    expect(shows(taken.filter(({ to, isTypeOnly }) => to !== 'keyhouse/dashboard-api' || !isTypeOnly))).toEqual([]);
  });

  it('lets no package reach into the files of another', () => {
    const packageOf = (path: string): string => path.split('/').slice(0, 2).join('/');
    const reached = imports.filter(({ from, to }) => to.startsWith('packages/') && packageOf(from) !== packageOf(to));
    expect(shows(reached)).toEqual([]);
  });

  it('keeps HTTP, SQL, drivers, logging and the command line out of core', () => {
    const outside = imports.filter(({ from, to }) => isWithin(from, CORE) && !isAllowedInCore(to));
    // The thread that hashes passwords asks the kernel for its own number, to lower its priority; nothing else in core reads
    // files.
    expect(shows(outside)).toEqual([`${CORE}/passwords/password-thread.ts → node:fs`]);
  });

  it('lets http and store never meet', () => {
    const rooms = { http: `${SERVER}/http`, store: `${SERVER}/store` };
    const met = imports.filter(
      ({ from, to }) =>
        (isWithin(from, rooms.http) && isWithin(to, rooms.store)) || (isWithin(from, rooms.store) && isWithin(to, rooms.http)),
    );
    expect(shows(met)).toEqual([]);
  });

  it('lets the databases be known only to store/ and to what reads those of others, and Fastify only to http/, app.ts and the guard’s adapter for it', () => {
    const databases = /^(kysely|pg|better-sqlite3)(\/|$)/;
    const web = /^(fastify|@fastify\/.*|@scalar\/.*)(\/|$)/;
    const strayed = imports.filter(
      ({ from, to }) =>
        (databases.test(to) && !isWithin(from, `${SERVER}/store`) && !isWithin(from, 'packages/import/src/foreign')) ||
        (web.test(to) &&
          !isWithin(from, `${SERVER}/http`) &&
          ![`${SERVER}/app.ts`, 'packages/guard/src/adapters/fastify.ts'].includes(from)),
    );
    expect(shows(strayed)).toEqual([]);
  });

  it('lets only store/open.ts know both databases', () => {
    const known = (name: string) =>
      new Set(
        imports
          .filter(({ from, to }) => isWithin(to, `${SERVER}/store/${name}`) && !isWithin(from, `${SERVER}/store/${name}`))
          .map(({ from }) => from),
      );
    const postgres = known('postgres');
    expect([...known('sqlite')].filter((path) => postgres.has(path))).toEqual([`${SERVER}/store/open.ts`]);
  });
});

describe('the rooms of core', () => {
  it('knows every folder and every file that stands beside them', () => {
    const entries = readdirSync(join(root, CORE), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.filter((name) => !ROOMS.includes(name))).toEqual([]);
    const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts')).map(({ name }) => name);
    expect(files.filter((name) => ![...SHARED_WORDS, ...ABOVE_THE_ROOMS].includes(name))).toEqual([]);
  });

  it('lets a room use only those below it, types included', () => {
    const upwards = imports.filter(({ from, to }) => isWithin(from, CORE) && isWithin(to, CORE) && heightOf(to) > heightOf(from));
    expect(shows(upwards).filter((arrow) => !(arrow in TOLERATED))).toEqual([]);
    // What is tolerated is a type, never a value.
    expect(shows(upwards.filter(({ isTypeOnly }) => !isTypeOnly))).toEqual([]);
  });

  it('tolerates nothing that is not there any more', () => {
    const arrows = new Set(shows(imports));
    expect(Object.keys(TOLERATED).filter((arrow) => !arrows.has(arrow))).toEqual([]);
  });

  it('takes the time from a clock: no Date.now and no new Date() in core', () => {
    expect(sources.filter(({ path }) => isWithin(path, CORE)).flatMap(readingsOfTheClock)).toEqual([`${CORE}/lib/clock.ts`]);
  });
});

describe('the events of the audit log', () => {
  it('are made by `happened` alone', () => {
    const writers = sources.filter(({ path, tree }) => isWithin(path, SERVER) && writesEvent(tree)).map(({ path }) => path);
    expect(writers).toEqual([
      `${CORE}/audit/event.ts`,
      // What a guard reports is recorded as a refusal; the recorder creates the event.
      `${CORE}/use/usage.ts`,
    ]);
  });
});

describe('the floors of the dashboard', () => {
  const within = imports.filter(({ from, to }) => isWithin(from, DASHBOARD) && isWithin(to, DASHBOARD));
  const folderOf = (path: string): string => {
    const [first = '', ...rest] = path.slice(DASHBOARD.length + 1).split('/');
    return rest.length === 0 ? '' : first;
  };

  it('knows every floor, and finds the rooms between them', () => {
    const folders = new Set(within.flatMap(({ from, to }) => [folderOf(from), folderOf(to)]));
    expect([...folders]).toEqual(expect.arrayContaining(['lib', 'kit', 'app', 'sign-in', 'credentials', 'operator']));
    // Files of no folder start the pages.
    expect(new Set(within.flatMap(({ from, to }) => [from, to]).filter((path) => folderOf(path) === ''))).toEqual(
      new Set([`${DASHBOARD}/main.tsx`]),
    );
  });

  it('lets lib use lib, the kit also the kit, a room also itself, and only app use the rooms; types and styles included', () => {
    const wrong = within.filter(({ from, to }) => {
      const [user, used] = [folderOf(from), folderOf(to)];
      if (user === used || used === 'lib') return false;
      // `sign-in` is the other entry: it is loaded before a user is signed in, and contains nothing of the dashboard.
      if (user === 'lib' || user === 'sign-in' || used === 'sign-in' || used === '') return true;
      return !(used === 'kit' || user === 'app' || (user === '' && used === 'app'));
    });
    expect(shows(wrong)).toEqual([]);
  });
});

describe('the store', () => {
  it('says at the top of each file what the file owns', () => {
    const files = sources.filter(({ path }) => isWithin(path, `${SERVER}/store`));
    expect(files.length).toBeGreaterThan(80);
    expect(files.filter(({ tree }) => !tree.text.startsWith('/**')).map(({ path }) => path)).toEqual([]);
  });
});

describe('the tests that need no server', () => {
  it('reach neither the server, nor a browser, nor what the tests of a run share', () => {
    const reached = new Map<string, readonly Import[]>();
    const reach = (path: string): void => {
      if (reached.has(path) || !existsSync(join(root, path))) return;
      const found = readSource(join(root, path)).imports;
      reached.set(path, found);
      for (const { to, isTypeOnly } of found) if (!isTypeOnly && /\.tsx?$/.test(to)) reach(to);
    };
    const tests = UNIT.flatMap((pattern) => globSync(pattern, { cwd: root }));
    expect(tests.length).toBeGreaterThan(90);
    for (const test of tests) if (test !== 'test/architecture.test.ts') reach(test);
    const heavy = ['fastify', 'playwright-core', 'test/shared-things.ts', `${SERVER}/app.ts`];
    const strayed = [...reached.values()].flat().filter(({ to, isTypeOnly }) => !isTypeOnly && heavy.includes(to));
    expect(shows(strayed)).toEqual([]);
  });
});

describe('the tests in a browser', () => {
  it('wait for what they expect: a page may still be on its way when it is asked', () => {
    const files = globSync('packages/dashboard/test/*.test.ts', { cwd: root });
    expect(files.length).toBeGreaterThan(20);
    const askedOnce =
      /expect\(\s*await .*\.(count|is[A-Z]\w+|textContent|innerText|inputValue|all\w+Texts|allTextContents|getAttribute|evaluate)\(/g;
    const found = files.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(askedOnce)].map(([text]) => `${file}: ${text}`),
    );
    expect(found, 'write `await expect.poll(() => …)`').toEqual([]);
  });
});

describe('the environment', () => {
  it('is read in config.ts alone', () => {
    const readers = sources.filter(({ tree }) => mentions(tree, 'process', 'env')).map(({ path }) => path);
    expect(readers).toEqual([`${SERVER}/config.ts`]);
  });
});

/** Below all rooms the shared terms, above them what binds them. */
function heightOf(path: string): number {
  const [first = ''] = path.slice(CORE.length + 1).split('/');
  if (SHARED_WORDS.includes(first)) return 0;
  if (ABOVE_THE_ROOMS.includes(first)) return ROOMS.length + 1;
  return ROOMS.length - ROOMS.indexOf(first);
}

/** Small libraries that neither listen, nor store, nor print. */
function isAllowedInCore(to: string): boolean {
  if (isWithin(to, CORE) || to === '@keyhouse/protocol') return true;
  if (/^node:(crypto|util|url|os|events|worker_threads|zlib|timers\/promises)$/.test(to)) return true;
  return [
    'jose',
    'bcryptjs',
    'lru-cache',
    'ipaddr.js',
    '@node-rs/argon2',
    '@zxcvbn-ts/language-common',
    'otpauth',
    '@simplewebauthn/server',
    'bowser',
  ].includes(to);
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

function readSources(): readonly Source[] {
  return readdirSync(join(root, 'packages'))
    .flatMap((name) => filesBelow(join(root, 'packages', name, 'src')))
    .filter((file) => /\.tsx?$/.test(file) && !/(\.test|test-helper)\.ts$/.test(file))
    .map(readSource);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function readSource(file: string): Source {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const from = pathOf(file);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const seen = importOf(node);
    if (seen !== null)
      found.push({ from, to: targetOf(file, seen.specifier), isTypeOnly: seen.isTypeOnly, isAtOnce: !ts.isCallExpression(node) });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path: from, imports: found, tree };
}

/**
 * `import … from`, `export … from`, `import()`, `import('…')` in types, and `new URL('…', import.meta.url)`, which starts
 * threads.
 */
function importOf(node: ts.Node): { specifier: string; isTypeOnly: boolean } | null {
  if (ts.isImportDeclaration(node)) {
    return { specifier: textOf(node.moduleSpecifier), isTypeOnly: isTypeImport(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: textOf(node.moduleSpecifier), isTypeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: textOf(node.argument.literal), isTypeOnly: true };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: textOf(node.arguments[0]), isTypeOnly: false };
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL' && node.arguments?.[1]?.getText() === 'import.meta.url') {
    const specifier = textOf(node.arguments[0]);
    return specifier.endsWith('.ts') ? { specifier, isTypeOnly: false } : null;
  }
  return null;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** An import whose name is built at run time cannot be judged, so it is not allowed. */
function textOf(node: ts.Node | undefined): string {
  if (node !== undefined && ts.isStringLiteralLike(node)) return node.text;
  throw new Error(`This import is not a plain text: ${node?.getText() ?? ''}`);
}

function targetOf(file: string, specifier: string): string {
  return specifier.startsWith('.') ? pathOf(resolve(dirname(file), specifier)) : specifier;
}

function pathOf(file: string): string {
  return relative(root, file).split(sep).join('/');
}

/** Each circle once, as the files along it. */
function circles(all: readonly Import[]): readonly string[] {
  const targets = Map.groupBy(all, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const { to } of targets.get(path) ?? []) walk(to, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return found;
}

/** Whether `object.member` is read anywhere in the file, except in comments. */
function mentions(tree: ts.SourceFile, object: string, member: string): boolean {
  const look = (node: ts.Node): boolean =>
    (ts.isPropertyAccessExpression(node) && node.expression.getText() === object && node.name.text === member) ||
    (ts.forEachChild(node, (child) => look(child) || undefined) ?? false);
  return look(tree);
}

function readingsOfTheClock({ path, tree }: Source): readonly string[] {
  const look = (node: ts.Node): boolean =>
    (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments ?? []).length === 0) ||
    (ts.forEachChild(node, (child) => look(child) || undefined) ?? false);
  return mentions(tree, 'Date', 'now') || look(tree) ? [path] : [];
}

/** Whether an object is written by hand that says what happened, when, and by whom. */
function writesEvent(node: ts.Node): boolean {
  if (ts.isObjectLiteralExpression(node)) {
    const names = memberNames(node);
    if (['event', 'atMs', 'by'].every((name) => names.includes(name))) return true;
  }
  return ts.forEachChild(node, (child) => writesEvent(child) || undefined) ?? false;
}

/** Those of objects that are spread in it too. */
function memberNames(written: ts.ObjectLiteralExpression): readonly string[] {
  return written.properties.flatMap((property) => {
    if (!ts.isSpreadAssignment(property)) return property.name.getText();
    return ts.isObjectLiteralExpression(property.expression) ? memberNames(property.expression) : [];
  });
}
