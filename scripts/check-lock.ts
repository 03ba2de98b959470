/**
 * Whether the lock files can be trusted on every machine: consistent with each `package.json`, every package with its hash, no
 * registry's address written down, and the native parts of all platforms present. npm drops the parts of other platforms silently
 * when it locks next to an installed `node_modules`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const PLATFORMS = [
  { os: 'linux', cpu: 'x64' },
  { os: 'linux', cpu: 'arm64' },
  { os: 'darwin', cpu: 'x64' },
  { os: 'darwin', cpu: 'arm64' },
  { os: 'win32', cpu: 'x64' },
] as const;

/** What npm copies from a `package.json` into the lock file; if the two differ only one of them was edited. */
const COPIED = [
  'name',
  'version',
  'workspaces',
  'bin',
  'engines',
  'dependencies',
  'devDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'optionalDependencies',
] as const;

/** Every fault of a lock file, a sentence each. `manifest` returns the parsed `package.json` of a workspace folder. */
export function faultsOf(lock: LockFile, manifest: (folder: string) => Readonly<Record<string, unknown>>): readonly string[] {
  const entries = Object.entries(lock.packages);
  return [
    ...entries.filter(([path]) => isWorkspace(path)).flatMap(([folder]) => outOfStep(lock, folder, manifest(folder))),
    ...entries.flatMap(([path, entry]) => faultsOfEntry(path, entry)),
    ...entries.flatMap(([path, entry]) => missingDependencies(lock, path, entry)),
    ...entries.flatMap(([path, entry]) => missingPlatforms(lock, path, entry)),
  ];
}

const isWorkspace = (path: string): boolean => !path.includes('node_modules/');

function outOfStep(lock: LockFile, folder: string, manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const locked = lock.packages[folder] ?? {};
  return COPIED.filter((member) => !isSame(member, manifest[member], Reflect.get(locked, member))).map(
    (member) => `${join(folder, 'package.json')} and the lock file differ in "${member}".`,
  );
}

/** npm leaves out what is empty, and the `./` of a program's path. */
function isSame(member: string, declared: unknown, locked: unknown): boolean {
  const plain = (value: unknown): string => {
    const text = JSON.stringify(value, sortedMembers) ?? '{}';
    return member === 'bin' ? text.replaceAll('"./', '"') : text;
  };
  return plain(declared) === plain(locked);
}

const sortedMembers = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

function faultsOfEntry(path: string, { integrity, resolved, link }: LockedPackage): readonly string[] {
  if (isWorkspace(path) || link === true) return [];
  return [
    ...(integrity?.startsWith('sha512-') ? [] : [`${path} has no SHA-512 hash.`]),
    ...(resolved === undefined ? [] : [`${path} names the address that it was fetched from.`]),
  ];
}

function missingDependencies(lock: LockFile, path: string, { dependencies = {}, optionalDependencies = {} }: LockedPackage) {
  return Object.entries({ ...dependencies, ...optionalDependencies }).flatMap(([name, range]) => {
    const found = find(lock, path, name);
    if (found === undefined) return [`${path || 'The root'} needs ${name}, which is not locked.`];
    const isExact = /^\d+\.\d+\.\d+[-.\w]*$/.test(range);
    return isExact && found.version !== range ? [`${path} needs ${name} ${range}; locked is ${found.version}.`] : [];
  });
}

/** Node's own search through the parent folders. */
function find(lock: LockFile, from: string, name: string): LockedPackage | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const found = lock.packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (found !== undefined || folder === '') return found;
  }
}

/** Their native parts are only faster; without one they do the same in JavaScript. */
const WORK_WITHOUT_PARTS = ['node_modules/recheck'];

/** A package with a part for each platform must have the parts of the five on which Keyhouse is developed and run. */
function missingPlatforms(lock: LockFile, path: string, { optionalDependencies = {} }: LockedPackage): readonly string[] {
  const parts = Object.keys(optionalDependencies).flatMap((name) => find(lock, path, name) ?? []);
  const native = parts.filter(({ os, cpu }) => os !== undefined && cpu !== undefined);
  if (native.length < 2 || WORK_WITHOUT_PARTS.includes(path)) return [];
  return PLATFORMS.filter(({ os, cpu }) => !native.some((part) => part.os?.includes(os) && part.cpu?.includes(cpu))).map(
    ({ os, cpu }) => `${path} lacks its part for ${os} ${cpu}.`,
  );
}

/** `bench` has its own lock file, so that its peers are not installed elsewhere. */
function main(): void {
  const root = resolve(import.meta.dirname, '..');
  const folders = [root, join(root, 'bench')].filter((folder) => existsSync(join(folder, 'package.json')));
  const faults = folders.flatMap((folder) => {
    const read = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
    return faultsOf(read('package-lock.json'), (workspace) => read(join(workspace, 'package.json')));
  });
  for (const fault of faults) console.error(`  - ${fault}`);
  if (faults.length > 0) process.exit(1);
  console.log(
    `${folders.length === 1 ? 'The lock file is' : 'The lock files are'} in step, hashed, and whole for every platform.`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
