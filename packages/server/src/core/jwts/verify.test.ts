import { randomBytes } from 'node:crypto';
import { makeJti } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { signJws } from '../signing-keys/jws.ts';
import { makeSigningKey, openSigningKeys } from '../signing-keys/signing-key.ts';
import { createSeenJwts } from './seen.ts';
import { goodClaims, ISSUER, openRoom, SECRET } from './test-helper.ts';
import { verifyJwt } from './verify.ts';

const openVerify = async (algorithm: 'ES256' | 'RS256' = 'ES256') => {
  const room = await openRoom(algorithm);
  const claims = goodClaims(makeJti(room.clock.now(), randomBytes), room.clock.now());
  const signed = (changes: Record<string, unknown> = {}, typ = 'at+jwt') =>
    signJws(room.signingKey, typ, JSON.stringify({ ...claims, ...changes }));
  const reasonOf = (text: string) => {
    const verified = verifyJwt(room.verify, text);
    return verified.ok ? 'ok' : verified.reason;
  };
  return { ...room, ports: room.verify, claims, signed, reasonOf };
};

describe('verifying a JWT', () => {
  it.each(['ES256', 'RS256'] as const)('accepts what we signed with %s, and says who and under which key', async (algorithm) => {
    const { ports, signed, signingKey, claims, clock } = await openVerify(algorithm);
    expect(verifyJwt(ports, signed())).toEqual({
      ok: true,
      value: {
        ...{ claims, notBefore: null, holder: { kind: 'jwt', keyId: 55, subject: null } },
        ...{ issuedAtMs: clock.now(), signingKeyId: signingKey.kid },
      },
    });
  });

  it('takes both spellings of the type, in any case, and no other', async () => {
    const { signed, reasonOf } = await openVerify();
    for (const typ of ['at+jwt', 'application/at+jwt', 'AT+JWT']) expect(reasonOf(signed({}, typ))).toBe('ok');
    for (const typ of ['', 'JWT', 'id_token', 'at+jwt ', 'logout+jwt']) expect(reasonOf(signed({}, typ))).toBe('type');
  });

  it('holds until the second it ends, first look or not', async () => {
    const { clock, signed, reasonOf } = await openVerify();
    const text = signed();
    clock.atMs += 599_999;
    expect([reasonOf(text), reasonOf(text)]).toEqual(['ok', 'ok']);
    clock.atMs += 1;
    expect([reasonOf(text), reasonOf(signed())]).toEqual(['expired', 'expired']);
  });

  it('does not hold before its time', async () => {
    const { clock, signed, reasonOf, claims } = await openVerify();
    const nbf = Number(claims.iat) + 10;
    expect(reasonOf(signed({ nbf }))).toBe('not_yet_valid');
    clock.atMs += 10_000;
    expect(reasonOf(signed({ nbf }))).toBe('ok');
  });

  it('bears a server whose clock is a minute ahead, not more', async () => {
    const { clock, signed, reasonOf } = await openVerify();
    const text = signed();
    clock.atMs -= 60_000;
    expect(reasonOf(text)).toBe('ok');
    clock.atMs -= 1000;
    expect(reasonOf(text)).toBe('not_yet_valid');
  });

  it('is for this issuer and this audience only', async () => {
    const { signed, reasonOf } = await openVerify();
    expect(reasonOf(signed({ iss: `${ISSUER}/` }))).toBe('issuer');
    expect(reasonOf(signed({ iss: 'https://keys.example.com.evil' }))).toBe('issuer');
    expect(reasonOf(signed({ aud: 'https://other.example.com' }))).toBe('audience');
  });

  it('asks anew for issuer, audience and key of a JWT that it remembers', async () => {
    const { ports, signed } = await openVerify();
    const text = signed();
    expect(verifyJwt(ports, text).ok).toBe(true);
    expect(verifyJwt({ ...ports, issuer: 'https://a' }, text)).toMatchObject({ reason: 'issuer' });
    expect(verifyJwt({ ...ports, audience: 'https://a' }, text)).toMatchObject({ reason: 'audience' });
    const stored = await makeSigningKey({ algorithm: 'ES256', secret: SECRET, state: 'current', nowMs: 0 });
    const ring = await openSigningKeys([stored], [SECRET]);
    if (!ring.ok) throw new Error(ring.reason);
    expect(verifyJwt({ ...ports, keys: () => ring.value }, text)).toMatchObject({ reason: 'unknown_key' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a claim that may be a restriction we do not know', { cnf: { jkt: 'x' } }],
    ['an audience list', { aud: [ISSUER] }],
    ['a fractional end', { exp: 1_900_000_000.5 }],
    ['an end as text', { exp: '1900000000' }],
    ['an end before its issue', { exp: 1 }],
    ['no end', { exp: undefined }],
    ['no time of issue', { iat: undefined }],
    ['a time of issue that its id does not tell', { iat: 1_700_000_000 }],
    ['a not-before as text', { nbf: '1' }],
    ['no id', { jti: undefined }],
    ['an id that is not ours', { jti: 'abc' }],
    ['a scope that differs from the permissions', { scope: 'invoices.read invoices.write' }],
    ['permissions as text', { permissions: 'invoices.read' }],
    ['no permissions', { permissions: [], scope: '' }],
    ['a reserved permission', { permissions: ['keyhouse.verify'], scope: 'keyhouse.verify' }],
    ['the subject of another account', { sub: 'account:13' }],
    ['a subject that only begins like the account', { sub: 'account:123' }],
    ['a platform user', { sub: 'user:7' }],
    ['an empty end user', { sub: 'account:12:' }],
    ['an account as text', { account: '12' }],
    ['a client that is no key', { client_id: 'app:1' }],
    ['a key with a leading zero', { client_id: 'key:055' }],
    ['another environment', { environment: 'staging' }],
    ['an empty list of addresses', { addresses: [] }],
    ['addresses that are no texts', { addresses: [1] }],
  ])('refuses %s, although we signed it', async (_, changes) => {
    const { signed, reasonOf } = await openVerify();
    expect(reasonOf(signed(changes))).toBe('claims');
  });

  it('refuses payloads that are no object, repeat a member or are not UTF-8', async () => {
    const { reasonOf, signingKey, claims } = await openVerify();
    const json = JSON.stringify(claims);
    for (const payload of ['null', '[]', '"a"', '', json.slice(0, -1), `${json.slice(0, -1)},"account":12}`, `\u{feff}${json}`]) {
      expect(reasonOf(signJws(signingKey, 'at+jwt', payload))).toBe('claims');
    }
  });
});

describe('remembering verified JWTs', () => {
  it('checks the signature of one text once', async () => {
    const { ports, signed } = await openVerify();
    const text = signed();
    const first = verifyJwt(ports, text);
    const second = verifyJwt(ports, `${text}`);
    expect(first.ok && second.ok && first.value === second.value).toBe(true);
  });

  it('never remembers what was refused', async () => {
    const { ports, signed } = await openVerify();
    const text = signed({ iss: 'https://a' });
    expect(verifyJwt(ports, text).ok).toBe(false);
    expect(ports.seen.find(text)).toBeUndefined();
  });

  it('stays within its bound', async () => {
    const { ports, signed } = await openVerify();
    const texts = Array.from({ length: 20 }, (_, at) => signed({ sub: `account:12:u${at}` }));
    const seen = createSeenJwts(5 * ((texts[0]?.length ?? 0) + 600));
    for (const text of texts) expect(verifyJwt({ ...ports, seen }, text).ok).toBe(true);
    expect(texts.filter((text) => seen.find(text) !== undefined).length).toBeLessThan(8);
    for (const text of texts) expect(verifyJwt({ ...ports, seen }, text).ok).toBe(true);
  });
});
