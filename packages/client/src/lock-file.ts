/**
 * A lock between the processes of a machine: a file that only one of them can create. A process that finds it waits, unless its
 * creator has ended: then one of the waiting processes removes it.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { readObject } from './ask.ts';
import { wait } from './wait.ts';

/** No holder needs this long; one that does is stuck, or on another machine that died. */
const STALE_AFTER_MS = 60_000;
const RETRY_EVERY_MS = 20;

/** Rejects with the signal's reason, the work not begun, if the lock cannot be had before. */
export async function lockFile<T>(path: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const id = randomUUID();
  const text = JSON.stringify({ id, pid: process.pid, host: hostname() });
  while (!(await make(path, text))) {
    signal.throwIfAborted();
    if (!(await takeAwayIfStale(path))) await wait(RETRY_EVERY_MS * (0.5 + Math.random()), signal);
  }
  try {
    return await work();
  } finally {
    // Only our own: if it was taken from us for being too old, it is another's by now.
    if ((await readOrNull(path)) === text) await rm(path, { force: true });
  }
}

async function make(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** True if it is worth trying again at once. */
async function takeAwayIfStale(path: string): Promise<boolean> {
  const text = await readOrNull(path);
  if (text === null) return true;
  if (!(await isStale(path, text))) return false;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  // Between reading and renaming another process may have done the same and created a new lock: that one is put back.
  if ((await readOrNull(aside)) !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

async function isStale(path: string, text: string): Promise<boolean> {
  const { pid, host } = readObject(text);
  // Empty while it is being written.
  if (typeof pid === 'number' && host === hostname() && !isAlive(pid)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > STALE_AFTER_MS;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}
