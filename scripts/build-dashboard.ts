/**
 * Builds the dashboard if its sources have changed since the last build. `--force` always builds. A hash next to the build says
 * what was built, so that a new clone, a pulled change and an edit are all noticed, and nothing else causes a build. `--pack`
 * builds into the server's package, which contains the build when it is published.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = resolve(import.meta.dirname, '..');
const dashboard = join(root, 'packages/dashboard');
const dist = join(dashboard, 'dist');
const stamp = join(dist, '.built-from');
const DAY_MS = 86_400_000;

const packed = join(root, 'packages/server/dashboard');

const hash = hashOfSources();
if (process.argv.includes('--pack')) {
  await buildDashboard((fresh) => {
    rmSync(packed, { recursive: true, force: true });
    renameSync(fresh, packed);
  });
} else if (process.argv.includes('--force') || !isBuilt()) await buildDashboard(replace);

function isBuilt(): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
}

/** `place` takes the folder of a complete build. */
async function buildDashboard(place: (fresh: string) => void): Promise<void> {
  const startedAt = performance.now();
  process.stdout.write('Building the dashboard … ');
  // A test runner sets its own, and React would include everything for its developers.
  process.env.NODE_ENV = 'production';
  const fresh = join(dist, `.fresh-${process.pid}`);
  try {
    const { build } = await import('vite');
    await build({ configFile: join(dashboard, 'vite.config.ts'), logLevel: 'warn', build: { outDir: fresh } });
    await compress(join(fresh, 'assets'));
    writeFileSync(join(fresh, '.built-from'), hash);
    place(fresh);
    process.stdout.write(`done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n`);
  } catch (error) {
    process.stdout.write('failed; the last one is left as it was.\n');
    console.error(isMissing(error) ? "Its tools are not installed: run 'npm ci' without '--omit=dev'." : messageOf(error));
    // Without the tools nobody can have changed anything: the server may start with the existing build.
    process.exitCode = isMissing(error) ? 0 : 1;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** Assets stay for a day: a page that was opened before, or a server that was started before, still requests them. */
function replace(fresh: string): void {
  mkdirSync(join(dist, 'assets'), { recursive: true });
  const names = new Set(readdirSync(join(fresh, 'assets')));
  for (const name of names) renameSync(join(fresh, 'assets', name), join(dist, 'assets', name));
  for (const name of readdirSync(join(dist, 'assets'))) {
    const path = join(dist, 'assets', name);
    if (!names.has(name) && Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { force: true });
  }
  mkdirSync(join(dist, '.vite'), { recursive: true });
  for (const name of ['.vite/manifest.json', 'index.html', 'sign-in.html', '.built-from'])
    renameSync(join(fresh, name), join(dist, name));
}

/** Everything that decides about the build: the sources, except the types of the private API, and the locked packages. */
function hashOfSources(): string {
  const files = [
    ...['index.html', 'sign-in.html', 'vite.config.ts', 'package.json'].map((name) => join(dashboard, name)),
    ...filesBelow(join(dashboard, 'src')).filter((path) => !/\.test\.tsx?$/.test(path)),
    join(root, 'package-lock.json'),
  ].sort();
  const sum = createHash('sha256');
  for (const file of files)
    sum
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return sum.digest('hex');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Once here instead of at each request. */
async function compress(folder: string): Promise<void> {
  await Promise.all(
    filesBelow(folder)
      .filter((path) => /\.(js|css|svg)$/.test(path))
      .map(async (path) => {
        const content = readFileSync(path);
        const [small, smaller] = await Promise.all([
          promisify(gzip)(content, { level: 9 }),
          promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
        ]);
        writeFileSync(`${path}.gz`, small);
        writeFileSync(`${path}.br`, smaller);
      }),
  );
}
