/**
 * What a guard costs without HTTP: JWTs on standard input, microseconds on standard output. Raw is what one would write by hand
 * with `node:crypto`: split, parse, verify, compare issuer, audience and expiry. All of them take turns JWT by JWT, so that a
 * drift affects all alike.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createGuard } from '@keyhouse/guard';
import { createVerifier } from 'fast-jwt';
import { importJWK, jwtVerify } from 'jose';
import type { Known } from './guarded.ts';

const { issuer, key } = JSON.parse(process.argv[2] ?? '{}') as Known;
const jwts = JSON.parse(readFileSync(0, 'utf8')) as string[];
const SEEN_ROUNDS = 300;
/** A server that has just started is not what is measured: the first half is for the compiler. */
const WARM_UP = Math.floor(jwts.length / 2);
const SEEN = 100;

const set = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as { keys: Readonly<Record<string, string>>[] };
const jwk = set.keys[0] ?? {};
const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
const joseKey = await importJWK({ ...jwk, kty: 'EC' }, 'ES256');
const byFastJwt = createVerifier({
  key: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  ...{ algorithms: ['ES256'], allowedIss: issuer, allowedAud: issuer, cache: false },
});
const guard = createGuard({ issuer, key });
await guard.ready();

const asked = (jwt: string) => ({
  ...{ method: 'GET', target: '/api/invoices', peer: { address: '127.0.0.1', isEncrypted: false } },
  headers: ['Host', 'localhost', 'User-Agent', 'bench', 'Authorization', `Bearer ${jwt}`],
});

function byGuard(jwt: string): void {
  const decision = guard.judge(asked(jwt));
  if (decision instanceof Promise || !decision.ok) throw new Error('The guard does not take it at once.');
}

function byHand(jwt: string, publicKey: KeyObject): void {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const isGood = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const holds = claims.iss === issuer && claims.aud === issuer && claims.exp > Date.now() / 1000;
  if (!isGood || !holds || alg !== 'ES256') throw new Error('By hand it is not good.');
}

const spent = { guard: 0, raw: 0, jose: 0, fastJwt: 0 };
for (const [index, jwt] of jwts.entries()) {
  if (index === WARM_UP) for (const name of Object.keys(spent) as (keyof typeof spent)[]) spent[name] = 0;
  let at = performance.now();
  byGuard(jwt);
  spent.guard += performance.now() - at;
  at = performance.now();
  byHand(jwt, publicKey);
  spent.raw += performance.now() - at;
  at = performance.now();
  await jwtVerify(jwt, joseKey, { issuer, audience: issuer });
  spent.jose += performance.now() - at;
  at = performance.now();
  byFastJwt(jwt);
  spent.fastJwt += performance.now() - at;
}

const some = jwts.slice(0, SEEN).map(asked);
const seenOnce = (): number => {
  const at = performance.now();
  for (let round = 0; round < SEEN_ROUNDS; round++) for (const question of some) guard.judge(question);
  return performance.now() - at;
};
seenOnce();
const seenMs = seenOnce();

const each = (ms: number): number => (ms * 1000) / (jwts.length - WARM_UP);
const result = {
  seenMicros: (seenMs * 1000) / (SEEN_ROUNDS * some.length),
  ...{
    unseenMicros: each(spent.guard),
    rawMicros: each(spent.raw),
    joseMicros: each(spent.jose),
    fastJwtMicros: each(spent.fastJwt),
  },
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));
