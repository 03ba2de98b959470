/**
 * Checks the acts of the store against the order of locks in docs/storage-locks.md. It reads the sources with TypeScript's own
 * parser, and walks through each act and every function of the store that it calls, in the order in which they run. A branch that
 * returns ends there.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const STORE = 'packages/server/src/store';
const page = readFileSync(join(root, 'docs/storage-locks.md'), 'utf8');

const UNDER_THE_USER = 'the user is locked first, as in every act that takes these two in the order of the table';
const RUN_AGAIN = 'can meet an act that goes the other way: PostgreSQL ends one of the two, and it is run again';

/**
 * Acts that take a lock after one of a higher number: which after which, and why that is right or what happens then. It should be
 * empty; a line here needs an argument.
 */
const OUT_OF_ORDER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  acceptInvitation: { 'a user after an invitation': `counts the teams of the one who comes; ${RUN_AGAIN}` },
  adoptIdentity: {
    'a user after an invitation': 'the user is new: an invitation is judged for strangers alone',
    'an account after an application': 'not in one call: the first is for a new user, the second for one who was there',
    'a sign-in after an application': 'not in one call, as above',
    'the JWTs of a key after an application': 'not in one call, as above',
    'an application after a session': RUN_AGAIN,
    'a grant after a session': RUN_AGAIN,
  },
  changeMember: { 'a user after an account': `counts the teams of a new owner; ${RUN_AGAIN}` },
  transferTeam: { 'a user after an account': `counts the teams of the new owner; ${RUN_AGAIN}` },
  changePassword: {
    'an account after a session': UNDER_THE_USER,
    'the JWTs of a key after a session': UNDER_THE_USER,
    'an application after a session': RUN_AGAIN,
    'a grant after a session': RUN_AGAIN,
  },
  deleteAccount: {
    'the operator account after an account': 'not in one call: the first is for personal accounts, the second for teams',
    'a user after an account': 'not in one call, as above',
    'an account after an application': UNDER_THE_USER,
    'a sign-in after an application': UNDER_THE_USER,
    'the JWTs of a key after an application': UNDER_THE_USER,
    'an application after a session': RUN_AGAIN,
    'a grant after a session': RUN_AGAIN,
  },
  deleteApplication: { 'a grant after a session': 'ends one application, so there is no second round' },
  deleteTeam: { 'a grant after a session': RUN_AGAIN },
  deleteUser: {
    'an account after an application': UNDER_THE_USER,
    'a sign-in after an application': UNDER_THE_USER,
    'the JWTs of a key after an application': UNDER_THE_USER,
    'an application after a session': RUN_AGAIN,
    'a grant after a session': RUN_AGAIN,
  },
  issueTicket: { 'a user after the mails to one mailbox': 'not in one call: a ticket with a mail replaces the one before it' },
  setUserDisabled: { 'an account after a sign-in': UNDER_THE_USER },
};

/** A row of the page's table. */
interface Lock {
  readonly order: number;
  /** Such as "a sign-in". */
  readonly what: string;
  /** The table of the database in which the locked row is. */
  readonly table: string;
  /** Functions whose no-op update takes it. */
  readonly functions: readonly string[];
  /** Each update or deletion in the table counts as taking it. */
  readonly byEachWrite: boolean;
}

interface Source {
  readonly path: string;
  readonly tree: ts.SourceFile;
  /**
   * Everything that has a body to walk through, by its name: functions, and constants that hold one. Methods begin with a dot:
   * `.endSignIns`.
   */
  readonly bodies: ReadonlyMap<string, ts.Node>;
  /** Where each imported name comes from. */
  readonly imports: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
}

/** A lock that the walk met: the number, or the place of a lock that the page does not list. */
type Step = { readonly lock: Lock } | { readonly unknown: string };

const locks = locksOf(page);
const sources = new Map(
  globSync(`${STORE}/**/*.ts`, { cwd: root, exclude: (name) => name.endsWith('.test.ts') }).map((path) => [
    path,
    readSource(path),
  ]),
);
const acts = actsOf(sources);

