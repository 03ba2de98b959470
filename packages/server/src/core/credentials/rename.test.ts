import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { hashSecret } from './verify.ts';

const MINUTE = 60_000;

describe('renaming a credential', () => {
  it('changes the name of one that lives, and is on record', async () => {
    const { keyhouse, ...house } = await openHouse();
    const { accountId } = await house.user();
    const { id } = await house.key(accountId);
    expect(await keyhouse.credentials.rename({ kind: 'key', id, accountId, name: 'deploy' }, OPERATOR)).toMatchObject({
      ok: true,
    });
    expect(await keyhouse.credentials.get('key', id)).toMatchObject({ name: 'deploy' });
    expect((await house.events(accountId))[0]).toBe('key.renamed');
  });

  it('finds nothing under another account or kind, nor what was revoked, and takes no empty name', async () => {
    const { keyhouse, ...house } = await openHouse();
    const [mine, other] = [await house.user(), await house.user()];
    const { id } = await house.key(mine.accountId);
    const rename = (owned: { kind: 'key' | 'token'; accountId: number }, name = 'new') =>
      keyhouse.credentials.rename({ ...owned, id, name }, OPERATOR);
    const theirs = { kind: 'key', accountId: other.accountId } as const;
    const own = { kind: 'key', accountId: mine.accountId } as const;
    expect(await rename(theirs)).toMatchObject({ ok: false, reason: 'not_found' });
    expect(await rename({ ...own, kind: 'token' })).toMatchObject({ ok: false, reason: 'not_found' });
    expect(await rename(own, '')).toMatchObject({ ok: false, reason: 'invalid' });
    await keyhouse.credentials.revoke({ ...own, id }, OPERATOR);
    expect(await rename(own)).toMatchObject({ ok: false, reason: 'not_found' });
    expect(await keyhouse.credentials.get('key', id)).toMatchObject({ name: 'key' });
  });
});

describe('the previous secret', () => {
  it('ends when it is told to, and once', async () => {
    const { keyhouse, clock, ...house } = await openHouse();
    const { accountId } = await house.user();
    const { id, text } = await house.key(accountId);
    const credential = await keyhouse.credentials.get('key', id);
    if (credential === null) throw new Error('The key is gone.');
    const owned = { kind: 'key', id, accountId } as const;
    expect(await keyhouse.credentials.endOverlap(owned, OPERATOR)).toBe(false);
    const wish = { credential, currentHash: hashSecret(text), overlapSeconds: 3600, revokeJwts: false };
    expect(await keyhouse.credentials.rotate(wish, OPERATOR)).toMatchObject({ ok: true });
    clock.atMs += MINUTE;
    expect(await keyhouse.credentials.extendOverlap({ ...owned, seconds: 7200 }, OPERATOR)).toBe(true);
    expect(await keyhouse.credentials.endOverlap(owned, OPERATOR)).toBe(true);
    expect(await keyhouse.credentials.endOverlap(owned, OPERATOR)).toBe(false);
    expect(await keyhouse.credentials.extendOverlap({ ...owned, seconds: 60 }, OPERATOR)).toBe(false);
  });
});
