/**
 * Before a package is packed, in its folder: compiles it and those of our packages that it needs, and points `package.json` at
 * the compiled files (within the repository the source itself is imported). The server is bundled instead. With `--restore`,
 * afterwards: restores `package.json`.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = process.cwd();
const MANIFEST = join(FOLDER, 'package.json');
const LICENSE = join(FOLDER, 'LICENSE');
const KEPT = join(FOLDER, 'package.json.kept');

type Conditions = { readonly [name: string]: string | Conditions };
interface Manifest {
  readonly exports: Readonly<Record<string, string | Conditions>>;
  readonly imports?: Conditions;
  readonly dependencies: Readonly<Record<string, string>>;
}
export interface Compiled {
  readonly types: string;
  readonly default: string;
}

/**
 * `./src/index.ts` → its types and its JavaScript below `dist`. An entry with conditions is only for this repository, and is left
 * out.
 */
export function publishedExports(exports: Readonly<Record<string, string | Conditions>>): Readonly<Record<string, Compiled>> {
  return Object.fromEntries(
    Object.entries(exports).flatMap(([entry, source]) =>
      typeof source === 'string'
        ? [[entry, { types: compiled(source).replace(/\.js$/, '.d.ts'), default: compiled(source) }] as const]
        : [],
    ),
  );
}

/** The same conditions; each file is the compiled one. */
export function publishedImports(imports: Conditions): Conditions {
  return Object.fromEntries(
    Object.entries(imports).map(([name, to]) => [name, typeof to === 'string' ? compiled(to) : publishedImports(to)]),
  );
}

const compiled = (source: string): string => source.replace('./src/', './dist/').replace(/\.ts$/, '.js');

async function prepare(): Promise<void> {
  const { scripts: _, ...manifest } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  const isServer = manifest.name === 'keyhouse';
  const built = isServer ? await bundle(manifest) : compileAll(manifest);
  copyFileSync(join(ROOT, 'LICENSE'), LICENSE);
  copyFileSync(MANIFEST, KEPT);
  writeFileSync(MANIFEST, `${JSON.stringify(built, null, 2)}\n`);
}

/** Nothing can be imported from it, and only what is not in the bundle has to be installed with it. */
async function bundle({ exports: _, ...manifest }: Manifest): Promise<object> {
  const { bundleServer, INSTALLED } = await import('./bundle.ts');
  await bundleServer(join(FOLDER, 'dist'));
  const dependencies = Object.fromEntries(Object.entries(manifest.dependencies).filter(([name]) => INSTALLED.includes(name)));
  return { ...manifest, dependencies };
}

function compileAll(manifest: Manifest): object {
  for (const folder of foldersNeeded(FOLDER)) if (!isCompiled(folder)) compile(folder);
  compile(FOLDER);
  return {
    ...manifest,
    exports: publishedExports(manifest.exports),
    ...(manifest.imports === undefined ? {} : { imports: publishedImports(manifest.imports) }),
  };
}

/** The folders of our packages that one needs, each after those that it needs itself. */
function foldersNeeded(folder: string): readonly string[] {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const ours = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name.startsWith('@keyhouse/'));
  const needed = ours.map((name) => join(ROOT, 'packages', name.replace('@keyhouse/', ''))).filter((path) => existsSync(path));
  return [...new Set(needed.flatMap((path) => [...foldersNeeded(path), path]))];
}

/**
 * Whether no source has changed since. A release packs the dependencies first, and need not compile them again for each package
 * that needs them.
 */
function isCompiled(folder: string): boolean {
  const built = join(folder, 'dist/index.js');
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  const sources = ['.', ...readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })];
  return sources.every((name) => statSync(join(folder, 'src', name)).mtimeMs < mtimeMs);
}

function compile(folder: string): void {
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', join(folder, 'tsconfig.build.json')], { stdio: 'inherit' });
}

function restore(): void {
  renameSync(KEPT, MANIFEST);
  rmSync(LICENSE);
  rmSync(join(FOLDER, 'dashboard'), { recursive: true, force: true });
}

if (import.meta.main) process.argv.includes('--restore') ? restore() : await prepare();