describe('docs/storage-locks.md', () => {
  it('numbers the locks from the first to the last', () => {
    expect(locks.length).toBeGreaterThan(8);
    expect(locks.map(({ order }) => order)).toEqual(locks.map((_, index) => index + 1));
  });

  it('names only functions and tables that are there', () => {
    const names = new Set([...sources.values()].flatMap(({ bodies }) => [...bodies.keys()].map((name) => name.replace('.', ''))));
    expect(locks.flatMap(({ functions }) => functions).filter((name) => !names.has(name))).toEqual([]);
    const text = [...sources.values()].map(({ tree }) => tree.text).join('\n');
    expect(locks.filter(({ table }) => !text.includes(`('${table}')`))).toEqual([]);
  });

  it('has every function that takes a lock', () => {
    const unknown = [...sources.values()].flatMap((source) =>
      statementsOf(source.tree).flatMap((node) => {
        const step = stepOf(source, node);
        return step !== null && 'unknown' in step ? [step.unknown] : [];
      }),
    );
    expect(unknown).toEqual([]);
  });

  it('names every file that takes a lock by other means', () => {
    const others = [...sources.values()].filter((source) => lockOtherwise(source));
    expect(others.length).toBeGreaterThan(0);
    expect(others.map(({ path }) => relative(STORE, path)).filter((path) => !page.includes(`\`${path}\``))).toEqual([]);
  });
});

describe('the acts of the store', () => {
  it('are found, with the locks that they take through other functions', () => {
    expect(acts.size).toBeGreaterThan(100);
    const isEmpty = ({ source, name }: { source: Source; name: string }) => !source.bodies.has(name) && !source.imports.has(name);
    expect([...acts.values()].filter(isEmpty).map(({ name }) => name)).toEqual([]);
    const taken = (name: string): readonly number[] => walkAct(name).taken.map(({ order }) => order);
    const orderOf = (name: string): number => locks.find(({ functions }) => functions.includes(name))?.order ?? 0;
    expect(taken('giveCode').slice(0, 4)).toEqual(
      ['lockEnabledUser', 'lockExistingTeam', 'lockAccount', 'lockSignIn'].map(orderOf),
    );
  });

  it('take their locks in the order of the page, but for those that are listed with a reason', () => {
    const breaks = [...acts.keys()].flatMap((name) => walkAct(name).breaks.map((each) => `${name}: ${each}`));
    const listed = Object.entries(OUT_OF_ORDER).flatMap(([name, pairs]) => Object.keys(pairs).map((each) => `${name}: ${each}`));
    expect([...new Set(breaks)].sort()).toEqual(listed.sort());
  });

  it('take them in one round trip as they do in full', () => {
    const shortForms = { statementsOfRecord: 'recordJwt', statementsOfMove: 'moveSession' };
    for (const [short, act] of Object.entries(shortForms)) {
      const taken = walkAct(short).taken.map(({ order }) => order);
      expect(taken, short).toEqual(
        walkAct(act)
          .taken.map(({ order }) => order)
          .slice(0, 1),
      );
    }
    expect([...acts.keys()].filter((name) => name.startsWith('statementsOf')).sort()).toEqual(Object.keys(shortForms).sort());
  });

  it('are judged before they begin, and number their changes last', () => {
    const body = sources.get(`${STORE}/run-act.ts`)?.bodies.get('runAct');
    const calls = body === undefined ? [] : callsIn(body).map(({ expression }) => expression.getText());
    expect(calls.indexOf('judgeAuthority')).toBeLessThan(calls.indexOf('act'));
    expect(calls.indexOf('judgeAuthority')).toBeGreaterThan(-1);
    expect(calls.at(-1)).toBe('writeChanges');
  });
});

/** `| 2 | a user, in `users` | `lockUser`, each write | … |` */
function locksOf(text: string): readonly Lock[] {
  return [...text.matchAll(/^\| (\d+) \|([^|]*)\|([^|]*)\|/gm)].map(([, order, row = '', by = '']) => ({
    order: Number(order),
    what: row.slice(0, row.indexOf(', in ')).trim(),
    table: /`(\w+)`/.exec(row)?.[1] ?? '',
    functions: [...by.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    byEachWrite: by.includes('each write'),
  }));
}

function readSource(path: string): Source {
  const tree = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const bodies = new Map<string, ts.Node>();
  const imports = new Map<string, { path: string; name: string }>();
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) && node.name !== undefined && node.body !== undefined)
      bodies.set(node.name.text, node.body);
    if (ts.isMethodDeclaration(node) && node.body !== undefined) bodies.set(`.${node.name.getText()}`, node.body);
    if (ts.isPropertyAssignment(node) && holdsFunction(node.initializer)) bodies.set(`.${node.name.getText()}`, node.initializer);
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && holdsFunction(node.initializer))
      bodies.set(node.name.text, node.initializer);
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const named = node.importClause?.namedBindings;
      const to = join(dirname(path), node.moduleSpecifier.text);
      if (named !== undefined && ts.isNamedImports(named))
        for (const { name, propertyName } of named.elements)
          imports.set(name.text, { path: to, name: (propertyName ?? name).text });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path, tree, bodies, imports };
}

