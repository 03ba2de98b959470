/**
 * An attacker who can interfere with the set of signing keys decides who gets in. A set that is not exactly a set of sound public
 * keys is not accepted: nobody gets in by it, known keys stay known, and an API that starts without keys answers that it cannot
 * tell, not that its callers are unknown.
 */
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR } from '../../../server/test/server.ts';
import { readKeySet } from '../../src/jwk.ts';
import * as onNode from '../../src/platform/node.ts';
import * as onWeb from '../../src/platform/web.ts';
import { BROKEN, SLOW } from './bodies.ts';
import { encode, newForger, signJws } from './forge.ts';
import { changed, type Issuer, inGroups, JWKS, json, ONE, type Spoil, startIssuer, until, watchProcess } from './issuer.ts';

const faults = watchProcess();
let issuer: Issuer;
let token: string;
let jwt: string;
beforeAll(async () => {
  issuer = await startIssuer();
  ({ token } = await issuer.keyhouse.register());
  jwt = await mint();
});
afterAll(async () => {
  await issuer.stop();
  expect(faults).toEqual([]);
});

async function mint(): Promise<string> {
  const { accountId } = await issuer.keyhouse.register();
  const key = await issuer.keyhouse.key(accountId);
  return (await issuer.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
}

const headerOf = (text: string) => JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString());
const payloadOf = (text: string): string => Buffer.from(text.split('.')[1] ?? '', 'base64url').toString();

describe('an API that starts while there is no set of keys', () => {
  async function starts(how: Spoil): Promise<void> {
    const victim = await issuer.victim({}, { [JWKS]: how });
    await expect(victim.keyhouse.ready()).rejects.toThrow(/^\/\.well-known\/jwks\.json: /);
    const refused = await victim.ask(jwt);
    expect([refused.status, refused.json]).toEqual([503, { message: 'The service is not available now.' }]);
    // Tokens need no key, and no revocations were received: Keyhouse is asked about each.
    expect((await victim.ask(token)).status).toBe(200);
    expect((await victim.ask(`${jwt}x`)).status).toBe(401);
    expect(victim.said.some((line) => line.startsWith(`${JWKS}: `))).toBe(true);
    victim.keepsQuietAbout([token, jwt]);
    victim.heal();
    await until(
      async () => (await victim.ask(jwt)).status,
      (status) => status === 200,
    );
    await until(
      () => victim.keyhouse.guard.lagMs,
      (lagMs) => lagMs < 2000,
    );
    await victim.stop();
  }

  it('refuses with 503 what it cannot tell, and heals, whatever comes in its place', async () => {
    const all = Object.entries({ ...BROKEN, ...SLOW, 'five megabytes': json({ keys: ['x'.repeat(5_000_000)] }) });
    await inGroups(all, ([, how]) => starts(how));
  });
});

