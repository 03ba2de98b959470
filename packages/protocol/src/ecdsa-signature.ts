/**
 * The two forms of an ECDSA signature: r and s one after the other, each as long as the curve's order, as in JWS (RFC 7518 §3.4,
 * IEEE P1363), and the DER sequence of two integers that OpenSSL works with (RFC 3279 §2.2.3). Node accepts the first form too,
 * but only in an object around the key, and reads that object by way of two exceptions that it throws and catches: 20 µs for each
 * signature, as long as signing itself.
 */
const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** Where the short form of a length ends; after it one byte is enough for every curve of RFC 7518. */
const LONG = 0x80;

/** `signature`: r and s, equally long, up to 66 bytes each. It says nothing about whether they are valid. */
export function derOfEcdsa(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const [r, s] = [integer(signature.subarray(0, half)), integer(signature.subarray(half))];
  const length = r.length + s.length;
  const head = length < LONG ? [SEQUENCE, length] : [SEQUENCE, LONG | 1, length];
  const der = new Uint8Array(head.length + length);
  der.set(head);
  der.set(r, head.length);
  der.set(s, head.length + r.length);
  return der;
}

/** `der`: as OpenSSL writes it; `bytes`: of the whole result. Throws RangeError if the integers do not fit. */
export function ecdsaOfDer(der: Uint8Array, bytes: number): Uint8Array {
  const signature = new Uint8Array(bytes);
  const half = bytes / 2;
  let at = (der[1] ?? 0) < LONG ? 2 : 3;
  for (const end of [half, bytes]) {
    const length = der[at + 1] ?? 0;
    at += 2;
    // An integer with its highest bit set has a leading zero, so that it is not negative.
    const padding = der[at] === 0 ? 1 : 0;
    if (length - padding > half) throw new RangeError('The signature is of a longer curve.');
    signature.set(der.subarray(at + padding, at + length), end - (length - padding));
    at += length;
  }
  return signature;
}

/** DER has no leading zeros except the one that keeps an integer from being negative (X.690 §8.3). */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const padding = (bytes[start] ?? 0) >= LONG ? 1 : 0;
  const length = bytes.length - start + padding;
  const encoded = new Uint8Array(2 + length);
  encoded[0] = INTEGER;
  encoded[1] = length;
  encoded.set(bytes.subarray(start), 2 + padding);
  return encoded;
}
