/**
 * CRC-32 as zlib and PHP's `crc32b` compute it (polynomial 0xEDB88320, reflected). It finds typing errors and look-alikes; it
 * proves nothing.
 */

const TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

/**
 * The checksum of ASCII text, from 0 to 2^32 − 1.
 * @throws RangeError for text beyond ASCII: which bytes were meant would be a guess.
 */
export function crc32(text: string): number {
  let remainder = -1;
  let seen = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    seen |= code;
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ code) & 0xff] ?? 0);
  }
  if (seen > 0x7f) throw new RangeError('crc32 takes ASCII text only.');
  return ~remainder >>> 0;
}

/** The same as eight lower-case hex digits: `crc32Hex('123456789') === 'cbf43926'`. */
export function crc32Hex(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