/** `(db) => …`, or `prepare((db) => …)`. */
function holdsFunction(node: ts.Node | undefined): node is ts.Expression {
  if (node === undefined) return false;
  if (ts.isArrowFunction(node)) return true;
  return ts.isCallExpression(node) && node.expression.getText() === 'prepare';
}

/** The members of `…Acts`, what every act does first, and the statements of acts in one round trip. */
function actsOf(files: ReadonlyMap<string, Source>): ReadonlyMap<string, { readonly source: Source; readonly name: string }> {
  const found = new Map<string, { source: Source; name: string }>();
  for (const source of files.values())
    for (const node of statementsOf(source.tree)) {
      if (!ts.isVariableDeclaration(node) || !node.name.getText().endsWith('Acts')) continue;
      if (node.initializer === undefined || !ts.isObjectLiteralExpression(node.initializer)) continue;
      for (const property of node.initializer.properties) {
        const name = property.name?.getText();
        // `endLapsed,` is a named function.
        if (name !== undefined) found.set(name, { source, name: ts.isShorthandPropertyAssignment(property) ? name : `.${name}` });
      }
    }
  for (const source of files.values())
    for (const name of source.bodies.keys()) if (name.startsWith('statementsOf')) found.set(name, { source, name });
  const authority = files.get(`${STORE}/authority.ts`);
  if (authority !== undefined) found.set('judgeAuthority', { source: authority, name: 'judgeAuthority' });
  return found;
}

function statementsOf(node: ts.Node): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (each: ts.Node): void => {
    found.push(each);
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

const callsIn = (node: ts.Node): readonly ts.CallExpression[] => statementsOf(node).filter(ts.isCallExpression);

/**
 * Whether the file locks rows in a way that `stepOf` does not see: in SQL as text, or by a lock that belongs to no row. SQLite
 * needs no locks, and migrations run before anything else does.
 */
function lockOtherwise({ path, tree }: Source): boolean {
  if (path.startsWith(`${STORE}/sqlite/`) || path.startsWith(`${STORE}/migrations/`)) return false;
  const texts = statementsOf(tree).filter(
    (node) => ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node),
  );
  const locks = /\bFOR (NO KEY |KEY )?(UPDATE|SHARE)\b|pg_advisory|\bUPDATE \S+ SET\b|\bDELETE FROM\b|\bDO UPDATE\b/;
  return (
    tree.text.includes('.forUpdate(') ||
    texts.map((node) => node.getText()).some((text) => locks.test(text) && !text.includes('sqlite_'))
  );
}

/** The lock that a call takes by itself: `db.updateTable('users')` and similar. Null: none, or none that is ordered. */
function stepOf(source: Source, node: ts.Node): Step | null {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
  const verb = node.expression.name.text;
  const [argument] = node.arguments;
  if (!/^(updateTable|deleteFrom|insertInto)$/.test(verb) || argument === undefined || !ts.isStringLiteral(argument)) return null;
  const chain = chainOf(node);
  if (verb === 'insertInto' && !chain.includes('.doUpdateSet(')) return null;
  const table = argument.text;
  const name = functionAround(node);
  const lock =
    locks.find((each) => each.table === table && each.functions.includes(name)) ??
    locks.find((each) => each.table === table && each.byEachWrite);
  if (lock !== undefined) return { lock };
  return isNoOp(chain) ? { unknown: `${source.path}: ${name} locks ${table}` } : null;
}

/** `.set((eb) => ({ name: eb.ref('name') }))`: changes nothing, so it is only there for the lock. */
const isNoOp = (chain: string): boolean =>
  /(?:\.set|\.doUpdateSet)\(\(\w+\) => \(\{ (\w+): \w+\.ref\('(?:(?!excluded)\w+\.)?\1'\) \}\)\)/.test(chain);

