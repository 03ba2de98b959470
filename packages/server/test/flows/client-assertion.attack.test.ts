/** An application that authenticates with a signed assertion (RFC 7523 §3), and what looks like one. */
import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, it } from 'vitest';
import { askTokens, newApplication, type TestApplication } from '../applications.ts';
import { eachDatabase } from '../databases.ts';
import { newPerson } from '../people.ts';
import { startTestServer, type TestServer } from '../server.ts';

eachDatabase('a client assertion', (makeDatabase) => {
  let server: TestServer;
  let client: TestApplication;
  let other: TestApplication;
  let keys: Awaited<ReturnType<typeof newKeys>>;

  let places = 0;

  const newKeys = async (kid: string) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
  };
  beforeAll(async () => {
    server = await startTestServer({ database: await makeDatabase(), trustedProxies: ['127.0.0.1/32'] });
    const { accountId } = await newPerson(server);
    const others = await newKeys('k2');
    keys = await newKeys('k1');
    const wish = { kind: 'confidential', ownPermissions: ['a.read'] } as const;
    client = await newApplication(server, accountId, { ...wish, jwks: { keys: [keys.jwk] } });
    other = await newApplication(server, accountId, { ...wish, jwks: { keys: [others.jwk] } });
    return () => server.stop();
  });

  const signed = async (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> => {
    const now = Math.floor(server.now() / 1000);
    const of = { iss: client.clientId, sub: client.clientId, aud: server.url, jti: crypto.randomUUID(), iat: now, exp: now + 60 };
    return await new SignJWT({ ...of, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
      .sign(keys.privateKey);
  };
  const statusOf = async (assertion: string, rest: Record<string, string> = {}): Promise<number> => {
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...rest,
    };
    // From another network each time, so that no limit answers instead of what is tested.
    const answer = await askTokens(server, form, { 'x-forwarded-for': `10.0.${places++}.1`, 'x-forwarded-proto': 'https' });
    if (answer.status !== 200) expect(answer.json.error, answer.text).toMatch(/^invalid_(client|request)$/);
    return answer.status;
  };

  it('proves it once: for us, by its own key, and soon over', async () => {
    const good = await signed();
    expect(await statusOf(good)).toBe(200);
    expect(await statusOf(good)).toBe(401);
    expect(await statusOf(await signed({ aud: `${server.url}/auth/token` }))).toBe(200);
    const racing = await signed();
    const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(racing)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it('proves nothing for another audience, issuer or subject, without an id or an end, when it is over or lives too long', async () => {
    const now = Math.floor(server.now() / 1000);
    for (const claims of [
      ...[
        { aud: 'https://other.example' },
        { aud: undefined },
        { iss: other.clientId },
        { sub: other.clientId },
        { sub: undefined },
      ],
      ...[{ jti: undefined }, { jti: '' }, { exp: undefined }, { exp: now - 120 }, { exp: now + 86_400 }, { nbf: now + 300 }],
    ])
      expect(await statusOf(await signed(claims)), JSON.stringify(claims)).toBe(401);
  });

  it('proves nothing with another’s key, another’s name, no algorithm, or the public key as a secret', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [, payload = '', signature = ''] = (await signed()).split('.');
    const hs256 = `${part({ alg: 'HS256', kid: 'k1' })}.${payload}`;
    const mac = createHmac('sha256', JSON.stringify(keys.jwk)).update(hs256).digest('base64url');
    for (const assertion of [
      ...[
        await signed({}, { kid: 'k2' }),
        await signed({}, { kid: undefined }),
        await signed({ iss: other.clientId, sub: other.clientId }),
      ],
      ...[
        `${part({ alg: 'none', kid: 'k1' })}.${payload}.`,
        `${hs256}.${mac}`,
        `${part({ alg: 'ES256', kid: 'k1' })}.${payload}.${signature}x`,
      ],
      ...['x', 'a.b.c', '...', '💩'],
    ])
      expect(await statusOf(assertion), assertion.slice(0, 60)).toBe(401);
    expect(await statusOf(await signed(), { client_id: other.clientId })).toBe(401);
    expect(await statusOf(await signed(), { client_secret: 'x' })).toBe(400);
    expect(await statusOf(await signed(), { client_assertion_type: 'other' })).toBe(400);
  });

  it('is counted where it fails: ten in five minutes from one network, and a good one is not among them', async () => {
    const from = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' };
    const wrong = () =>
      askTokens(server, { grant_type: 'client_credentials', client_id: client.clientId, client_secret: 'x' }, from);
    for (let time = 0; time < 10; time++) expect((await wrong()).status).toBe(401);
    const late = await wrong();
    expect([late.status, Number(late.headers['retry-after']) > 0]).toEqual([429, true]);
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signed(),
    };
    expect((await askTokens(server, form, from)).status).toBe(200);
  });
});
