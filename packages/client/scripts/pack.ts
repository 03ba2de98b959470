/**
 * Before packing: compiles, and points `package.json` at what was compiled (within the repository the source itself is imported). With `--restore`,
 * afterwards: puts `package.json` back.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const MANIFEST = join(ROOT, 'package.json');
const LICENSE = join(ROOT, 'LICENSE');
const KEPT = join(ROOT, 'package.json.kept');

/** `./src/index.ts` → its types and its JavaScript below `dist`. */
export function publishedExports(
  exports: Readonly<Record<string, string>>,
): Readonly<Record<string, { readonly types: string; readonly default: string }>> {
  return Object.fromEntries(
    Object.entries(exports).map(([entry, source]) => {
      const compiled = source.replace('./src/', './dist/').replace(/\.ts$/, '');
      return [entry, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
    }),
  );
}

function prepare(): void {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' });
  const { scripts: _, ...manifest } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  copyFileSync(join(ROOT, '../../LICENSE'), LICENSE);
  copyFileSync(MANIFEST, KEPT);
  writeFileSync(MANIFEST, `${JSON.stringify({ ...manifest, exports: publishedExports(manifest.exports) }, null, 2)}\n`);
}

function restore(): void {
  renameSync(KEPT, MANIFEST);
  rmSync(LICENSE);
}

if (import.meta.main) process.argv.includes('--restore') ? restore() : prepare();
