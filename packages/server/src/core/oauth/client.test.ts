import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ISSUER, OPERATOR, openHouse } from '../../../test/house.ts';
import { newApplication } from '../../../test/house-sessions.ts';

describe('a client', () => {
  it('proves itself by its secret where it has one, and a public one cannot', async () => {
    const house = await openHouse();
    const { oauth } = house.keyhouse;
    const { accountId } = await house.user();
    const [open, closed] = [
      await newApplication(house, accountId),
      await newApplication(house, accountId, { kind: 'confidential' }),
    ];
    const proofOf = async (proof: Parameters<typeof oauth.authenticateClient>[0]) => {
      const found = await oauth.authenticateClient(proof);
      return found.ok ? found.value.isProved : found.reason;
    };
    const secret = closed.secret ?? '';
    expect(await proofOf({ method: 'none', clientId: open.clientId })).toBe(false);
    expect(await proofOf({ method: 'secret', clientId: closed.clientId, secret })).toBe(true);
    expect(await proofOf({ method: 'none', clientId: closed.clientId })).toBe('invalid_client');
    expect(await proofOf({ method: 'secret', clientId: open.clientId, secret })).toBe('invalid_client');
    expect(await proofOf({ method: 'secret', clientId: closed.clientId, secret: '' })).toBe('invalid_client');
    expect(await proofOf({ method: 'none', clientId: 'app_0000000000000000000000' })).toBe('invalid_client');
    await house.keyhouse.applications.delete(open, OPERATOR);
    expect(await proofOf({ method: 'none', clientId: open.clientId })).toBe('invalid_client');
  });
});

describe('a signed assertion (RFC 7523)', () => {
  async function signing() {
    const house = await openHouse();
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' }] };
    const application = await newApplication(house, (await house.user()).accountId, { kind: 'confidential', jwks });
    const at = () => Math.floor(house.clock.now() / 1000);
    const assert = (claims: Record<string, unknown> = {}, key = privateKey) =>
      new SignJWT({
        ...{ iss: application.clientId, sub: application.clientId, aud: ISSUER, jti: crypto.randomUUID(), exp: at() + 60 },
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .sign(key);
    const isProved = async (assertion: string, clientId: string | null = null) =>
      (await house.keyhouse.oauth.authenticateClient({ method: 'assertion', clientId, assertion })).ok;
    return { house, application, at, assert, isProved };
  }

  it('proves the client whose it is, once', async () => {
    const { application, assert, isProved } = await signing();
    const assertion = await assert();
    expect(application.secret).toBeNull();
    expect(await Promise.all([isProved(assertion), isProved(assertion)])).toEqual([true, false]);
    expect(await isProved(await assert(), application.clientId)).toBe(true);
    expect(await isProved(await assert({ aud: `${ISSUER}/auth/token` }))).toBe(true);
  });

  it('is refused when it is for somebody else, ends too late or has ended, or is signed by another key', async () => {
    const { house, at, assert, isProved } = await signing();
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(await isProved(await assert({ aud: 'https://other.example' }))).toBe(false);
    expect(await isProved(await assert({ sub: 'app_other' }))).toBe(false);
    expect(await isProved(await assert({ jti: undefined }))).toBe(false);
    expect(await isProved(await assert({ exp: undefined }))).toBe(false);
    expect(await isProved(await assert({}, other))).toBe(false);
    expect(await isProved(await assert({ exp: at() + 631 }))).toBe(false);
    expect(await isProved(await assert({ exp: at() + 630 }))).toBe(true);
    const ended = await assert({ exp: at() + 1 });
    house.clock.atMs += 31_000;
    expect(await isProved(ended)).toBe(false);
    expect(await isProved('a.b.c')).toBe(false);
  });
});
