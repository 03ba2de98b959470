/**
 * A thread of the password pool: one piece of work at a time, with the lowest priority on the processor that still lets people
 * sign in. The dictionary is here as well: reading it takes longer than a request may wait, and it is freed when the thread ends.
 */
import { readlinkSync } from 'node:fs';
import { platform, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import { isBcrypt, verifyBcrypt } from '../lib/bcrypt.ts';
import { ARGON2_PARAMETERS, type PasswordAnswer, type PasswordWork } from './password-work.ts';

/**
 * On two busy cores a hash in a plain thread doubles or triples the p99 of a verification. At 19 the p99 is that of an idle
 * server, but hashes starve (one a second); at 15 about eight a second get through a saturated machine, and a free core gives all
 * of it.
 */
const NICENESS = 15;

/** On Linux a thread has a priority of its own, by its thread id; elsewhere this would slow the whole process. */
function yieldToOthers(): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICENESS);
  } catch {
    // No /proc, or not allowed: hashing works nevertheless.
  }
}

let common: Set<string> | null = null;

async function commonPasswords(): Promise<Set<string>> {
  if (common !== null) return common;
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  // Shorter ones are refused for their length already: two thirds of the list.
  common = new Set(
    Object.values(dictionary).flatMap((words) => words.filter((word) => word.length >= 8).map((word) => word.toLowerCase())),
  );
  return common;
}

/** Typed backwards it is not better: `poiuytrewq`. */
async function isCommon(password: string): Promise<boolean> {
  const words = await commonPasswords();
  return words.has(password) || words.has([...password].reverse().join(''));
}

async function work(task: PasswordWork): Promise<string | boolean> {
  switch (task.kind) {
    case 'hash':
      return hashSync(task.password, ARGON2_PARAMETERS);
    case 'verify':
      return isBcrypt(task.hash) ? verifyBcrypt(task.hash, task.password) : verifySync(task.hash, task.password);
    case 'is-common':
      return await isCommon(task.password);
  }
}

async function answer(task: PasswordWork): Promise<PasswordAnswer> {
  try {
    return { ok: true, value: await work(task) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'unknown' };
  }
}

yieldToOthers();
parentPort?.on('message', async (task: PasswordWork) => parentPort?.postMessage(await answer(task)));
