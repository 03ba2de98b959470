/**
 * `npm run release`: versions by changesets, tarballs of all packages, and a trial: the tarballs are installed into an empty
 * folder for each Node that they support, and the five minutes of the README run there. All of it is done in a copy; only if all
 * of it succeeded, versions, changelogs and lock file are copied back. Nothing is published.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { compared, type Installation, runReadme, STEPS } from '../test/readme-steps.ts';

const root = resolve(import.meta.dirname, '..');
const PUBLISHED = ['protocol', 'openapi', 'import', 'guard', 'client', 'server'];
/** The oldest that the server supports, and the one of the repository. */
const NODES = [22, 24];
/** Works without a registry too: what cannot be fetched within a moment is skipped, or taken from this repository. */
const OFFLINE = ['--offline', '--fetch-retries=0'];

const HELP = `npm run release -- [options]

Makes the versions and changelogs out of .changeset/, packs all packages, installs them into an empty folder and runs the README's
five minutes there, on Node ${NODES.join(' and ')}. Then it changes the versions here, and leaves the tarballs in release/.

  --dry-run   change no file of this repository
  --offline   ask no registry: dependencies come from this repository's node_modules, and a Node that npm has not kept is skipped
  --help      this text`;

const { values } = parseArgs({
  options: { 'dry-run': { type: 'boolean' }, offline: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help === true) console.log(HELP);
else process.exitCode = await release();

async function release(): Promise<number> {
  const isDry = values['dry-run'] === true;
  if (!isDry && run('git', ['status', '--porcelain'], root).stdout !== '') {
    console.error('There are changes that are not committed. Commit them first, or use --dry-run.');
    return 1;
  }
  const work = mkdtempSync(join(tmpdir(), 'keyhouse-release-'));
  try {
    const copy = copyRepository(join(work, 'copy'));
    const versions = makeVersions(copy, join(work, 'lock'));
    for (const [name, version] of versions) console.log(`${name} ${version}`);
    const tarballs = pack(copy, work);
    const trials: Trial[] = [];
    for (const major of NODES) trials.push(await tryOn(major, tarballs, join(work, `node-${major}`)));
    const count = (outcome: string): number => trials.filter((trial) => trial === outcome).length;
    console.log(
      `The README on installed packages: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped.`,
    );
    if (count('failed') > 0 || count('passed') === 0) return 1;
    if (isDry) console.log('Nothing was changed.');
    else takeOver(copy, tarballs);
    return 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Everything except what is built or installed, which is linked. */
function copyRepository(copy: string): string {
  const left = /\/(node_modules|dist|\.git|\.next|coverage|data|release)(\/|$)|^\/packages\/server\/dashboard(\/|$)/;
  cpSync(root, copy, { recursive: true, filter: (from) => !left.test(from.slice(root.length)) });
  const folders = ['', ...PUBLISHED.map((name) => `packages/${name}`), 'packages/dashboard'];
  for (const folder of folders.map((name) => join(name, 'node_modules')))
    if (existsSync(join(root, folder))) symlinkSync(join(root, folder), join(copy, folder));
  return copy;
}

/** By name of package. The ranges by which packages depend on each other follow, and so does the lock file. */
function makeVersions(copy: string, lockFolder: string): ReadonlyMap<string, string> {
  const git = (...rest: readonly string[]) =>
    must('git', ['-c', 'user.name=release', '-c', 'user.email=release@localhost', '-c', 'commit.gpgsign=false', ...rest], copy);
  // Changesets ask git for the commit of each of them, and name it in the changelogs; here that is one for all, and is removed.
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--no-verify', '--message=Before the release');
  must(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], copy);
  const { stdout: hash } = git('rev-parse', '--short=7', 'HEAD');
  for (const path of PUBLISHED.map((name) => join(copy, 'packages', name, 'CHANGELOG.md')).filter(existsSync))
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`- ${hash.trim()}: `, '- '));
  const folders = workspacesOf(copy);
  const versions = new Map(folders.map((folder) => manifestOf(copy, folder)).map(({ name, version }) => [name, version]));
  for (const folder of folders) followVersions(copy, folder, versions);
  lockAgain(copy, lockFolder, folders);
  return new Map(PUBLISHED.map((name) => manifestOf(copy, `packages/${name}`)).map(({ name, version }) => [name, version]));
}

type Ranges = Record<string, string>;
type Manifest = { name: string; version: string; dependencies?: Ranges; devDependencies?: Ranges; peerDependencies?: Ranges };

function manifestOf(base: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(base, folder, 'package.json'), 'utf8'));
}

