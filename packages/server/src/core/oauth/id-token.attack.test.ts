/** Attacks that confuse the two algorithms that ID tokens are signed with, or use ID tokens for something else. */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSeenJwts } from '../jwts/seen.ts';
import { goodClaims, handClock, ISSUER, SECRET } from '../jwts/test-helper.ts';
import { verifyJwt } from '../jwts/verify.ts';
import type { Session } from '../sessions/session.ts';
import { signJws } from '../signing-keys/jws.ts';
import { type KeyRing, makeSigningKey, openSigningKeys } from '../signing-keys/signing-key.ts';
import type { SigningAlgorithm, StoredSigningKey } from '../signing-keys/stored-key.ts';
import { issueIdToken, readIdTokenHint } from './id-token.ts';

const CLIENT = 'app_0123456789abcdefghijkl';
const clock = handClock();
const session = { id: 'a-session', userId: 7, signedInAtMs: 0, scopes: ['openid'] } as unknown as Session;

let stored: readonly StoredSigningKey[];
let ring: KeyRing;
beforeAll(async () => {
  const make = (algorithm: SigningAlgorithm) => makeSigningKey({ algorithm, secret: SECRET, state: 'current', nowMs: 0 });
  stored = await Promise.all([make('ES256'), make('RS256')]);
  const opened = await openSigningKeys(stored, [SECRET]);
  if (!opened.ok) throw new Error(opened.reason);
  ring = opened.value;
});

const ports = { keys: () => ring, issuer: ISSUER };
const issue = (algorithm: SigningAlgorithm): string =>
  issueIdToken(ports, { session, clientId: CLIENT, algorithm, nonce: null, userInfo: null, atMs: clock.now() });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const kidOf = (algorithm: SigningAlgorithm): string => ring.signing.get(algorithm)?.kid ?? '';
const claims = { iss: ISSUER, sub: 'user:1', aud: CLIENT, sid: 'a-session', iat: 0, exp: 9_999_999_999 };
const forge = (header: object, signer: (input: string) => Buffer, body: object = claims): string => {
  const input = `${encode({ typ: 'JWT', ...header })}.${encode(body)}`;
  return `${input}.${signer(input).toString('base64url')}`;
};
const bearer = (text: string) => verifyJwt({ ...ports, audience: ISSUER, clock, seen: createSeenJwts() }, text);

/** Every part of a public key that could be mistaken for a shared secret. */
const secretsOf = ({ publicJwk }: StoredSigningKey): readonly (string | Buffer)[] => {
  const jwk = JSON.parse(publicJwk);
  const key: KeyObject = createPublicKey({ key: jwk, format: 'jwk' });
  return [
    publicJwk,
    JSON.stringify({ keys: [jwk] }),
    key.export({ type: 'spki', format: 'pem' }),
    key.export({ type: 'spki', format: 'der' }),
    ...['n', 'x', 'y'].flatMap((name) => (jwk[name] === undefined ? [] : [jwk[name], Buffer.from(jwk[name], 'base64url')])),
    '',
  ];
};

describe('an ID token', () => {
  it.each(['ES256', 'RS256'] as const)('is ours with %s, and no bearer', (algorithm) => {
    const text = issue(algorithm);
    expect(readIdTokenHint(ports, text)).toEqual({ userId: 7, clientId: CLIENT, sessionId: 'a-session' });
    expect(bearer(text)).toMatchObject({ ok: false, reason: 'type' });
  });

  it('is not ours when a public key was its shared secret', () => {
    for (const key of stored)
      for (const secret of secretsOf(key))
        for (const [alg, hash] of [
          ['HS256', 'sha256'],
          ['HS384', 'sha384'],
          ['HS512', 'sha512'],
          [key.algorithm, 'sha256'],
        ] as const) {
          const text = forge({ alg, kid: key.kid }, (input) => createHmac(hash, secret).update(input).digest());
          expect(readIdTokenHint(ports, text), alg).toBeNull();
          expect(bearer(text).ok).toBe(false);
        }
  });

  it('is not ours under the key id of the other algorithm, whoever signed it', () => {
    for (const [algorithm, other] of [
      ['ES256', 'RS256'],
      ['RS256', 'ES256'],
    ] as const) {
      const [header = '', body = '', signature = ''] = issue(algorithm).split('.');
      const swap = (change: object): string =>
        `${encode({ ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...change })}.${body}.${signature}`;
      const key = ring.signing.get(algorithm);
      if (key === undefined) throw new Error('no key');
      const texts = [
        swap({ kid: kidOf(other) }),
        swap({ alg: other }),
        swap({ alg: other, kid: kidOf(other) }),
        swap({ alg: 'none' }),
        `${swap({ alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
        // Really signed with our key, but claimed to be of the other algorithm.
        signJws({ ...key, kid: kidOf(other) }, 'JWT', JSON.stringify(claims)),
      ];
      for (const text of texts) expect(readIdTokenHint(ports, text)).toBeNull();
    }
  });

  it('is not ours when a stranger’s key of either algorithm signed it', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const kid of [kidOf('ES256'), kidOf('RS256'), 'another'])
      for (const alg of ['RS256', 'PS256', 'ES256']) {
        const jwk = createPublicKey(rsa).export({ format: 'jwk' });
        const text = forge({ alg, kid, jwk }, (input) => sign('sha256', Buffer.from(input), rsa));
        expect(readIdTokenHint(ports, text)).toBeNull();
        expect(bearer(text).ok).toBe(false);
      }
  });

  it('cannot be wished for with an algorithm that has no key: none is signed with another in its place', async () => {
    const only = await openSigningKeys(stored.slice(0, 1), [SECRET]);
    if (!only.ok) throw new Error(only.reason);
    const wish = { session, clientId: CLIENT, algorithm: 'RS256', nonce: null, userInfo: null, atMs: 0 } as const;
    expect(() => issueIdToken({ keys: () => only.value, issuer: ISSUER }, wish)).toThrow('no signing key for RS256');
  });

  it('does not change what signs JWTs: a bearer signed with either key is judged by that key alone', () => {
    for (const algorithm of ['ES256', 'RS256'] as const) {
      const key = ring.signing.get(algorithm);
      if (key === undefined) throw new Error('no key');
      const text = signJws(key, 'at+jwt', JSON.stringify(goodClaims('j', clock.now())));
      const [, body, signature] = text.split('.');
      const other = algorithm === 'ES256' ? 'RS256' : 'ES256';
      for (const header of [
        { alg: other, kid: key.kid, typ: 'at+jwt' },
        { alg: algorithm, kid: kidOf(other), typ: 'at+jwt' },
        { alg: other, kid: kidOf(other), typ: 'at+jwt' },
      ])
        expect(bearer(`${encode(header)}.${body}.${signature}`).ok).toBe(false);
    }
    expect(ring.current.algorithm).toBe('ES256');
  });
});
