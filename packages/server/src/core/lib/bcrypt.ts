/**
 * Verifies bcrypt hashes that came with imported users; it never makes one. `$2y$` (PHP), `$2b$` and `$2a$` say the same thing since the
 * mended implementations; `$2x$`, which marks hashes of a broken one, is not taken. In the threads of the password pool only: cost 12 takes about
 * a third of a second.
 */
import { compareSync } from 'bcryptjs';

const HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const MIN_COST = 4;
/** Each step doubles the work. Laravel's default is 12; 14 holds a thread for more than a second. */
export const MAX_BCRYPT_COST = 14;

/** Whether it is a bcrypt hash that we would verify: the form, and a cost from 4 to 14. */
export function isBcrypt(hash: string): boolean {
  const cost = Number(HASH.exec(hash)?.[1]);
  return cost >= MIN_COST && cost <= MAX_BCRYPT_COST;
}

/** False for a wrong password and for whatever is no bcrypt hash. Of a longer password 72 bytes count, as everywhere. */
export function verifyBcrypt(hash: string, password: string): boolean {
  // C strings end at a NUL: two passwords would be one.
  return isBcrypt(hash) && !password.includes('\0') && compareSync(password, hash);
}
