import { randomBytes } from 'node:crypto';
import { formatToken, makeTokenSecret, parseCredential } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { type House, OPERATOR, openHouse } from '../../../test/house.ts';
import { asUser, type HouseUser, verdictOf } from '../../../test/house-things.ts';
import { happened } from '../audit/event.ts';
import { DAY_MS } from '../lib/clock.ts';
import type { CredentialWithOwner } from './credential.ts';
import type { ImportedCredential } from './imported.ts';
import { newToken } from './register.ts';
import { blocksOf, hashSecret, reasonToRefuse, UNUSED_TOKEN_DAYS } from './verify.ts';

async function createToken(house: House, user: HouseUser, name = 'laptop') {
  const wish = { accountId: user.accountId, userId: user.id, name, permissions: null, addresses: null } as const;
  const made = await house.keyhouse.credentials.createToken({ ...wish, expiresAtMs: null, source: 'dashboard' }, asUser(user));
  if (!made.ok) throw new Error(made.reason);
  return made.value;
}

/** A token of a log-in, as `logIn` creates it, without the password. */
async function loggedIn(house: House, user: HouseUser) {
  const nowMs = house.clock.now();
  const secret = makeTokenSecret(randomBytes);
  const events = (['user.signed_in', 'token.created'] as const).map((event) => happened(asUser(user), nowMs, event));
  const issued = await house.store.credentials.issueAtSignIn({
    ...{ userId: user.id, passwordHash: 'none', secondFactor: false, addressHash: null, events },
    token: newToken('phone', 'login', secret, nowMs),
  });
  if (issued === null || issued === 'suspended') throw new Error('No token was issued.');
  return { id: issued.token.id, text: formatToken(issued.token.id, secret) };
}

describe('the reasons to refuse', () => {
  const [NOW, HASH, PREVIOUS] = [1000 * DAY_MS, 'current', 'previous'];
  const GOOD = {
    ...{ kind: 'token', source: 'login', hash: HASH, previousHash: PREVIOUS, previousEndsAtMs: NOW + 1 },
    ...{ revokedAtMs: null, expiresAtMs: NOW + 1, ownerDisabledAtMs: null, accountSuspendedAtMs: null },
    addresses: ['203.0.113.0/24'],
  } as unknown as CredentialWithOwner;
  const HERE = { address: '203.0.113.7', userAgent: null };
  const ask = (wrong: Partial<CredentialWithOwner>, hash = HASH, from: typeof HERE | null = HERE, usedAtMs = NOW) => {
    const credential = { ...GOOD, ...wrong };
    return reasonToRefuse({ credential, blocks: blocksOf(credential.addresses) }, hash, from, NOW, usedAtMs);
  };

  it('are told in one order, so that the log names what to mend first', () => {
    const faults: readonly (readonly [Partial<CredentialWithOwner>, string])[] = [
      [{ revokedAtMs: 1 }, 'revoked'],
      [{ previousEndsAtMs: NOW }, 'superseded'],
      [{ expiresAtMs: NOW }, 'expired'],
      [{}, 'unused'],
      [{ ownerDisabledAtMs: 1 }, 'owner_disabled'],
      [{ accountSuspendedAtMs: 1 }, 'account_suspended'],
      [{ addresses: ['198.51.100.0/24'] }, 'address_not_allowed'],
    ];
    const longAgoMs = NOW - UNUSED_TOKEN_DAYS * DAY_MS - 1;
    for (const [first, [, reason]] of faults.entries()) {
      const wrong = Object.assign({}, ...faults.slice(first).map(([fault]) => fault));
      expect(ask(wrong, first <= 1 ? PREVIOUS : HASH, HERE, first <= 3 ? longAgoMs : NOW)).toBe(reason);
    }
    expect(ask({})).toBeNull();
  });

  it('begin at the very moment, and not before', () => {
    expect([ask({ expiresAtMs: NOW + 1 }), ask({}, PREVIOUS), ask({}, HASH, HERE, NOW - UNUSED_TOKEN_DAYS * DAY_MS)]).toEqual([
      ...[null, null, null],
    ]);
    expect(ask({ previousEndsAtMs: null }, PREVIOUS)).toBe('superseded');
  });

  it('leave a key and a token from the dashboard unused for as long as one likes', () => {
    expect(ask({ source: 'dashboard' }, HASH, HERE, 0)).toBeNull();
    expect(ask({ source: 'register' }, HASH, HERE, 0)).toBe('unused');
  });

  it('judge the address only of a request, and refuse one that is not known', () => {
    expect(ask({}, HASH, null)).toBeNull();
    expect(ask({}, HASH, { ...HERE, address: '198.51.100.7' })).toBe('address_not_allowed');
    const unknown = { address: null, userAgent: null } as unknown as typeof HERE;
    expect(ask({}, HASH, unknown)).toBe('address_not_allowed');
    expect(ask({ addresses: null }, HASH, unknown)).toBeNull();
  });
});

