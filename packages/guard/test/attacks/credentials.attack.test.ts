/**
 * Known attacks on verifiers, against the guard: each attack on a JWT starts from a valid one, signed by a key of the issuer's
 * set, so that only the attack can make it fail; on both platforms, through `judge`.
 */
import { createHmac, createPublicKey, type JsonWebKey, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JWS_MAX_LENGTH, makeClientSecret, makeJti } from '@keyhouse/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../../../protocol/test/vectors.ts';
import type { createGuard, Decision, Guard } from '../../src/index.ts';
import { encode, newForger, signJws } from './forge.ts';
import { changed, type Issuer, JWKS, startIssuer, type Victim, watchProcess } from './issuer.ts';

const faults = watchProcess();
const insider = newForger('insider');
let issuer: Issuer;
let victim: Victim;
let minted: string;
let revoked: string;
beforeAll(async () => {
  issuer = await startIssuer();
  victim = await issuer.victim();
  victim.spoil(
    JWKS,
    changed(({ keys }) => ({ keys: [...keys, insider.jwk] })),
  );
  const { accountId } = await issuer.keyhouse.register();
  const key = await issuer.keyhouse.key(accountId);
  const mint = async (): Promise<string> =>
    (await issuer.keyhouse.request('/auth', { bearer: key.text, body: { permissions: ['invoices.read'] } })).json.token;
  minted = await mint();
  revoked = await mint();
  await issuer.keyhouse.request('/auth/revoke', { body: { token: revoked } });
});
afterAll(async () => {
  await victim.stop();
  await issuer.stop();
  expect(faults).toEqual([]);
});

const LOCAL = { address: '127.0.0.1', isEncrypted: false };
const partsOf = (text: string): readonly [string, string, string] => {
  const [header = '', payload = '', signature = ''] = text.split('.');
  return [header, payload, signature];
};
const claimsOf = (text: string) => JSON.parse(Buffer.from(partsOf(text)[1], 'base64url').toString());
const HEADER = { alg: 'ES256', kid: 'insider', typ: 'at+jwt' };
/** Correctly signed: only what it says is wrong. */
const signed = (header: unknown, claims: unknown): string =>
  signJws(insider, header, typeof claims === 'string' ? claims : JSON.stringify(claims));
const good = (): string => signed(HEADER, claimsOf(minted));

/** Once with node:crypto, once with only WebCrypto, as the package itself chooses. */
async function createOn(platform: string): Promise<typeof createGuard> {
  vi.resetModules();
  if (platform === 'web') vi.doMock('../../src/platform/node.ts', () => import('../../src/platform/web.ts'));
  const loaded = await import('../../src/index.ts');
  vi.doUnmock('../../src/platform/node.ts');
  return loaded.createGuard;
}

