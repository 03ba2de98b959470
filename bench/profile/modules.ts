/** Which source a line of the bundle comes from: the bundler writes its path above it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `// src/core/jwts/mint.ts`, `// ../../node_modules/kysely/dist/…`. */
const MODULE_MARK = /^\/\/ ((?:\.\.\/|src\/|node_modules\/)\S+\.\w+)$/;

interface Begun {
  /** From 0, as the profiler counts. */
  readonly line: number;
  readonly module: string;
}

const marksByUrl = new Map<string, readonly Begun[]>();

/** Such as `src/core/jwts/mint.ts` or `node_modules/kysely/dist/…`; null if it is not in the bundle. */
export function moduleOf(url: string, line: number): string | null {
  if (!url.startsWith('file:')) return null;
  let marks = marksByUrl.get(url);
  if (marks === undefined) {
    marks = readMarks(fileURLToPath(url));
    marksByUrl.set(url, marks);
  }
  return marks.findLast((mark) => mark.line <= line)?.module ?? null;
}

function readMarks(file: string): readonly Begun[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, line) => {
      const module = MODULE_MARK.exec(text)?.[1];
      return module === undefined ? [] : [{ line, module: module.replace(/^(?:\.\.\/)+/, '') }];
    });
}
