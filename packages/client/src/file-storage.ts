/** A file, for programs that run more than once and at the same time. Readable only by its owner, and always complete. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readObject } from './ask.ts';
import { KeyhouseError } from './errors.ts';
import { lockFile } from './lock-file.ts';
import type { TokenStorage } from './storage.ts';

const FOR_OTHERS = 0o077;
const WRITTEN_WITHIN_MS = 5_000;

/**
 * `path`: of the file; its folder is created if it is missing. Several clients may share one. Refuses a file that other users may
 * read or write. The permissions of Windows are different: there the folder must be the user's own.
 */
export function inFile(path: string): TokenStorage {
  async function read(): Promise<Readonly<Record<string, unknown>>> {
    const file = await open(path, 'r').catch(ifMissing);
    if (file === null) return {};
    try {
      const { mode } = await file.stat();
      if (process.platform !== 'win32' && (mode & FOR_OTHERS) !== 0)
        throw new KeyhouseError(
          'storage',
          `Other users can read or write ${path}. Run chmod 600 on it, and sign in again if somebody did.`,
        );
      return readObject(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  }

  /** Written to another file and renamed: a reader sees the old file or the new one. */
  async function write(kept: Readonly<Record<string, unknown>>): Promise<void> {
    const beside = `${path}.${randomUUID()}`;
    try {
      const file = await open(beside, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(kept));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }

  /** One after the other: each reads the whole file and writes the whole file. */
  async function change(edit: (kept: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await lockFile(`${path}.write.lock`, async () => write(edit(await read())), AbortSignal.timeout(WRITTEN_WITHIN_MS));
  }

  return {
    get: async (key) => {
      const value = (await read())[key];
      return typeof value === 'string' ? value : null;
    },
    set: (key, value) => change((kept) => ({ ...kept, [key]: value })),
    remove: (key) => change(({ [key]: _, ...kept }) => kept),
    lock: async (name, work, signal) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return await lockFile(`${path}.${await shortOf(name)}.lock`, work, signal);
    },
  };
}

async function shortOf(name: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name));
  return Buffer.from(hash).toString('hex').slice(0, 16);
}

function ifMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