function workspacesOf(base: string): readonly string[] {
  return Object.keys(JSON.parse(readFileSync(join(base, 'package-lock.json'), 'utf8')).packages).filter(
    (path) => path !== '' && !path.includes('node_modules/'),
  );
}

function followVersions(base: string, folder: string, versions: ReadonlyMap<string, string>): void {
  const manifest = manifestOf(base, folder);
  for (const ranges of [manifest.dependencies ?? {}, manifest.devDependencies ?? {}, manifest.peerDependencies ?? {}])
    for (const name of Object.keys(ranges)) {
      const version = versions.get(name);
      if (version !== undefined) ranges[name] = `^${version}`;
    }
  writeFileSync(join(base, folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Away from an installed `node_modules`, next to which npm drops the parts of other platforms. */
function lockAgain(base: string, lockFolder: string, folders: readonly string[]): void {
  for (const path of ['package-lock.json', '.npmrc', 'package.json', ...folders.map((folder) => join(folder, 'package.json'))])
    cpSync(join(base, path), join(lockFolder, path));
  must('npm', ['install', '--package-lock-only', '--ignore-scripts', ...OFFLINE], lockFolder);
  cpSync(join(lockFolder, 'package-lock.json'), join(base, 'package-lock.json'));
  must(process.execPath, [join(base, 'scripts/check-lock.ts')], base);
}

function pack(copy: string, into: string): readonly string[] {
  return PUBLISHED.map((name) => {
    const { stdout } = must('npm', ['pack', '--pack-destination', into, '--json'], join(copy, 'packages', name));
    const listed = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1];
    if (listed === undefined) throw new Error(`npm did not say what it packed of ${name}.`);
    return join(into, listed.replace(/^@/, '').replaceAll('/', '-'));
  });
}

type Trial = 'passed' | 'failed' | 'skipped';

async function tryOn(major: number, tarballs: readonly string[], folder: string): Promise<Trial> {
  mkdirSync(join(folder, 'home'), { recursive: true });
  const node = findNode(major, join(folder, 'node'));
  if (node === null) {
    console.log(`Node ${major}: skipped, npm cannot fetch it here.`);
    return 'skipped';
  }
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }\n');
  install(tarballs, app);
  const faults = await faultsOf(node, app, join(folder, 'home')).catch((error: unknown) => [String(error)]);
  for (const fault of faults) console.error(fault);
  console.log(`Node ${run(node, ['--version'], app).stdout.trim()}: ${faults.length === 0 ? 'passed' : 'failed'}.`);
  return faults.length === 0 ? 'passed' : 'failed';
}

async function faultsOf(node: string, app: string, home: string): Promise<readonly string[]> {
  const entries = ['guard', 'guard/node', 'guard/openapi', 'client', 'protocol', 'openapi', 'openapi/text', 'import'];
  const imported = entries.map((name) => `import '@keyhouse/${name}';`);
  const libraries = run(node, ['--input-type=module', '--eval', imported.join('\n')], app);
  const modules = join(app, 'node_modules');
  const place = {
    cwd: app,
    node,
    program: join(modules, 'keyhouse/bin/keyhouse.js'),
    path: [join(node, '..'), join(modules, '.bin')],
  };
  const running = await runReadme(place, home);
  try {
    const page = await fetch(`${running.origin}/login`).then((response) => response.text());
    // A separate thread reads it, from a file whose name the compiler does not see.
    const reference = await fetch(`${running.origin}/docs/js/scalar.js`);
    const different = STEPS.filter((step, index) => {
      const { actual, expected } = compared(step, running.answers[index], running.origin);
      return !isDeepStrictEqual(actual, expected);
    });
    return [
      ...(libraries.status === 0 ? [] : [`The libraries cannot be imported: ${libraries.stderr}`]),
      ...(page.includes('/dashboard/files/assets/') ? [] : ['There is no dashboard in the package.']),
      ...(reference.ok ? [] : [`The script of the API reference: ${reference.status}.`]),
      ...different.map(({ name }) => `The README differs: ${name}`),
      ...faultsWithoutImport(place, modules),
    ];
  } finally {
    await running.stop();
  }
}

/** The command that imports, with the package that it needs and without it. Removes that package from `modules`. */
function faultsWithoutImport({ node, program, cwd }: Installation, modules: string): readonly string[] {
  const call = (): string => run(node, [program, 'import', 'keys', 'none.csv', '--format', 'csv'], cwd).stderr;
  const having = call();
  rmSync(join(modules, '@keyhouse/import'), { recursive: true });
  const lacking = call();
  return [
    ...(having.includes('There is no database') ? [] : [`keyhouse import with its package says: ${having}`]),
    ...(/Run: npm install "@keyhouse\/import@\^[\d.]+"\n$/.test(lacking)
      ? []
      : [`keyhouse import without its package says: ${lacking}`]),
  ];
}

/** This Node, or the program in npm's package for this platform; null if it cannot be had. */
function findNode(major: number, folder: string): string | null {
  if (Number(process.versions.node.split('.')[0]) === major) return process.execPath;
  const { platform, arch } = process;
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`;
  mkdirSync(folder);
  const fetched = run('npm', ['install', '--no-save', ...registryOptions(), `${name}@${major}`], folder);
  return fetched.status === 0 ? join(folder, 'node_modules', name, 'bin', 'node') : null;
}

/** As a user would; without a registry the tarballs are unpacked and find this repository's dependencies. */
function install(tarballs: readonly string[], app: string): void {
  if (values.offline !== true) return void must('npm', ['install', ...registryOptions(), ...tarballs], app);
  const modules = join(app, 'node_modules');
  mkdirSync(join(modules, '@keyhouse'), { recursive: true });
  mkdirSync(join(modules, '.bin'));
  for (const [index, name] of PUBLISHED.entries()) {
    const into = join(modules, name === 'server' ? 'keyhouse' : `@keyhouse/${name}`);
    mkdirSync(into);
    must('tar', ['-xzf', tarballs[index] ?? '', '-C', into, '--strip-components=1'], app);
    const own = join(root, 'packages', name, 'node_modules');
    if (existsSync(own)) symlinkSync(own, join(into, 'node_modules'));
  }
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!/^(\.|keyhouse$|@keyhouse$|node$)/.test(name)) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  symlinkSync('../keyhouse/bin/keyhouse.js', join(modules, '.bin/keyhouse'));
}

function registryOptions(): readonly string[] {
  return values.offline === true ? OFFLINE : ['--prefer-offline', '--fetch-retries=0'];
}

function takeOver(copy: string, tarballs: readonly string[]): void {
  const folders = workspacesOf(copy);
  const changed = ['package-lock.json', ...folders.flatMap((folder) => [`${folder}/package.json`, `${folder}/CHANGELOG.md`])];
  for (const path of changed) if (existsSync(join(copy, path))) cpSync(join(copy, path), join(root, path));
  for (const name of readdirSync(join(root, '.changeset')))
    if (!existsSync(join(copy, '.changeset', name))) rmSync(join(root, '.changeset', name));
  rmSync(join(root, 'release'), { recursive: true, force: true });
  for (const tarball of tarballs) cpSync(tarball, join(root, 'release', tarball.split('/').at(-1) ?? ''));
  console.log(
    "The versions are changed. Look at the changelogs, run 'npm ci && npm test', commit, tag, and publish each tarball of release/.",
  );
}

/** With the repository's own Node and tools first, as npm does it for a script. */
function run(program: string, given: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter);
  return spawnSync(program, given, { cwd, encoding: 'utf8', env: { ...process.env, PATH: path }, maxBuffer: 64 * 1024 * 1024 });
}

function must(program: string, given: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const ended = run(program, given, cwd);
  if (ended.status !== 0)
    throw new Error(
      `${program} ${given.join(' ')} ended with ${ended.status ?? ended.error?.message}:\n${ended.stdout}${ended.stderr}`,
    );
  return ended;
}
