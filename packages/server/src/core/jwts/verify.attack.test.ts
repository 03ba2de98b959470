/** Known attacks on JWT verifiers. Each attack starts from a valid JWT, so that only the attack can make it fail. */

import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { JWS_MAX_LENGTH, makeJti } from '@keyhouse/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpuMicros } from '../../../../protocol/test/growth.ts';
import { signJws } from '../signing-keys/jws.ts';
import { goodClaims, openRoom } from './test-helper.ts';
import { verifyJwt } from './verify.ts';

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const room = await openRoom();
const claims = goodClaims(makeJti(room.clock.now(), randomBytes), room.clock.now());
const payload = encode(claims);
const { kid } = room.signingKey;
const goodHeader = { alg: 'ES256', kid, typ: 'at+jwt' };
const good = signJws(room.signingKey, 'at+jwt', JSON.stringify(claims));
const signature = good.slice(good.lastIndexOf('.') + 1);

const reasonOf = (text: string): string => {
  const verified = verifyJwt(room.verify, text);
  return verified.ok ? 'ok' : verified.reason;
};

const signedBy = (key: KeyObject, header: unknown, body = payload): string => {
  const input = `${encode(header)}.${body}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
/** Signed with our own key: only the way it is written is wrong. */
const signed = (header: unknown, body = payload): string => signedBy(room.signingKey.privateKey, header, body);

/** Every attack runs with an empty cache and with one that knows the valid JWT. */
describe.each([
  ['that sees it for the first time', false],
  ['that remembers the good JWT', true],
])('a verifier %s', (_, remembers) => {
  beforeAll(() => {
    if (remembers) expect(reasonOf(good)).toBe('ok');
  });

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('refuses the algorithm %j, without and with a signature', (alg) => {
    const header = encode({ ...goodHeader, alg });
    expect(reasonOf(`${header}.${payload}.`)).toBe('malformed');
    expect(reasonOf(`${header}.${payload}`)).toBe('malformed');
    expect(reasonOf(`${header}.${payload}.${signature}`)).toBe('signature');
  });

  it('refuses HS256 with our public key as the shared secret', () => {
    const publicKey = createPublicKey(room.signingKey.privateKey);
    const jwk = room.stored.publicJwk;
    const secrets = [
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'der', type: 'spki' }),
      jwk,
      Buffer.from(JSON.parse(jwk).x, 'base64url'),
    ];
    for (const secret of secrets) {
      const input = `${encode({ ...goodHeader, alg: 'HS256' })}.${payload}`;
      expect(reasonOf(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)).toBe('signature');
    }
  });

  it.each(['RS256', 'ES384', 'PS256', 'es256', 'ES256 '])(
    'refuses a header that names %j for a key of another algorithm',
    (alg) => {
      expect(reasonOf(signed({ ...goodHeader, alg }))).toBe('signature');
    },
  );

  it.each(['', `${kid} `, kid.toLowerCase(), '../keys', '__proto__', 'constructor', "' OR 1=1 --", '/dev/null'])(
    'refuses the key id %j',
    (other) => {
      expect(reasonOf(signed({ ...goodHeader, kid: other }))).toBe('unknown_key');
    },
  );

  it.each([undefined, null, 1, [kid], { kid }])('refuses a key id that is %j', (other) => {
    expect(reasonOf(signed({ ...goodHeader, kid: other }))).toBe('malformed');
  });

  it('refuses a key that came with the JWT, under our id or its own', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    expect(reasonOf(signedBy(privateKey, { ...goodHeader, jwk }))).toBe('malformed');
    expect(reasonOf(signedBy(privateKey, { ...goodHeader, kid: 'mine', jwk }))).toBe('malformed');
    expect(reasonOf(signedBy(privateKey, goodHeader))).toBe('signature');
  });

  it.each(['jku', 'x5u', 'x5c', 'x5t', 'crit', 'b64', 'zip', 'enc', 'cty', 'anything'])(
    'refuses the header member %s',
    (member) => {
      for (const value of ['https://evil.example/jwks.json', [member], false]) {
        expect(reasonOf(signed({ ...goodHeader, [member]: value }))).toBe('malformed');
      }
    },
  );

  it('refuses a member named twice, also when it is spelt in another way', () => {
    for (const again of ['"alg":"ES256"', '"\\u0061lg":"none"', `"kid":"${kid}"`]) {
      expect(reasonOf(signed(`${JSON.stringify(goodHeader).slice(0, -1)},${again}}`))).toBe('malformed');
    }
    for (const again of ['"permissions":["*"]', '"\\u0065xp":9999999999']) {
      expect(reasonOf(signed(goodHeader, encode(`${JSON.stringify(claims).slice(0, -1)},${again}}`)))).toBe('claims');
    }
  });

  it.each(['null', '[]', '"x"', '', '{', '{}', '{"alg":"ES256"}', '\u{feff}{}'])('refuses the header %j', (header) => {
    expect(reasonOf(signed(header))).toBe('malformed');
  });

  it('refuses every other spelling of the same bytes', () => {
    const [header = '', body = '', mac = ''] = good.split('.');
    const last = mac.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sameBits = alphabet.charAt(alphabet.indexOf(last) | 1);
    expect(Buffer.from(mac.slice(0, -1) + sameBits, 'base64url')).toEqual(Buffer.from(mac, 'base64url'));
    for (const text of [
      ...[' ', '\n', '\t', '=', '==', '\0', '%3D', '\u{200b}'].flatMap((junk) => [good + junk, junk + good]),
      ...['=', ' ', '\n', '?', '#'].flatMap((junk) => [`${header}${junk}.${body}.${mac}`, `${header}.${body}${junk}.${mac}`]),
      `${header}.${body}.${mac.slice(0, -1)}${sameBits}`,
      `${header}.${body}.${mac.slice(0, 9)}\n${mac.slice(9)}`,
      good
        .replaceAll('-', '+')
        .replaceAll('_', '/')
        .replace(/^([^+/]*)$/, '$1='),
    ]) {
      expect(reasonOf(text)).toBe('malformed');
    }
  });

  it('refuses lone parts, missing parts and parts too many', () => {
    const [header = '', body = '', mac = ''] = good.split('.');
    const texts = ['', '.', '..', '...', header, `${header}.`, `${header}..`, `.${body}.`, `..${mac}`, `${header}.${body}`];
    texts.push(
      `${header}.${body}.`,
      `${header}..${mac}.`,
      `.${body}.${mac}`,
      `${good}.`,
      `.${good}`,
      `${good}.${mac}`,
      `${good}..`,
    );
    for (const text of texts) expect(reasonOf(text)).toBe('malformed');
    expect(reasonOf(`${header}..${mac}`)).toBe('signature');
  });

  it('refuses a million dots, and anything too long, without looking at it', () => {
    const [header = '', body = ''] = good.split('.');
    const forged = `${header}.${body}.${'A'.repeat(86)}`;
    for (const text of ['.'.repeat(1_000_000), good + '.'.repeat(1_000_000), `${good}${'A'.repeat(10_000_000)}`]) {
      expect(reasonOf(text)).toBe('malformed');
      // A signature alone takes a hundred times as long as seeing that a text is too long.
      const ratioOf = () =>
        cpuMicros(() => reasonOf(text), 50) /
        Math.max(
          1,
          cpuMicros(() => reasonOf(forged), 50),
        );
      expect(Math.min(...Array.from({ length: 10 }, ratioOf))).toBeLessThan(1);
    }
    const long = signed(goodHeader, encode({ ...claims, filler: 'x'.repeat(JWS_MAX_LENGTH) }));
    expect(reasonOf(long)).toBe('malformed');
  });

  it('refuses nesting as deep as the size allows, without falling', () => {
    const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(reasonOf(signed(`{"alg":${deep(3000)}}`))).toBe('malformed');
    expect(reasonOf(signed(goodHeader, encode(`{"permissions":${deep(5000)}}`)))).toBe('claims');
  });

  it('refuses a signature in DER, of another length, or with r or s at the edges', () => {
    const input = good.slice(0, good.lastIndexOf('.'));
    const der = sign('sha256', Buffer.from(input), room.signingKey.privateKey);
    const raw = Buffer.from(signature, 'base64url');
    const zero = Buffer.alloc(32);
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    const bad = [
      der,
      raw.subarray(1),
      Buffer.concat([raw, zero]),
      Buffer.concat([zero, raw]),
      Buffer.alloc(64),
      Buffer.alloc(64, 255),
    ];
    bad.push(
      ...[zero, order].flatMap((edge) => [Buffer.concat([edge, s]), Buffer.concat([r, edge]), Buffer.concat([edge, edge])]),
    );
    for (const bytes of bad) expect(reasonOf(`${input}.${bytes.toString('base64url')}`)).toBe('signature');
  });

  it('lets nothing ride on the signature or the id of another JWT', () => {
    const wider = encode({ ...claims, permissions: ['*'], scope: '*' });
    expect(reasonOf(`${encode(goodHeader)}.${wider}.${signature}`)).toBe('signature');
    expect(reasonOf(`${encode({ typ: 'at+jwt', kid, alg: 'ES256' })}.${payload}.${signature}`)).toBe('signature');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(reasonOf(signedBy(privateKey, goodHeader))).toBe('signature');
  });

  it('refuses the JSON serialisations', () => {
    const json = { payload, protected: encode(goodHeader), signature };
    expect(reasonOf(JSON.stringify(json))).toBe('malformed');
    expect(reasonOf(JSON.stringify({ payload, signatures: [json] }))).toBe('malformed');
  });

  it('refuses a good JWT of which any one character was changed', () => {
    for (let at = 0; at < good.length; at++) {
      const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
      expect(reasonOf(changed)).not.toBe('ok');
    }
  });
});
