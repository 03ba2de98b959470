import { beforeAll, describe, expect, it } from 'vitest';
import { SECRET } from '../jwts/test-helper.ts';
import { makeSignature } from './algorithms.ts';
import { signJws, verifyJws } from './jws.ts';
import { type KeyRing, makeSigningKey, openSigningKeys, type SigningKey } from './signing-key.ts';

let ring: KeyRing;
let key: SigningKey;
beforeAll(async () => {
  const stored = await makeSigningKey({ algorithm: 'ES256', secret: SECRET, state: 'current', nowMs: 0 });
  const opened = await openSigningKeys([stored], [SECRET]);
  if (!opened.ok) throw new Error(opened.reason);
  ring = opened.value;
  key = ring.current;
});

const verify = (text: string) => {
  const verified = verifyJws(text, (kid) => ring.byKid.get(kid));
  return verified.ok ? Buffer.from(verified.value.payload).toString() : verified.reason;
};
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const reheaded = (text: string, header: object): string => `${encode(header)}${text.slice(text.indexOf('.'))}`;

describe('a JWS', () => {
  it('gives back what was signed, byte by byte, with its type', () => {
    const payload = '{"name":"Ada ✓ 🔑"}';
    const text = signJws(key, 'at+jwt', payload);
    expect(text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}$/);
    const verified = verifyJws(text, (kid) => ring.byKid.get(kid));
    expect(verified.ok && verified.value.header).toEqual({ alg: 'ES256', kid: key.kid, typ: 'at+jwt' });
    expect(verify(text)).toBe(payload);
  });

  it('is refused when a single character of any part was changed', () => {
    const text = signJws(key, 'at+jwt', '{"sub":"user:7"}');
    const starts = [text.indexOf('.') + 1, text.lastIndexOf('.') + 1, text.indexOf('.') - 4];
    for (const at of starts) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
      expect(['malformed', 'signature', 'unknown_key'], changed).toContain(verify(changed));
    }
  });

  it('is verified by the algorithm of our key, whatever its header says', () => {
    const text = signJws(key, 'at+jwt', '{}');
    const header = { alg: 'ES256', kid: key.kid, typ: 'at+jwt' };
    expect(verify(reheaded(text, header))).toBe('{}');
    for (const alg of ['RS256', 'HS256', 'none', 'ES384', 'es256'])
      expect(verify(reheaded(text, { ...header, alg })), alg).toBe('signature');
    expect(verify(reheaded(text, { ...header, typ: 'JWT' }))).toBe('signature');
    // Really signed with our key, under a header that names another algorithm.
    const input = `${encode({ ...header, alg: 'ES384' })}.${encode({})}`;
    const signature = Buffer.from(makeSignature('ES256', key.privateKey, Buffer.from(input))).toString('base64url');
    expect(verify(`${input}.${signature}`)).toBe('signature');
  });

  it('tells a key that is not ours from a signature that is not, and both from what is no JWS', () => {
    const text = signJws(key, 'at+jwt', '{}');
    expect(verify(signJws({ ...key, kid: 'another' }, 'at+jwt', '{}'))).toBe('unknown_key');
    expect(verify(reheaded(text, { alg: 'ES256', kid: key.kid, typ: 'at+jwt', jku: 'https://evil.example' }))).toBe('malformed');
    for (const none of ['', '..', text.slice(0, text.lastIndexOf('.')), `${text}.`, `${text}=`, `${text} `])
      expect(verify(none)).toBe('malformed');
  });
});
