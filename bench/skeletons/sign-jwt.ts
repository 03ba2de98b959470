/** A JWT by ES256 from its claims as JSON: the header is encoded once, and one signature is made. */
import { generateKeyPairSync, sign } from 'node:crypto';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const HEADER = Buffer.from('{"alg":"ES256","kid":"0123456789abcdef0123456789abcdef0123456789a","typ":"at+jwt"}').toString(
  'base64url',
);

export function signJwt(claims: string): string {
  const signed = `${HEADER}.${Buffer.from(claims).toString('base64url')}`;
  return `${signed}.${plainSignature(sign('sha256', Buffer.from(signed, 'latin1'), privateKey)).toString('base64url')}`;
}

/** From DER to two numbers of 32 bytes: asking `sign` for them costs more than this. */
function plainSignature(der: Buffer): Buffer {
  const plain = Buffer.alloc(64);
  const lengthOfR = der[3] ?? 0;
  const endOfR = 4 + lengthOfR;
  const r = der.subarray(4, endOfR);
  const s = der.subarray(endOfR + 2);
  plain.set(r.subarray(Math.max(0, r.length - 32)), Math.max(0, 32 - r.length));
  plain.set(s.subarray(Math.max(0, s.length - 32)), 32 + Math.max(0, 32 - s.length));
  return plain;
}