describe('a signing key that was withdrawn', () => {
  it('is trusted no longer than the guard is told of it, though the new set cannot be fetched at first', async () => {
    const own = await startIssuer();
    const { accountId } = await own.keyhouse.register();
    const key = await own.keyhouse.key(accountId);
    const minted = async (): Promise<string> =>
      (await own.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
    const old = await minted();
    const victim = await own.victim({ staleAfterMs: 1000 });
    await victim.keyhouse.ready();
    expect((await victim.ask(old)).status).toBe(200);
    expect(victim.asked).not.toContain(ONE);
    victim.spoil(JWKS, (response) => void response.writeHead(500).end());
    await own.keyhouse.keyhouse.signingKeys.rotate({ emergency: true, by: OPERATOR });
    // Until it has the new set, the guard does not count itself as up to date.
    await until(
      () => victim.keyhouse.guard.lagMs,
      (lagMs) => lagMs > 1000,
    );
    expect((await victim.ask(old)).status).toBe(200);
    expect(victim.asked).toContain(ONE);
    expect(victim.said).toContainEqual(expect.stringMatching(/^\/\.well-known\/jwks\.json: answered 500/));
    const { kid } = headerOf(old);
    victim.spoil(
      JWKS,
      changed(({ keys }) => ({ keys: keys.filter((each: { kid: string }) => each.kid !== kid) })),
    );
    await until(
      async () => (await victim.ask(old)).status,
      (status) => status === 401,
    );
    await until(
      () => victim.keyhouse.guard.lagMs,
      (lagMs) => lagMs < 1000,
    );
    expect((await victim.ask(await minted())).status).toBe(200);
    await victim.stop();
    await own.stop();
  });
});

describe('a set of keys in which one is not sound', () => {
  const rsa = (bits: number, publicExponent = 65_537) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent });
    return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'bad', alg: 'RS256', use: 'sig' } };
  };
  const weak = rsa(1024);
  const strong = rsa(2048);
  const { kid, jwk } = newForger('bad');
  const zeros = (text: string, count: number): string =>
    Buffer.concat([Buffer.alloc(count), Buffer.from(text, 'base64url')]).toString('base64url');
  const secret = encode('a secret that everybody may read here');
  const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' });
  const BAD: Readonly<Record<string, unknown>> = {
    'RSA of 1024 bits': weak.jwk,
    'RSA of 1024 bits, with zeros in front': { ...weak.jwk, n: zeros(`${weak.jwk.n}`, 256) },
    'RSA with the exponent 1': { ...strong.jwk, e: 'AQ' },
    'RSA with the exponent 1, with zeros in front': { ...strong.jwk, e: 'AAAB' },
    'RSA with an even exponent': { ...strong.jwk, e: 'Ag' },
    'RSA with the exponent 0': { ...strong.jwk, e: 'AA' },
    'RSA with an exponent as long as a book': { ...strong.jwk, e: 'AQAB'.repeat(500) },
    'RSA of a million bits': { ...strong.jwk, n: 'f'.repeat(170_000) },
    'RSA in other letters': { ...strong.jwk, n: `${strong.jwk.n}=` },
    'RSA without a modulus': { ...strong.jwk, n: '' },
    'a shared secret': { kty: 'oct', kid, alg: 'HS256', k: secret },
    'a public key with a shared secret in it': { ...jwk, k: secret },
    'a private key': { ...jwk, d: secret },
    'half of a private key': { ...strong.jwk, p: secret },
    'a point beside the curve': { ...jwk, y: jwk.x },
    'the point at infinity': { ...jwk, x: encode(0), y: encode(0) },
    'a point of another curve': { ...P384, kid, alg: 'ES256' },
    'no algorithm': { ...jwk, alg: undefined },
    'the algorithm none': { ...jwk, alg: 'none' },
    'HS256 over a public key': { ...jwk, alg: 'HS256' },
    'an algorithm of another type': { ...jwk, alg: 'RS256' },
    'no name': { ...jwk, kid: undefined },
    'an empty name': { ...jwk, kid: '' },
    'a number for a name': { ...jwk, kid: 1 },
    'a key for encrypting': { ...jwk, use: 'enc' },
    'a key for signing alone': { ...jwk, key_ops: ['sign'] },
    null: null,
    'a list': [jwk],
  };

  /** As `jwks.ts` does it: read as a whole, then each imported. */
  const isTaken = async (set: unknown, { importKey }: typeof onNode | typeof onWeb): Promise<boolean> => {
    const keys = readKeySet(set);
    if (keys === null) return false;
    return (await Promise.all(keys.map((each) => importKey(each)))).every((key) => key !== null);
  };

  describe.each(Object.entries({ node: onNode, web: onWeb }))('on %s', (_name, platform) => {
    it.each(Object.entries(BAD))('is none: %s', async (_what, bad) => {
      const sound = newForger('sound').jwk;
      expect(await isTaken(JSON.parse(JSON.stringify({ keys: [sound, bad] })), platform)).toBe(false);
    });

    it.each<[string, unknown]>([
      ['two under one name', { keys: [jwk, { ...newForger('bad').jwk }] }],
      ['no keys', { keys: [] }],
      ['too many', { keys: Array.from({ length: 21 }, (_each, index) => newForger(`${index}`).jwk) }],
      ['keys that are no list', { keys: jwk }],
      ['a bare key', jwk],
    ])('is none: %s', async (_what, set) => {
      expect(await isTaken(set, platform)).toBe(false);
    });

    it('is one when all of them are sound', async () => {
      expect(await isTaken({ keys: [jwk, { ...strong.jwk, kid: 'rsa' }] }, platform)).toBe(true);
    });
  });

  it('lets in nobody, and nobody out who was in', async () => {
    const victim = await issuer.victim({}, { [JWKS]: changed(({ keys }) => ({ keys: [...keys, weak.jwk] })) });
    await expect(victim.keyhouse.ready()).rejects.toThrow('the answer is not a set of signing keys');
    const claims = payloadOf(jwt);
    const forged = [
      signJws(newForger(), { ...headerOf(jwt), kid: 'bad' }, claims),
      `${encode({ ...headerOf(jwt), alg: 'none', kid: 'bad' })}.${Buffer.from(claims).toString('base64url')}.AA`,
    ];
    for (const text of forged) expect((await victim.ask(text)).status).toBe(503);
    victim.heal();
    await until(
      async () => (await victim.ask(jwt)).status,
      (status) => status === 200,
    );
    // The feed failed too: it asks for the keys once more before its stream begins, which is its second message.
    await until(
      async () => victim.keyhouse.guard.metrics().feed_messages_total ?? 0,
      (messages) => messages >= 2,
    );
    victim.spoil(JWKS, json({ keys: [weak.jwk] }));
    for (const text of forged) expect((await victim.ask(text)).status).toBe(401);
    expect((await victim.ask(jwt)).status).toBe(200);
    await victim.stop();
  });

  it('does not make a public key a shared secret', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    const [published] = issuer.keyhouse.keyhouse.signingKeys.publicKeySet().keys;
    const key = createPublicKey({ key: published as unknown as JsonWebKey, format: 'jwk' });
    const input = `${encode({ ...headerOf(jwt), alg: 'HS256' })}.${jwt.split('.')[1]}`;
    for (const bytes of [key.export({ type: 'spki', format: 'pem' }), key.export({ type: 'spki', format: 'der' }), 'x'])
      expect((await victim.ask(`${input}.${createHmac('sha256', bytes).update(input).digest('base64url')}`)).status).toBe(401);
    await victim.stop();
  });
});

describe('names of keys that nobody knows', () => {
  it('cost one question in half a minute, however many are made up', async () => {
    const victim = await issuer.victim();
    await victim.keyhouse.ready();
    const fetched = () => victim.asked.filter((path) => path === JWKS).length;
    const before = fetched();
    const stranger = newForger();
    const made = (kid: string): string => signJws(stranger, { alg: 'ES256', kid, typ: 'at+jwt' }, payloadOf(jwt));
    const kids = [
      '../../../etc/passwd',
      "' OR 1=1 --",
      '/dev/null',
      '__proto__',
      'constructor',
      '',
      '\u0000',
      'https://x.example/k',
    ];
    for (let index = 0; index < 300; index++) kids.push(`kid-${index}`);
    const statuses = await Promise.all(kids.map(async (kid) => (await victim.ask(made(kid))).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(fetched() - before).toBe(0);
    await victim.stop();
  });
});
