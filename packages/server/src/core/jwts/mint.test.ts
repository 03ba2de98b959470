import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJwt, listJwts } from './list.ts';
import { MAX_LIVE_JWTS_PER_KEY, type Minted, type MintingKey, mintJwt } from './mint.ts';
import { revokeJwt } from './revoke.ts';
import { BY, ISSUER, KEY, openRoom } from './test-helper.ts';
import { verifyJwt } from './verify.ts';
import type { Wish } from './wish.ts';

const READ: Wish = { permissions: ['invoices.read'] };

const openMint = async () => {
  const room = await openRoom();
  const mint = (wish: Partial<Wish> = {}, key: Partial<MintingKey> = {}): Promise<Minted> =>
    mintJwt(room.mint, { key: { ...KEY, ...key }, wish: { ...READ, ...wish }, by: BY });
  return { ...room, ports: room.mint, mint };
};

const faults = (minted: Minted): string[] =>
  !minted.ok && minted.reason === 'invalid' ? minted.faults.map(({ field }) => field) : [];
const mintOf = (minted: Minted) => {
  if (!minted.ok) throw new Error(minted.reason);
  return minted.value;
};

describe('minting a JWT', () => {
  it('says in its claims who it is from, for whom, and what it may do', async () => {
    const { mint, verify, clock } = await openMint();
    const { token, jwt } = mintOf(await mint({ permissions: ['invoices.read', 'services.read'], subject: 'customer-77' }));
    const verified = verifyJwt(verify, token);
    const iat = clock.now() / 1000;
    expect(verified).toMatchObject({
      ok: true,
      value: { holder: { kind: 'jwt', keyId: 55, subject: 'customer-77' }, issuedAtMs: clock.now() },
    });
    expect(verified.ok && verified.value.claims).toEqual({
      ...{ iss: ISSUER, aud: ISSUER, sub: 'account:12:customer-77', client_id: 'key:55', account: 12, environment: 'live' },
      ...{ scope: 'invoices.read services.read', permissions: ['invoices.read', 'services.read'] },
      ...{ iat, exp: Date.parse('2027-11-22T00:00:00Z') / 1000, jti: jwt.jti },
    });
  });

  it('lives one year unless told otherwise, and says so in whole seconds', async () => {
    const { mint, clock } = await openMint();
    expect(mintOf(await mint()).expires).toBe('2027-11-22T00:00:00Z');
    clock.atMs += 750;
    expect(mintOf(await mint()).expires).toBe('2027-11-22T00:00:00Z');
  });

  it('ends with its key, when that is sooner', async () => {
    const { mint, clock } = await openMint();
    const expiresAtMs = clock.now() + 90_500;
    expect(mintOf(await mint({}, { expiresAtMs })).jwt.expiresAtMs).toBe(clock.now() + 90_000);
    expect(faults(await mint({ expiresAtMs: expiresAtMs + 1000 }, { expiresAtMs }))).toEqual(['expires']);
  });

  it('ends within MAX_JWT_DAYS, by default and by wish', async () => {
    const { mint, ports, clock, jwts } = await openMint();
    const day = 86_400_000;
    const short = await mintJwt({ ...ports, maxJwtDays: 30 }, { key: KEY, wish: READ, by: BY });
    expect(mintOf(short).jwt.expiresAtMs).toBe(clock.now() + 30 * day);
    expect(faults(await mint({ expiresAtMs: clock.now() + 366 * day }))).toEqual([]);
    expect(faults(await mint({ expiresAtMs: clock.now() + 366 * day + 1000 }))).toEqual(['expires']);
    expect(jwts.rows).toHaveLength(2);
  });

  it.each([0, -1000, 999, Number.NaN])(
    'refuses an end that lies %d ms ahead: it is over within its first second',
    async (ahead) => {
      const { mint, clock } = await openMint();
      expect(faults(await mint({ expiresAtMs: clock.now() + ahead }))).toEqual(['expires']);
    },
  );

  it.each(['', 'a b', 'a:b', 'ü', 'x'.repeat(129), 'a\n', '../a'])('refuses the subject %j', async (subject) => {
    expect(faults(await (await openMint()).mint({ subject }))).toEqual(['subject']);
  });

  it.each(['a', 'x'.repeat(128), 'a.b@c-d_E9'])('takes the subject %j', async (subject) => {
    expect((await (await openMint()).mint({ subject })).ok).toBe(true);
  });

  it.each(
    [[], ['invoices'], ['invoices.READ'], ['invoices.read '], ['.read'], [''], ['keyhouse.verify'], ['keyhouse.read']].map(
      (list) => [list],
    ),
  )('refuses the permissions %j', async (permissions) => {
    expect(faults(await (await openMint()).mint({ permissions }, { permissions: ['*', 'keyhouse.verify'] }))).toEqual([
      'permissions',
    ]);
  });

  it('refuses more than a hundred permissions and carries one named twice only once', async () => {
    const { mint } = await openMint();
    const many = Array.from({ length: 101 }, (_, at) => `r${at}.read`);
    expect(faults(await mint({ permissions: many }))).toEqual(['permissions']);
    expect(mintOf(await mint({ permissions: many.slice(1) })).jwt.permissions).toHaveLength(100);
    expect(mintOf(await mint({ permissions: ['a.read', 'b.read', 'a.read'] })).jwt.permissions).toEqual(['a.read', 'b.read']);
  });

  it('tells of every field that is wrong at once', async () => {
    const { mint } = await openMint();
    const wish = { permissions: [], subject: '', resource: 'https://elsewhere.example', expiresAtMs: 0 };
    expect(faults(await mint(wish))).toEqual(['permissions', 'expires', 'subject', 'resource']);
    expect(faults(await mint({ resource: ISSUER }))).toEqual([]);
  });

  it('never grants what the key lacks, and never quietly less than was asked', async () => {
    const { mint, jwts } = await openMint();
    const minted = await mint({ permissions: ['invoices.read', 'invoices.write'] }, { permissions: ['invoices.read'] });
    expect(minted).toEqual({ ok: false, reason: 'forbidden', permissions: ['invoices.write'] });
    expect(jwts.rows).toEqual([]);
  });

  it('hands on a wildcard only from a key that literally holds it', async () => {
    const { mint } = await openMint();
    const ask = async (wanted: string, permissions: string[] | null) =>
      (await mint({ permissions: [wanted] }, { permissions })).ok;
    expect(await ask('*', null)).toBe(false);
    expect(await ask('*.read', ['*'])).toBe(false);
    expect(await ask('*', ['*.read', '*.write'])).toBe(false);
    expect(await ask('*.read', ['*.read'])).toBe(true);
    expect(await ask('invoices.read', ['*.read'])).toBe(true);
    expect(await ask('invoices.write', ['*.read'])).toBe(false);
  });

  it('knows only catalogued permissions once there is a catalogue', async () => {
    const { ports } = await openMint();
    const catalogue = async () => new Set(['invoices.read']);
    const mint = (permissions: string[]) =>
      mintJwt({ ...ports, catalogue }, { key: { ...KEY, permissions: ['*', 'a.read'] }, wish: { permissions }, by: BY });
    expect((await mint(['invoices.read'])).ok).toBe(true);
    expect(faults(await mint(['a.read']))).toEqual(['permissions']);
    expect((await mint(['*'])).ok).toBe(true);
  });

  it("carries the key's addresses and environment", async () => {
    const { mint, verify } = await openMint();
    const { token } = mintOf(await mint({}, { addresses: ['10.0.0.0/8'], environment: 'test' }));
    expect(verifyJwt(verify, token)).toMatchObject({ value: { claims: { addresses: ['10.0.0.0/8'], environment: 'test' } } });
  });

  it('stands on record, with its event, before its text leaves, and the record holds no text', async () => {
    const { mint, jwts } = await openMint();
    const { token, jwt } = mintOf(await mint());
    expect(jwts.rows).toEqual([jwt]);
    expect(jwts.events).toMatchObject([{ event: 'jwt.minted', accountId: 12, credentialId: 55, details: { jti: jwt.jti } }]);
    for (const part of token.split('.')) expect(JSON.stringify(jwts)).not.toContain(part);
  });

  it('is refused when it cannot be recorded, for the reason the store gives', async () => {
    const { ports } = await openMint();
    for (const answer of ['too_many', 'key_changed'] as const) {
      const limits: number[] = [];
      const recordJwt = async ({ limit }: { limit: number }) => {
        limits.push(limit);
        return answer;
      };
      expect(await mintJwt({ ...ports, jwts: { recordJwt } }, { key: KEY, wish: READ, by: BY })).toEqual({
        ok: false,
        reason: answer,
      });
      expect(limits).toEqual([MAX_LIVE_JWTS_PER_KEY]);
    }
  });

  it('verifies whatever could be minted, for any wish', async () => {
    const { mint, verify } = await openMint();
    const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,9}(\.[A-Za-z0-9_-]{1,9})?\.(read|write)$/);
    const subjects = fc.option(fc.stringMatching(/^[A-Za-z0-9._@-]{1,128}$/), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 1, maxLength: 100 }), subjects, async (permissions, subject) => {
        const minted = await mint({ permissions, ...(subject === undefined ? {} : { subject }) });
        if (!minted.ok) return expect(permissions.some((name) => /^keyhouse\./i.test(name))).toBe(true);
        expect(verifyJwt(verify, minted.value.token)).toMatchObject({
          ok: true,
          value: { holder: { subject: subject ?? null } },
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('minted JWTs on record', () => {
  it('are listed, found by their own account only, and revoked once', async () => {
    const { mint, jwts, clock } = await openMint();
    const { jwt } = mintOf(await mint({ subject: 'customer-77' }));
    await mint();
    const ports = { jwts, clock };
    expect(await listJwts(ports, { keyId: 55 })).toHaveLength(2);
    expect(await listJwts(ports, { keyId: 55, subject: 'customer-77' })).toEqual([jwt]);
    expect(await findJwt(ports, { jti: jwt.jti, accountId: 13 })).toBeNull();
    expect(await revokeJwt(ports, { jti: jwt.jti, accountId: 13, by: BY })).toEqual({ ok: false, reason: 'not_found' });
    expect(await revokeJwt(ports, { jti: jwt.jti, accountId: 12, by: BY })).toMatchObject({
      ok: true,
      value: { revokedAtMs: clock.now() },
    });
    expect(await revokeJwt(ports, { jti: jwt.jti, by: BY })).toEqual({ ok: false, reason: 'not_found' });
    expect(await listJwts(ports, { keyId: 55 })).toHaveLength(1);
    expect(await listJwts(ports, { keyId: 55, withEnded: true })).toHaveLength(2);
  });
});