describe.each(['node', 'web'])('a guard on %s', (platform) => {
  let guard: Guard;
  const said: string[] = [];
  beforeAll(async () => {
    const create = await createOn(platform);
    guard = create({ issuer: issuer.url, key: issuer.key, fetch: victim.fetch, log: (line) => void said.push(line) });
    await guard.ready();
    return () => guard.close();
  });
  const judge = (bearer: string, headers: readonly string[] = ['Authorization', `Bearer ${bearer}`]) =>
    guard.judge({ method: 'GET', target: '/api/invoices', headers, peer: LOCAL });
  const statusOf = (decision: Decision): number => (decision.ok ? 200 : decision.status);
  const status = async (bearer: string): Promise<number> => statusOf(await judge(bearer));
  /** Each by itself: one that gets in is named. */
  async function refuses(texts: readonly string[]): Promise<void> {
    for (const text of texts) expect([text.slice(0, 2000), await status(text)]).toEqual([text.slice(0, 2000), 401]);
  }

  it('is what it says it is, and lets in what is good', async () => {
    expect(judge(good()) instanceof Promise).toBe(platform === 'web');
    expect([await status(good()), await status(minted), await status(minted)]).toEqual([200, 200, 200]);
  });

  it('minds no algorithm but the key’s own', async () => {
    const [, payload, signature] = partsOf(good());
    const none = ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => {
      const header = encode({ ...HEADER, alg });
      return [`${header}.${payload}.`, `${header}.${payload}`, `${header}.${payload}.${signature}`];
    });
    const publicKey = createPublicKey({ key: insider.jwk as JsonWebKey, format: 'jwk' });
    const secrets = [publicKey.export({ format: 'pem', type: 'spki' }), publicKey.export({ format: 'der', type: 'spki' })];
    const hmac = [...secrets, JSON.stringify(insider.jwk), '', 'secret'].map((secret) => {
      const input = `${encode({ ...HEADER, alg: 'HS256' })}.${payload}`;
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    });
    const others = ['RS256', 'ES384', 'PS256', 'es256', 'ES256 ', 'ES256K', 'EdDSA', null, 1, ['ES256'], undefined];
    await refuses([...none, ...hmac, ...others.map((alg) => signed({ ...HEADER, alg }, claimsOf(minted)))]);
  });

  it('takes no key that came with a JWT, or from where it points', async () => {
    const stranger = newForger('insider');
    const claims = JSON.stringify(claimsOf(minted));
    const members = { jku: `${issuer.url}${JWKS}`, x5u: 'https://x.example/c', x5c: ['AA'], x5t: 'AA', jwk: stranger.jwk };
    const more = { crit: ['b64'], b64: false, zip: 'DEF', enc: 'A256GCM', cty: 'JWT', nonce: 'x', iv: 'x', p2c: 1e9 };
    const kids = [
      '',
      ' insider',
      'insider ',
      'INSIDER',
      '../insider',
      '/dev/null',
      '__proto__',
      'constructor',
      '\u0000',
      null,
      1,
    ];
    await refuses([
      ...Object.entries({ ...members, ...more }).flatMap(([name, value]) => [
        signJws(insider, { ...HEADER, [name]: value }, claims),
        signJws(stranger, { ...HEADER, [name]: value }, claims),
      ]),
      ...[...kids, ['insider'], { kid: 'insider' }].map((kid) => signJws(insider, { ...HEADER, kid }, claims)),
      signJws(stranger, HEADER, claims),
      signJws(stranger, { ...HEADER, kid: 'stranger' }, claims),
    ]);
  });

  it('minds no type but that of an access token, in both spellings', async () => {
    const claims = claimsOf(minted);
    const types = ['JWT', 'at', 'jwt+at', 'id_token', 'logout+jwt', 'dpop+jwt', 'at+jwt;x', ' at+jwt', '', null, 1, undefined];
    await refuses(types.map((typ) => signed({ ...HEADER, typ }, claims)));
    for (const typ of ['AT+JWT', 'application/at+jwt']) expect(await status(signed({ ...HEADER, typ }, claims))).toBe(200);
  });

  it('believes no claims that are not as Keyhouse writes them', async () => {
    const claims = claimsOf(minted);
    const now = Math.floor(Date.now() / 1000);
    const other = makeJti(Date.now() + 86_400_000, (length) => randomBytes(length));
    const bad: readonly Record<string, unknown>[] = [
      ...[`${claims.exp}`, claims.exp + 0.5, 1e300, -1, 0, null, [claims.exp], true, now - 1, now, 253_402_300_800].map(
        (exp) => ({ exp }),
      ),
      ...[`${claims.iat}`, claims.iat + 0.5, -1, null, now + 3600, claims.iat - 1].map((iat) => ({ iat })),
      ...[now + 3600, `${now - 9}`, now - 9.5, -1, null, 1e300].map((nbf) => ({ nbf })),
      ...['https://keys.example.org', `${issuer.url}/`, issuer.url.toUpperCase(), '', null, [issuer.url]].map((iss) => ({ iss })),
      ...['https://api.example.org', [claims.aud], [claims.aud, 'x'], '', null, `${claims.aud}/`].map((aud) => ({ aud })),
      ...['', null, 7, other, claims.jti.slice(1), `${claims.jti}A`, claims.jti.replace(/.$/, '=')].map((jti) => ({ jti })),
      ...['user:1', 'account:1', `account:${claims.account}:`, `${claims.sub} `, '', null, 7, [claims.sub]].map((sub) => ({
        sub,
      })),
      ...['key:0', 'key:01', 'key:1 ', 'key:9007199254740993', 'token:1', 'app_x', '', null].map((client_id) => ({ client_id })),
      ...[`${claims.account}`, 0, -1, 1.5, 2 ** 53, null, [claims.account]].map((account) => ({ account })),
      ...['invoices.read', [], [null], ['invoices.write'], ['*'], ['keyhouse.verify'], ['a'.repeat(200)], null, {}].map(
        (permissions) => ({ permissions }),
      ),
      { permissions: ['keyhouse.verify'], scope: 'keyhouse.verify' },
      { permissions: Array(101).fill('invoices.read'), scope: Array(101).fill('invoices.read').join(' ') },
      ...['', 'invoices.read invoices.write', 'invoices.read ', null, ['invoices.read'], 'openid'].map((scope) => ({ scope })),
      ...['prod', '', null, 'LIVE'].map((environment) => ({ environment })),
      ...['10.0.0.0/8', [], [1], null, {}].map((addresses) => ({ addresses })),
      ...['AZq3vN1kAAECAwQFBgcICQ', '', null, 1].map((sid) => ({ sid })),
      ...[{ cnf: { jkt: 'x' } }, { act: {} }, { roles: ['admin'] }, { is_admin: true }, { __proto__x: 1 }],
    ];
    const missing = Object.keys(claims).map((name) => ({ ...claims, [name]: undefined }));
    const text = JSON.stringify(claims);
    const twice = ['"permissions":["*"]', '"\\u0065xp":9999999999', `"iss":"${issuer.url}"`, '"__proto__":{}'].map(
      (again) => `${text.slice(0, -1)},${again}}`,
    );
    const forms = ['null', '[]', '""', '1', '{}', '', `[${text}]`, `${text} x`, `\ufeff${text}`, text.replaceAll('"', "'")];
    await refuses([
      ...bad.map((members) => signed(HEADER, { ...claims, ...members })),
      ...missing.map((members) => signed(HEADER, members)),
      ...[...twice, ...forms].map((payload) => signed(HEADER, payload)),
      signed(HEADER, `{"permissions":${'['.repeat(5000)}${']'.repeat(5000)}}`),
      signed(HEADER, { ...claims, filler: 'x'.repeat(JWS_MAX_LENGTH) }),
    ]);
  });

  it('takes one spelling for one JWT', async () => {
    const text = good();
    expect(await status(text)).toBe(200);
    const [header, payload, signature] = partsOf(text);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.charAt(alphabet.indexOf(signature.at(-1) ?? '') | 1);
    const raw = Buffer.from(signature, 'base64url');
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const edges = [Buffer.alloc(32), order, Buffer.alloc(32, 255)];
    const signatures = [
      ...edges.flatMap((edge) => [Buffer.concat([edge, s]), Buffer.concat([r, edge]), Buffer.concat([edge, edge])]),
      ...[raw.subarray(1), raw.subarray(0, 63), Buffer.concat([raw, r]), Buffer.concat([Buffer.alloc(1), raw]), Buffer.alloc(0)],
      sign('sha256', Buffer.from(`${header}.${payload}`), insider.privateKey),
    ];
    await refuses([
      ...[' ', '\t', '=', '==', '%3D', '.', '..', '.AA', '#', ',', ';'].flatMap((junk) => [
        text + junk,
        `${junk.trim()}.${text}`,
      ]),
      ...['=', ' ', '?', '+', '/', '\n'].flatMap((junk) => [
        `${header}${junk}.${payload}.${signature}`,
        `${header}.${payload}${junk}.${signature}`,
      ]),
      ...[
        '',
        '.',
        '..',
        '...',
        header,
        `${header}.`,
        `${header}..`,
        `.${payload}.`,
        `${header}.${payload}`,
        `${header}.${payload}.`,
      ],
      ...[`${header}..${signature}`, `${text}.${signature}`, `${header}.${payload}.${signature.slice(0, -1)}${last}`],
      ...[JSON.stringify({ payload, protected: header, signature }), '.'.repeat(100_000), `${text}${'A'.repeat(100_000)}`],
      ...signatures.map((bytes) => `${header}.${payload}.${bytes.toString('base64url')}`),
    ]);
    for (let at = 0; at < text.length; at += 7)
      expect(await status(text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1))).toBe(401);
  });

  it('does not let a revoked JWT in under the other signature that elliptic curves allow', async () => {
    const malleable = (text: string): string => {
      const [header, payload, signature] = partsOf(text);
      const raw = Buffer.from(signature, 'base64url');
      const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const s = (n - BigInt(`0x${raw.subarray(32).toString('hex')}`)).toString(16).padStart(64, '0');
      return `${header}.${payload}.${Buffer.concat([raw.subarray(0, 32), Buffer.from(s, 'hex')]).toString('base64url')}`;
    };
    expect([await status(minted), await status(malleable(minted))]).toEqual([200, 200]);
    expect([await status(revoked), await status(malleable(revoked))]).toEqual([401, 401]);
  });

  it('takes nothing for a bearer that is none, and asks nobody about it', async () => {
    const before = guard.metrics().introspections_total;
    const random = (length: number): string => randomBytes(length).toString('hex').slice(0, length);
    const secret = makeClientSecret((length) => randomBytes(length));
    await refuses([
      ...[secret, secret.replace('client', 'refresh'), secret.replace('client', 'code'), secret.replace('client', 'prod')],
      ...[secret.replace('client', 'live').replace(/.$/, 'x'), `kh_live_${random(48)}`, `kh_${random(48)}`, 'kh_', 'kh_live_'],
      ...[`0|kh_${random(48)}`, `-1|kh_${random(48)}`, `01|kh_${random(48)}`, `9007199254740993|kh_${random(48)}`],
      ...[
        `1|kh_${random(48)}|2`,
        `|kh_${random(48)}`,
        `1||kh_${random(48)}`,
        'eyJ',
        'eyJ..',
        'eyJ.eyJ.',
        `eyJ${'x'.repeat(20_000)}`,
      ],
    ]);
    expect(guard.metrics().introspections_total).toBe(before);
    await refuses(['foreign', '123|abc', 'undefined', 'null', '{}', '*', 'Bearer', '\\', '"', "'", '%00', '../..', '<x>']);
  });

  it('reads one header of one scheme, and nothing else', async () => {
    const text = good();
    const answers: readonly (readonly [number, readonly string[]])[] = [
      [400, ['Authorization', `Bearer ${text}`, 'authorization', `Bearer ${text}`]],
      [400, ['Authorization', `Bearer ${text}`, 'AUTHORIZATION', '']],
      [400, ['Authorization', '', 'Authorization', '', 'Authorization', `Bearer ${text}`]],
      [401, ['Authorization', `Bearer ${text}, Bearer ${text}`]],
      [401, ['Authorization', `Bearer ${text},${text}`]],
      [401, ['Authorization', '']],
      [401, ['Authorization', ' ']],
      [401, ['Authorization', 'Bearer']],
      [401, ['Authorization', 'Bearer ']],
      [401, ['Authorization', `Bearer\t${text}`]],
      [401, ['Authorization', `Bearer ${text}\t`]],
      [401, ['Authorization', `Bearer ${text} `]],
      [401, ['Authorization', ` Bearer ${text}`]],
      [401, ['Authorization', `Bearer${text}`]],
      [401, ['Authorization', `Bearer: ${text}`]],
      [401, ['Authorization', `Bearer "${text}"`]],
      [401, ['Authorization', `Bearer token=${text}`]],
      [401, ['Authorization', `Basic ${Buffer.from(`${text}:`).toString('base64')}`]],
      [401, ['Authorization', `DPoP ${text}`]],
      [401, ['Authorization', `Token ${text}`]],
      [401, ['Authorization', `JWT ${text}`]],
      [401, ['Authorization', text]],
      [401, ['Authorization ', `Bearer ${text}`]],
      [401, ['Proxy-Authorization', `Bearer ${text}`]],
      [401, ['X-Authorization', `Bearer ${text}`]],
      [401, ['X-Forwarded-Authorization', `Bearer ${text}`]],
      [401, ['Cookie', `access_token=${text}; Authorization=Bearer ${text}`]],
      [401, ['X-Keyhouse-Kind', 'token', 'X-Keyhouse-Account', '1', 'X-Keyhouse-Permissions', '*']],
      [401, []],
      [200, ['authorization', `bearer ${text}`]],
      [200, ['AUTHORIZATION', `BEARER ${text}`]],
      [200, ['Authorization', `bEaReR  ${text}`]],
      [200, ['X-Keyhouse-Kind', 'nobody', 'Authorization', `Bearer ${text}`, 'Cookie', 'access_token=x']],
    ];
    for (const [expected, headers] of answers) {
      const decision = await judge('', headers);
      expect([headers, statusOf(decision)]).toEqual([headers, expected]);
      const named = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization');
      if (!decision.ok && decision.status === 401)
        expect(decision.headers['WWW-Authenticate']).toBe(named ? 'Bearer error="invalid_token"' : 'Bearer');
    }
    for (const target of [`/api/invoices?access_token=${text}`, `/api/invoices?Authorization=Bearer%20${text}`])
      expect(statusOf(await guard.judge({ method: 'GET', target, headers: [], peer: LOCAL }))).toBe(401);
  });

  it.skipIf(!haveVectors('blns'))(`${NEEDS_VECTORS} falls over no text, wherever it stands`, async () => {
    const naughty: readonly string[] = JSON.parse(readFileSync(join(vectorsFolder, 'blns/blns.json'), 'utf8'));
    expect(naughty.length).toBeGreaterThan(500);
    const bearer = ['Authorization', `Bearer ${good()}`];
    const decisions = await Promise.all(
      naughty.map(async (text) => [
        text,
        statusOf(await judge(text)),
        statusOf(await judge('', ['Authorization', text])),
        statusOf(await judge('', [text, text, 'X-Forwarded-For', text])),
        statusOf(await guard.judge({ method: text, target: '/api/invoices', headers: bearer, peer: LOCAL })),
        statusOf(await guard.judge({ method: 'GET', target: text, headers: bearer, peer: LOCAL })),
        statusOf(await guard.judge({ method: 'GET', target: `/api/${text}`, headers: bearer, peer: LOCAL })),
        statusOf(
          await guard.judge({ method: 'GET', target: '/api/invoices', headers: bearer, peer: { ...LOCAL, address: text } }),
        ),
        statusOf(
          await guard.judge({
            method: 'GET',
            target: '/api/invoices',
            headers: [...bearer, 'X-HTTP-Method-Override', text],
            peer: LOCAL,
          }),
        ),
      ]),
    );
    for (const [text, ...statuses] of decisions)
      expect([text, ...statuses]).toEqual([text, 401, 401, 401, 403, 403, 403, 400, 403]);
    expect(said).toEqual([]);
  });
});