describe('verifying a credential', () => {
  it('takes the secret of a token only with the id that it was created with, from the cache too', async () => {
    const house = await openHouse();
    const user = await house.user();
    const [one, other] = [await createToken(house, user, 'one'), await createToken(house, user, 'other')];
    const secretOf = (text: string) => text.slice(text.indexOf('|') + 1);
    const swapped = `${other.token.id}|${secretOf(one.text)}`;
    expect(await verdictOf(house, swapped)).toBe('unknown');
    expect([await verdictOf(house, one.text), await verdictOf(house, other.text)]).toEqual(['ok', 'ok']);
    expect(await verdictOf(house, swapped)).toBe('unknown');
  });

  it('says whose it is, with which secret, and when that ends; and counts a use only where it was used', async () => {
    const house = await openHouse();
    const { credentials } = house.keyhouse;
    const user = await house.user();
    const { token, text } = await createToken(house, user);
    const rotation = { credential: token, currentHash: token.hash, overlapSeconds: 60, revokeJwts: false };
    expect((await credentials.rotate(rotation, asUser(user))).ok).toBe(true);
    const usedAtMs = async () => {
      await house.keyhouse.flush();
      return (await credentials.get('token', token.id))?.use.lastUsedAtMs ?? null;
    };
    expect(await verdictOf(house, text)).toBe('ok');
    expect(await usedAtMs()).toBeNull();
    const verdict = await house.keyhouse.verify(parseCredential(text), { address: null, userAgent: null });
    expect(verdict).toMatchObject({
      ok: true,
      caller: {
        kind: 'token',
        userId: user.id,
        hash: token.hash,
        isPreviousSecret: true,
        secretEndsAtMs: house.clock.now() + 60_000,
      },
    });
    expect(await usedAtMs()).toBe(house.clock.now());
  });

  it('asks the store before it calls a token unused: another server may have seen it', async () => {
    const house = await openHouse();
    const user = await house.user();
    const [seen, unseen] = [await loggedIn(house, user), await loggedIn(house, user)];
    for (const { text } of [seen, unseen]) expect(await verdictOf(house, text)).toBe('ok');
    house.clock.atMs += UNUSED_TOKEN_DAYS * DAY_MS;
    const nowMs = house.clock.now();
    const use = {
      ...{ credentialId: seen.id, requests: 1, lastUsedAtMs: nowMs, lastAddress: null, lastUserAgent: null },
      ...{ previousRequests: 0, previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null },
      day: Math.floor(nowMs / DAY_MS),
    };
    await house.store.credentials.recordUse({ uses: [use], permissions: [] });
    house.clock.atMs += 1;
    await house.keyhouse.revocations.follower.poll();
    expect([await verdictOf(house, seen.text), await verdictOf(house, unseen.text)]).toEqual(['ok', 'unused']);
  });
});

describe('a credential that was imported', () => {
  async function imported(house: House, wish: Partial<ImportedCredential> & { secret: string }) {
    const { secret, ...more } = wish;
    const user = await house.user();
    const credential: ImportedCredential = {
      ...{ kind: 'token', foreignId: '12', startsWith: secret.slice(0, 4), environment: 'live', accountId: user.accountId },
      ...{ userId: user.id, name: 'old', permissions: null, hash: hashSecret(secret), createdAtMs: house.clock.now() },
      ...{ expiresAtMs: null, lastUsedAtMs: null, ...more },
    };
    const taken = await house.store.imports.importCredentials({
      ...{ origin: 'other', credentials: [credential], nowMs: house.clock.now(), by: OPERATOR },
    });
    expect(taken).toEqual(['taken']);
    await house.keyhouse.revocations.follower.poll();
    return user;
  }

  it('keeps its secret: with its id before the bar, or without one, and with no other id', async () => {
    const house = await openHouse();
    const user = await imported(house, { secret: 'abcdefgh' });
    expect([await verdictOf(house, '12|abcdefgh'), await verdictOf(house, 'abcdefgh')]).toEqual(['ok', 'ok']);
    const texts = ['13|abcdefgh', '012|abcdefgh', '|abcdefgh', '12|abcdefg', '12|12|abcdefgh', `${user.id}|abcdefgh`];
    for (const text of texts) expect(await verdictOf(house, text), text).toBe('unknown');
  });

  it('is presented as a whole where it is a key, and where a bar is part of its secret', async () => {
    const house = await openHouse();
    await imported(house, { kind: 'key', userId: null, secret: 'sk_0123' });
    await imported(house, { foreignId: null, secret: 'left|right' });
    expect([await verdictOf(house, 'sk_0123'), await verdictOf(house, 'left|right')]).toEqual(['ok', 'ok']);
    for (const text of ['12|sk_0123', 'right', 'left', 'left|right|']) expect(await verdictOf(house, text), text).toBe('unknown');
  });
});