/** The text of a query from its first call to its last. */
function chainOf(node: ts.Node): string {
  let last = node;
  while (ts.isPropertyAccessExpression(last.parent) || (ts.isCallExpression(last.parent) && last.parent.expression === last))
    last = last.parent;
  return last.getText().replace(/\s+/g, ' ');
}

/** The innermost function with a name. */
function functionAround(node: ts.Node): string {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if ((ts.isFunctionDeclaration(at) || ts.isMethodDeclaration(at)) && at.name !== undefined) return at.name.getText();
    if (ts.isVariableDeclaration(at) && holdsFunction(at.initializer)) return at.name.getText();
  }
  return '';
}

/** Follows an act through every path. `held`: the highest lock on the way there; null: no path leads there. */
function walkAct(act: string): { readonly breaks: readonly string[]; readonly taken: readonly Lock[] } {
  const breaks: string[] = [];
  const taken: Lock[] = [];
  type Held = number | null;
  const most = (a: Held, b: Held): Held => (a === null || b === null ? (a ?? b) : Math.max(a, b));

  const start = acts.get(act);
  if (start !== undefined) call(start.source, start.name, 0, []);
  return { breaks, taken };

  /** What is held when the function has returned. */
  function call(source: Source, name: string, before: number, stack: readonly string[]): number {
    const imported = source.imports.get(name);
    if (imported !== undefined) {
      const file = sources.get(imported.path);
      return file === undefined ? before : call(file, imported.name, before, stack);
    }
    const body = source.bodies.get(name);
    const key = `${source.path} ${name}`;
    if (body === undefined || stack.includes(key)) return before;
    let returned: Held = null;
    const within: ts.Node = body;
    const end = walk(within, before);
    return most(returned, end) ?? before;

    function walk(node: ts.Node, held: Held): Held {
      if (held === null || isElsewhere(node, within)) return held;
      if (ts.isIfStatement(node)) {
        const judged = walk(node.expression, held);
        return most(
          walk(node.thenStatement, judged),
          node.elseStatement === undefined ? judged : walk(node.elseStatement, judged),
        );
      }
      if (ts.isConditionalExpression(node)) {
        const judged = walk(node.condition, held);
        return most(walk(node.whenTrue, judged), walk(node.whenFalse, judged));
      }
      if (ts.isSwitchStatement(node)) {
        const judged = walk(node.expression, held);
        return node.caseBlock.clauses.map((clause) => walk(clause, judged)).reduce(most, judged);
      }
      if (ts.isForOfStatement(node)) {
        const before = walk(node.expression, held);
        // Twice: what the second round locks comes after what the first one has locked.
        return most(before, walk(node.statement, most(before, walk(node.statement, before))));
      }
      const after = inOrder(node).reduce<Held>((so, child) => walk(child, so), held);
      if (ts.isReturnStatement(node)) returned = most(returned, after);
      if (ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isContinueStatement(node)) return null;
      return after === null || !ts.isCallExpression(node) ? after : perform(node, after);
    }

    function perform(node: ts.CallExpression, held: number): number {
      const step = stepOf(source, node);
      if (step !== null) return 'lock' in step ? take(step.lock, held) : held;
      const { expression } = node;
      const inside = [...stack, key];
      if (ts.isIdentifier(expression)) return call(source, expression.text, held, inside);
      if (!ts.isPropertyAccessExpression(expression)) return held;
      const { text: member } = expression.name;
      const owner = expression.expression.getText();
      if (owner === 'act' && /^(mayMail|judgeMails)$/.test(member))
        return call(sources.get(`${STORE}/mail-limits.ts`) ?? source, 'judgeMail', held, inside);
      // `prepare`d, to be sent with others.
      if (member === 'statement') return call(source, owner, held, inside);
      const other = owner.endsWith('Acts') ? acts.get(member) : undefined;
      return other === undefined ? held : call(other.source, other.name, held, inside);
    }
  }

  function take(lock: Lock, held: number): number {
    taken.push(lock);
    if (lock.order < held) breaks.push(`${lock.what} after ${locks[held - 1]?.what}`);
    return Math.max(held, lock.order);
  }
}

/** A named function is walked where it is called, not where it is defined. */
const isElsewhere = (node: ts.Node, body: ts.Node): boolean =>
  node !== body && (ts.isFunctionDeclaration(node) || (ts.isVariableDeclaration(node) && holdsFunction(node.initializer)));

/** The children of a node. Arguments come before their call, which `walk` performs after all of them. */
function inOrder(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  return children;
}
