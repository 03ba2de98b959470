/**
 * Verifies bcrypt hashes that came with imported users; it never makes one. `$2y$` (PHP), `$2b$` and `$2a$` say the same thing since the
 * mended implementations; `$2x$`, which marks hashes of a broken one, is not taken. After Provos and Mazières, "A Future-Adaptable Password
 * Scheme" (1999). In the threads of the password pool only: cost 12 takes about a third of a second.
 */
import { timingSafeEqual } from 'node:crypto';

const HASH = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** What bcrypt looks at; the rest of a longer password plays no part. */
const KEY_BYTES = 72;
const MIN_COST = 4;
/** Each step doubles the work. Laravel's default is 12; 14 holds a thread for more than a second. */
export const MAX_BCRYPT_COST = 14;
const ROUNDS = 16;
const P_WORDS = ROUNDS + 2;
const S_WORDS = 4 * 256;

/** Whether it is a bcrypt hash that we would verify: the form, and a cost from 4 to 14. */
export function isBcrypt(hash: string): boolean {
  const cost = Number(HASH.exec(hash)?.[1]);
  return cost >= MIN_COST && cost <= MAX_BCRYPT_COST;
}

/** False for a wrong password and for whatever is no bcrypt hash. */
export function verifyBcrypt(hash: string, password: string): boolean {
  const [, cost, salt, digest] = HASH.exec(hash) ?? [];
  if (cost === undefined || salt === undefined || digest === undefined || !isBcrypt(hash)) return false;
  // C strings end at a NUL: two passwords would be one.
  if (password.includes('\0')) return false;
  const found = bcrypt(Buffer.from(`${password}\0`, 'utf8').subarray(0, KEY_BYTES), decode(salt, 16), Number(cost));
  return timingSafeEqual(found.subarray(0, 23), decode(digest, 23));
}

interface Box {
  readonly p: Int32Array;
  readonly s: Int32Array;
}

function bcrypt(key: Uint8Array, salt: Uint8Array, cost: number): Buffer {
  const digits = digitsOfPi();
  const box: Box = { p: digits.slice(0, P_WORDS), s: digits.slice(P_WORDS) };
  const [keyWords, saltWords] = [cyclicWords(key), cyclicWords(salt)];
  expand(box, keyWords, saltWords);
  for (let round = 2 ** cost; round > 0; round--) {
    expand(box, keyWords, null);
    expand(box, saltWords, null);
  }
  const text = Buffer.from('OrpheanBeholderScryDoubt');
  const halves = new Int32Array(2);
  for (let block = 0; block < 24; block += 8) {
    halves[0] = text.readInt32BE(block);
    halves[1] = text.readInt32BE(block + 4);
    for (let time = 0; time < 64; time++) encrypt(box, halves);
    text.writeInt32BE(at(halves, 0), block);
    text.writeInt32BE(at(halves, 1), block + 4);
  }
  return text;
}

/** The key schedule of Blowfish; with a salt, that is mixed into what is encrypted. */
function expand({ p, s }: Box, key: Int32Array, salt: Int32Array | null): void {
  for (let i = 0; i < P_WORDS; i++) p[i] = at(p, i) ^ at(key, i);
  const halves = new Int32Array(2);
  let mixed = 0;
  for (const words of [p, s]) {
    for (let i = 0; i < words.length; i += 2) {
      if (salt !== null) {
        halves[0] = at(halves, 0) ^ at(salt, mixed % 4);
        halves[1] = at(halves, 1) ^ at(salt, (mixed + 1) % 4);
        mixed += 2;
      }
      encrypt({ p, s }, halves);
      words[i] = at(halves, 0);
      words[i + 1] = at(halves, 1);
    }
  }
}

function encrypt({ p, s }: Box, halves: Int32Array): void {
  let left = at(halves, 0) ^ at(p, 0);
  let right = at(halves, 1);
  for (let round = 1; round <= ROUNDS; round += 2) {
    right ^= mix(s, left) ^ at(p, round);
    left ^= mix(s, right) ^ at(p, round + 1);
  }
  halves[0] = right ^ at(p, ROUNDS + 1);
  halves[1] = left;
}

const mix = (s: Int32Array, word: number): number =>
  (((at(s, word >>> 24) + at(s, 256 + ((word >>> 16) & 255))) ^ at(s, 512 + ((word >>> 8) & 255))) + at(s, 768 + (word & 255))) |
  0;

/** Every index is within its table by construction; `?? 0` would only hide a slip from nobody. */
const at = (words: Int32Array, index: number): number => words[index] as number;

/** The bytes again and again, as eighteen big-endian words. */
function cyclicWords(bytes: Uint8Array): Int32Array {
  const repeated = Buffer.alloc(P_WORDS * 4);
  for (let i = 0; i < repeated.length; i++) repeated[i] = bytes[i % bytes.length] ?? 0;
  return Int32Array.from({ length: P_WORDS }, (_, i) => repeated.readInt32BE(i * 4));
}

let pi: Int32Array | null = null;

/** Blowfish begins with the fraction of π: 1,042 words. Computed (Machin, 1706) in some ten milliseconds, so that no table can hold a typo. */
function digitsOfPi(): Int32Array {
  if (pi !== null) return pi;
  const count = P_WORDS + S_WORDS;
  const bits = BigInt(count * 32);
  const guard = 64n;
  const one = 1n << (bits + guard);
  const whole = 4n * (4n * arctanOfInverse(5n, one) - arctanOfInverse(239n, one));
  const fraction = (whole - 3n * one) >> guard;
  const bytes = Buffer.from(fraction.toString(16).padStart(count * 8, '0'), 'hex');
  pi = Int32Array.from({ length: count }, (_, i) => bytes.readInt32BE(i * 4));
  return pi;
}

function arctanOfInverse(x: bigint, one: bigint): bigint {
  const square = x * x;
  let power = one / x;
  let sum = power;
  for (let divisor = 3n; power !== 0n; divisor += 2n) {
    power /= -square;
    sum += power / divisor;
  }
  return sum;
}

/** bcrypt's own base64: another alphabet, no padding. */
function decode(text: string, length: number): Buffer {
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const letter of text) {
    bits = (bits << 6) | ALPHABET.indexOf(letter);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push((bits >> held) & 255);
    bits &= (1 << held) - 1;
  }
  return Buffer.from(bytes.slice(0, length));
}
