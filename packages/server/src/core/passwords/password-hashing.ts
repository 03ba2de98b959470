/**
 * Hashes and verifies passwords with Argon2id (RFC 9106), off the event loop. The NFKC form is hashed. Hashes that came with
 * imported users (bcrypt, Argon2 with other parameters) are verified too, and never created.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { no, type Outcome, ok } from '@keyhouse/protocol';
import { bcryptReadsWhole, isBcrypt } from '../lib/bcrypt.ts';
import type { Claim } from './fair-queue.ts';
import { type CommonPasswords, normalizePassword } from './password.ts';
import { openPasswordPool } from './password-pool.ts';
import { CURRENT_PREFIX } from './password-work.ts';

/** `claim`: who it is for; waiting jobs take turns by it. */
export interface PasswordHashing extends CommonPasswords {
  /** The PHC text of a password that has passed the rules; `busy` if too many wait already. */
  hashPassword(password: string, claim?: Claim): Promise<Outcome<string, 'busy'>>;
  /**
   * Compares. With `hash` null (no such user) or empty (a user without a password) it does the same work on a hash that nothing
   * matches, so that the time reveals nothing. `needsRehash`: it matches, was created with other parameters than today's, and was
   * read to the end of the password. A hash that reads only the beginning (bcrypt) matches other texts too; none of them may
   * replace what the user chose.
   */
  verifyPassword(
    hash: string | null,
    password: string,
    claim?: Claim,
  ): Promise<Outcome<{ readonly matches: boolean; readonly needsRehash: boolean }, 'busy'>>;
  close(): Promise<void>;
}

export interface PasswordHashingLimits {
  /** At most this many hashes at once. */
  readonly threads: number;
  /** This many more may wait; 512 at 15 ms each are eight seconds on one thread, which a log-in may take in a flood. */
  readonly queue: number;
  /** Threads that were idle for this long end. */
  readonly idleMs: number;
}

/** One core stays free for everything else; beyond eight threads memory (35 MB each) costs more than log-ins are worth. */
const defaultLimits = (): PasswordHashingLimits => ({
  threads: Math.min(8, Math.max(1, availableParallelism() - 1)),
  queue: 512,
  idleMs: 30_000,
});

/** Opens the pool; no thread starts before the first password comes. */
export function openPasswordHashing(limits: Partial<PasswordHashingLimits> = {}): PasswordHashing {
  const pool = openPasswordPool({ ...defaultLimits(), ...limits });
  const nobodysHash = makeNobodysHash();

  return {
    async hashPassword(password, claim) {
      const normalized = normalizePassword(password);
      if (normalized === null) throw new Error('A password that was not checked against the rules cannot be hashed.');
      const hashed = await pool.run({ kind: 'hash', password: normalized }, claim);
      return hashed.ok ? ok(String(hashed.value)) : hashed;
    },
    async verifyPassword(hash, password, claim) {
      // UTF-8 cannot encode half a character, so no hash was created from one: converted, it would be equal to others.
      const normalized = password.isWellFormed() ? normalizePassword(password) : null;
      // The empty hash is that of a user without a password.
      const sought = normalized === null || hash === '' ? null : hash;
      const verified = await pool.run({ kind: 'verify', hash: sought ?? nobodysHash, password: normalized ?? '' }, claim);
      if (!verified.ok) return no('busy');
      if (sought === null) return ok({ matches: false, needsRehash: false });
      if (sought.startsWith(CURRENT_PREFIX)) return ok({ matches: verified.value === true, needsRehash: false });
      if (verified.value === true) return ok({ matches: true, needsRehash: readsWhole(sought, normalized ?? '') });
      // The other system hashed exactly what was typed.
      if (password === normalized) return ok({ matches: false, needsRehash: false });
      const asTyped = await pool.run({ kind: 'verify', hash: sought, password }, claim);
      if (!asTyped.ok) return no('busy');
      return ok({ matches: asTyped.value === true, needsRehash: asTyped.value === true && readsWhole(sought, password) });
    },
    async isCommon(password, claim) {
      const found = await pool.run({ kind: 'is-common', password }, claim);
      return found.ok ? ok(found.value === true) : found;
    },
    close: () => pool.close(),
  };
}

/** Whether a hash takes in all of a password. Argon2 reads every byte (RFC 9106 §3.1: up to 4 GiB). */
const readsWhole = (hash: string, password: string): boolean => !isBcrypt(hash) || bcryptReadsWhole(password);

/** Argon2 as PHP and others write it. */
const ARGON2 = /^\$argon2(?:id|i)\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;

/**
 * Whether a hash that was created elsewhere can be verified here: bcrypt with a cost up to 14, Argon2i or Argon2id up to 128 MiB.
 */
export function isForeignHash(hash: string): boolean {
  const [, memory, passes, lanes] = ARGON2.exec(hash) ?? [];
  if (memory === undefined) return isBcrypt(hash);
  return Number(memory) <= 131_072 && Number(passes) <= 10 && Number(lanes) >= 1;
}

/** Today's parameters with a random salt and a random result: verifying it costs what any hash costs, and nothing matches. */
function makeNobodysHash(): string {
  const text = (length: number): string => randomBytes(length).toString('base64').replaceAll('=', '');
  return `${CURRENT_PREFIX}${text(16)}$${text(32)}`;
}
