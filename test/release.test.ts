/** What is packed runs without the repository: `npm run release` without its last step, which changes the versions here. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const PATIENCE_MS = 300_000;
const hasGit = spawnSync('git', ['--version']).status === 0;

describe.skipIf(!hasGit)('[needs git] npm run release -- --dry-run', () => {
  let output = '';
  let before = '';

  beforeAll(async () => {
    before = sumOfFiles();
    // No registry is asked: tests need no service.
    const call = [join(root, 'scripts/release.ts'), '--dry-run', '--offline'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, call, { cwd: root }).catch((error) => error);
    output = stdout + stderr;
  }, PATIENCE_MS);

  it('runs the five minutes of the README on installed packages, on the Node of the repository', () => {
    expect(output).toMatch(/^Node v24\.\d+\.\d+: passed\.$/m);
    expect(output).toMatch(/ passed, 0 failed, \d+ skipped\.\nNothing was changed\.\n$/);
  });

  it('[needs Node 22 of npm] does the same on Node 22', (context) => {
    context.skip(/^Node 22: skipped/m.test(output));
    expect(output).toMatch(/^Node v22\.\d+\.\d+: passed\.$/m);
  });

  it('changes no file', () => {
    expect(sumOfFiles()).toBe(before);
  });
});

describe('packages', () => {
  it('depend on each other from their current version on', () => {
    const manifests = globSync('{packages/*,examples/*,conformance}/package.json', { cwd: root }).map((path) =>
      JSON.parse(readFileSync(join(root, path), 'utf8')),
    );
    const versions = new Map(manifests.map(({ name, version }) => [name, version]));
    const ranges = manifests.flatMap(({ dependencies = {}, devDependencies = {}, peerDependencies = {} }) =>
      Object.entries({ ...dependencies, ...devDependencies, ...peerDependencies }).filter(([name]) => versions.has(name)),
    );
    expect(ranges.length).toBeGreaterThan(5);
    expect(ranges.filter(([name, range]) => range !== `^${versions.get(name)}`)).toEqual([]);
  });
});

/** The files that a release may change. */
function sumOfFiles(): string {
  const paths = globSync(
    '{package-lock.json,.changeset/*,{packages/*,examples/*,conformance}/{package.json,CHANGELOG.md,LICENSE}}',
    { cwd: root },
  );
  const sum = createHash('sha256');
  for (const path of paths.sort()) sum.update(`${path}\0`).update(readFileSync(join(root, path)));
  return sum.digest('hex');
}
