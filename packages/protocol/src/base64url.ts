/**
 * Base64url without padding (RFC 4648 §5, RFC 7515 §2). Decoding is strict, so that each sequence of bytes has exactly one text:
 * platform decoders skip other characters and ignore unused bits, which makes signed text malleable.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const FOREIGN = 64;

const VALUES = new Uint8Array(128).fill(FOREIGN);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;

/**
 * The bytes of a text, or null for anything except the one canonical form: padding, whitespace, characters outside the alphabet,
 * an impossible length (4n + 1), or unused trailing bits that are not zero (RFC 4648 §3.5).
 */
export function decodeBase64Url(text: string): Uint8Array | null {
  const { length } = text;
  const rest = length & 3;
  if (rest === 1) return null;
  const bytes = new Uint8Array((length * 3) >>> 2);
  let foreign = 0;
  let written = 0;
  let bits = 0;
  for (let index = 0; index < length; index++) {
    const value = VALUES[text.charCodeAt(index)] ?? FOREIGN;
    foreign |= value;
    bits = (bits << 6) | (value & 63);
    const position = index & 3;
    if (position === 1) bytes[written++] = bits >>> 4;
    else if (position === 2) bytes[written++] = bits >>> 2;
    else if (position === 3) bytes[written++] = bits;
  }
  if (foreign & FOREIGN) return null;
  const unused = rest === 2 ? 0b1111 : rest === 3 ? 0b11 : 0;
  return bits & unused ? null : bytes;
}

/** The canonical text of some bytes. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += ALPHABET.charAt(group >>> 18) + ALPHABET.charAt((group >>> 12) & 63);
    if (left > 1) text += ALPHABET.charAt((group >>> 6) & 63);
    if (left > 2) text += ALPHABET.charAt(group & 63);
  }
  return text;
}
