/**
 * Verifies bcrypt hashes that came with imported users; it never creates one. `$2y$` (PHP), `$2b$` and `$2a$` mean the same since
 * the implementations were fixed; `$2x$`, which marks hashes of a broken one, is not accepted. Only in the threads of the
 * password pool: cost 12 takes about a third of a second.
 */
import { compareSync } from 'bcryptjs';

const HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const MIN_COST = 4;
/** Each step doubles the work. Laravel's default is 12; 14 keeps a thread busy for more than a second. */
export const MAX_BCRYPT_COST = 14;

/** Whether it is a bcrypt hash that we verify: the form, and a cost from 4 to 14. */
export function isBcrypt(hash: string): boolean {
  const cost = Number(HASH.exec(hash)?.[1]);
  return cost >= MIN_COST && cost <= MAX_BCRYPT_COST;
}

/** bcrypt's key: the password in UTF-8 and the NUL that ends it, cut to this many bytes. */
const MAX_KEY_BYTES = 72;

/**
 * Whether bcrypt reads a password to its end. If not, all passwords with the same first 72 bytes match the same hash, so a match
 * does not show that this is what the user chose. At exactly 72 bytes it does not read the end either: the NUL is cut off.
 */
export const bcryptReadsWhole = (password: string): boolean => Buffer.byteLength(password) < MAX_KEY_BYTES;

/**
 * False for a wrong password and for anything that is not a bcrypt hash. Only the first 72 bytes of the password count, as in
 * every bcrypt.
 */
export function verifyBcrypt(hash: string, password: string): boolean {
  // C strings end at a NUL: two passwords would be one.
  return isBcrypt(hash) && !password.includes('\0') && compareSync(password, hash);
}
