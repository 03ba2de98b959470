/** Our JWTs in front of verifiers that nobody here wrote: what holds is accepted with its claims, what does not is refused. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../standards/scene.ts';
import { VERIFIERS, type Verify } from './verifiers.ts';

/** One of each kind that there is. */
interface Jwts {
  readonly minted: string;
  readonly session: string;
  readonly application: string;
  readonly clientId: string;
}

describe.each(VERIFIERS)('$name', ({ name, open }) => {
  let scene: Scene;
  let jwts: Jwts;
  let verify: Verify | null;
  let elsewhere: Verify | null;

  beforeAll(async () => {
    scene = await openScene();
    jwts = await jwtsOf(scene);
    const expected = { issuer: scene.issuer, audience: scene.issuer, algorithm: 'ES256' } as const;
    verify = await open(expected);
    elsewhere = await open({ ...expected, audience: 'https://another.example' });
    if (verify === null) console.warn(`SKIPPED: ${name} is not on this machine (Debian: python3-jwt, python3-authlib).`);
    return () => scene.stop();
  });

  it('accepts the JWTs of every kind, and reads the claims that we wrote', async ({ skip }) => {
    if (verify === null) return skip();
    expect(await verify(jwts.minted)).toMatchObject({ iss: scene.issuer, permissions: ['invoices.read'], environment: 'live' });
    expect(await verify(jwts.session)).toMatchObject({ client_id: scene.spa.clientId, sid: expect.any(String) });
    expect(await verify(jwts.application)).toMatchObject({ sub: jwts.clientId, scope: 'invoices.read' });
  });

  it('refuses one that was changed, signed by somebody else or is for another audience', async ({ skip }) => {
    if (verify === null || elsewhere === null) return skip();
    for (const forged of [widened(jwts.minted), signedElsewhere(jwts.minted), unsigned(jwts.minted)])
      await expect(verify(forged), forged).rejects.toThrow();
    await expect(elsewhere(jwts.minted)).rejects.toThrow();
  });
});

async function jwtsOf(scene: Scene): Promise<Jwts> {
  const { accountId } = await scene.server.register();
  const { text } = await scene.server.key(accountId);
  const minted = await scene.server.request('/auth', { bearer: text, body: { permissions: ['invoices.read'] } });
  const { clientId, secret } = await scene.application({ kind: 'confidential', ownPermissions: ['invoices.read'] });
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret ?? '' };
  const application = await scene.token(form);
  const session = await scene.signIn(scene.spa);
  return { minted: minted.json.token, session: session.access_token, application: application.json.access_token, clientId };
}

const partsOf = (jwt: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  return [header, payload, signature];
};
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());

function widened(jwt: string): string {
  const [header, payload, signature] = partsOf(jwt);
  return `${header}.${encode({ ...decode(payload), permissions: ['*'], scope: '*' })}.${signature}`;
}

function signedElsewhere(jwt: string): string {
  const [header, payload] = partsOf(jwt);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const signature = sign('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' });
  return `${header}.${payload}.${signature.toString('base64url')}`;
}

function unsigned(jwt: string): string {
  const [header, payload] = partsOf(jwt);
  return `${encode({ ...decode(header), alg: 'none' })}.${payload}.`;
}
