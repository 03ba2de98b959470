/**
 * Whether every regular expression of what is shipped takes time in proportion to its text, whatever the text is: one that
 * backtracks lets a single request stop the server. `recheck` judges each one, both the literals and the patterns of schemas. An
 * expression that is built at run time cannot be judged here, so each of them is named below with its reason.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { check } from 'recheck';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');

/** Built at run time; each line says why that is safe. */
const BUILT: Readonly<Record<string, string>> = {
  'packages/server/src/http/routes-known.ts': 'from the paths of our own routes, with [^/]+ between slashes',
};

/**
 * How an expression is judged: by how many characters are read, never by how long that takes, because on a busy machine any match
 * takes long. `recheck` bounds the characters itself. The milliseconds only end a judgement that hangs; the expression is then
 * refused, so that it is written more simply.
 */
const BY_WORK = { seedingTimeout: null, incubationTimeout: null, attackTimeout: null, timeout: 600_000 } as const;

export interface Expression {
  readonly source: string;
  readonly flags: string;
  /** The file and the line. */
  readonly place: string;
}

interface Found {
  readonly expressions: readonly Expression[];
  /** Where an expression is built at run time. */
  readonly built: readonly string[];
}

/** The regular expressions of one file: literals, `new RegExp('…')`, and `pattern: '…'` of a schema. */
export function findExpressions(path: string, text: string): Found {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  const expressions: Expression[] = [];
  const built: string[] = [];
  const placeOf = (node: ts.Node): string => `${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      expressions.push({ source: node.text.slice(1, end), flags: node.text.slice(end + 1), place: placeOf(node) });
    } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') {
      const [source, flags] = node.arguments ?? [];
      if (source !== undefined && ts.isStringLiteralLike(source))
        expressions.push({
          source: source.text,
          flags: flags !== undefined && ts.isStringLiteralLike(flags) ? flags.text : '',
          place: placeOf(node),
        });
      else built.push(placeOf(node));
    } else if (isPattern(node)) {
      // Ajv compiles it with this flag.
      expressions.push({ source: node.initializer.text, flags: 'u', place: placeOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { expressions, built };
}

/** `pattern` of a schema begins with `^`; the `pattern` of a route begins with a slash and is not a regular expression. */
function isPattern(node: ts.Node): node is ts.PropertyAssignment & { readonly initializer: ts.StringLiteralLike } {
  return (
    ts.isPropertyAssignment(node) &&
    node.name.getText() === 'pattern' &&
    ts.isStringLiteralLike(node.initializer) &&
    node.initializer.text.startsWith('^')
  );
}

/** Null if it is safe; otherwise what is wrong, with a text that shows it. */
export async function findFault({ source, flags }: Pick<Expression, 'source' | 'flags'>): Promise<string | null> {
  const judged = await check(source, flags, BY_WORK);
  if (judged.status === 'safe') return null;
  if (judged.status === 'vulnerable') return `${judged.complexity.summary} time, for example with ${judged.attack.pattern}`;
  return `cannot be judged (${judged.error.kind}): write it more simply`;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.(test|d)\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

async function main(): Promise<void> {
  const folders = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'src'));
  const found = folders.flatMap(sourceFiles).map((path) => findExpressions(path, readFileSync(join(root, path), 'utf8')));
  const faults: string[] = found
    .flatMap(({ built }) => built)
    .filter((place) => !((place.split(':')[0] ?? '') in BUILT))
    .map(
      (place) =>
        `${place}: an expression is put together here; name it in scripts/check-regexps.ts with the reason why that is safe.`,
    );
  const byText = new Map<string, Expression[]>();
  for (const each of found.flatMap(({ expressions }) => expressions)) {
    const key = `/${each.source}/${each.flags}`;
    byText.set(key, [...(byText.get(key) ?? []), each]);
  }
  for (const [text, [first, ...more]] of byText) {
    const fault = first === undefined ? null : await findFault(first);
    if (fault !== null) faults.push(`${[first, ...more].map((each) => each?.place).join(', ')}: ${text} takes ${fault}.`);
  }
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`${byText.size} regular expressions take time in proportion to their text.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
