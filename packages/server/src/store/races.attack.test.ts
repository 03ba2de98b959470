/**
 * Two servers on one database, and an attacker who wins every race that can be won. What counts is not what the record says but
 * what a server that follows the list of changes believes: that server accepts a JWT or refuses it.
 */
import { randomBytes } from 'node:crypto';
import { covers, RevocationList } from '@keyhouse/protocol';
import { beforeAll, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachWay } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import type { Credential } from '../core/credentials/credential.ts';
import type { MintedJwt } from '../core/jwts/jwt.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const ROUNDS = 25;
const WIDE = ['a.read', 'b.read'];
const event = (name: EventDraft['event']): EventDraft => ({
  event: name,
  atMs: NOW,
  by: { actor: 'operator', requestId: null, person: {} },
});
const hex = () => randomBytes(32).toString('hex');

eachWay('nobody wins a race', (makeDatabase) => {
  let store: OpenedStore;
  let other: OpenedStore;
  beforeAll(async () => {
    const database = await makeDatabase();
    [store, other] = [await database.open(), await database.open()];
  });

  const newKey = (accountId: number): Promise<Credential> =>
    created(
      store.credentials.issue({
        credential: {
          kind: 'key',
          environment: 'live',
          accountId,
          userId: null,
          name: 'key',
          source: 'command-line',
          permissions: WIDE,
          addresses: null,
          hash: hex(),
          createdAtMs: NOW,
          expiresAtMs: null,
        },
        event: event('key.created'),
      }),
    );
  const newUser = async () => {
    const email = `${hex()}@example.com`;
    const user = await store.accounts.createUser({
      user: {
        email,
        emailKey: email,
        passwordHash: 'hash-1',
        displayName: 'A',
        firstName: '',
        lastName: '',
        isAdministrator: false,
        createdAtMs: NOW,
      },
      event: event('user.created'),
    });
    if (user === null) throw new Error('taken');
    return user;
  };
  /** `aheadMs`: how much the clock of the server that mints is ahead of the one that ends the key. */
  const mint = (through: OpenedStore, key: Credential, permissions: readonly string[], aheadMs: number) =>
    through.jwts.recordJwt({
      jwt: {
        jti: randomBytes(16).toString('base64url'),
        keyId: key.id,
        accountId: key.accountId,
        subject: null,
        permissions,
        signingKeyId: 'kid',
        issuedAtMs: NOW + aheadMs,
        expiresAtMs: NOW + DAY,
      },
      expected: key,
      limit: 1000,
      nowMs: NOW + aheadMs,
      event: event('jwt.minted'),
    });
  const mints = (key: Credential, count = 8) =>
    Array.from({ length: count }, (_, i) => mint(i % 2 === 0 ? store : other, key, i % 4 < 2 ? WIDE : ['a.read'], i * 1000));
  /** What a server that has just started accepts. */
  const alive = async (key: Credential): Promise<readonly MintedJwt[]> => {
    const list = new RevocationList();
    for (const change of (await store.changes.activeRevocations(NOW)).revocations) list.add(change);
    const recorded = await store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: true, limit: 1000 });
    return recorded.filter((jwt) => !list.isRevoked(jwt));
  };
  const revoke = (key: Credential) =>
    other.credentials.revoke({ kind: 'key', id: key.id, nowMs: NOW, event: event('key.revoked') });
  const narrow = (
    through: OpenedStore,
    key: Credential,
    permissions: readonly string[],
    addresses: readonly string[] | null = null,
  ) =>
    through.credentials.narrow({
      kind: 'key',
      id: key.id,
      expected: key,
      permissions,
      addresses,
      nowMs: NOW,
      undoEndsAtMs: NOW + DAY,
      event: event('key.narrowed'),
    });

  it('between minting and revoking: no JWT of a revoked key lives, not even one from a server whose clock is ahead', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = await newKey(1);
      const [first, ...rest] = mints(key);
      const [revoked] = await Promise.all([revoke(key), first, ...rest]);
      expect(revoked).toBe(true);
      expect(await alive(key)).toEqual([]);
    }
  });

  it('between minting and narrowing: no JWT lives that is wider than its key', async () => {
    let kept = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const key = await newKey(1);
      const early = mints(key, 4);
      await Promise.all([...early, narrow(other, key, ['a.read']), ...mints(key, 4)]);
      const living = await alive(key);
      kept += living.length;
      expect(living.filter(({ permissions }) => !covers(['a.read'], [...permissions]))).toEqual([]);
    }
    // Those that were narrow enough are not touched.
    expect(kept).toBeGreaterThan(0);
  });

  it('between minting and new addresses: no JWT lives that does not carry them', async () => {
    for (let round = 0; round < 10; round++) {
      const key = await newKey(1);
      await Promise.all([...mints(key), narrow(other, key, WIDE, ['10.0.0.0/8'])]);
      expect(await alive(key)).toEqual([]);
    }
  });

  it('between minting and disabling the owner: no JWT of the account lives', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const user = await newUser();
      const keys = await Promise.all([newKey(user.accountId), newKey(user.accountId)]);
      const racing = keys.flatMap((key) => mints(key, 6));
      const disabled = other.accounts.setUserDisabled({
        userId: user.id,
        disabled: true,
        nowMs: NOW,
        event: event('user.disabled'),
      });
      await Promise.all([...racing, disabled]);
      for (const key of keys) expect(await alive(key)).toEqual([]);
    }
  });

  it('between two who narrow the same key differently: one is done, and the other is told', async () => {
    for (let round = 0; round < 10; round++) {
      const key = await newKey(1);
      const done = await Promise.all([narrow(store, key, ['a.read']), narrow(other, key, ['b.read'])]);
      expect(done.filter((narrowed) => narrowed !== null)).toHaveLength(1);
    }
  });

  it('between a log-in and a new password: no token of the old password lives', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const user = await newUser();
      const logIns = Array.from({ length: 4 }, (_, i) =>
        (i % 2 === 0 ? store : other).credentials.issueAtSignIn({
          userId: user.id,
          passwordHash: 'hash-1',
          secondFactor: false,
          addressHash: null,
          token: {
            kind: 'token',
            environment: 'live',
            name: 'laptop',
            source: 'login',
            permissions: null,
            addresses: null,
            hash: hex(),
            createdAtMs: NOW,
            expiresAtMs: null,
          },
          events: [],
        }),
      );
      const changed = other.accounts.setPasswordHash({
        userId: user.id,
        passwordHash: 'hash-2',
        nowMs: NOW,
        endTokensOfLogins: true,
        event: event('user.password_changed'),
      });
      await Promise.all([...logIns, changed]);
      expect(await store.credentials.listCredentials({ kind: 'token', userId: user.id, withRevoked: false, limit: 10 })).toEqual(
        [],
      );
    }
  });

  it('between a re-hash and a new password: the new password stands', async () => {
    for (let round = 0; round < 10; round++) {
      const user = await newUser();
      const set = (through: OpenedStore, passwordHash: string, onlyIfHash?: string) =>
        through.accounts.setPasswordHash({
          userId: user.id,
          passwordHash,
          ...(onlyIfHash === undefined ? {} : { onlyIfHash }),
          nowMs: NOW,
          endTokensOfLogins: false,
          event: event('user.password_rehashed'),
        });
      await Promise.all([set(store, 'rehashed', 'hash-1'), set(other, 'new')]);
      expect((await store.accounts.findUserByEmail(user.email))?.passwordHash).toBe('new');
    }
  });

  it('between minting and rotating a stolen key: no JWT lives that the old secret asked for', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = await newKey(1);
      const rotated = other.credentials.rotate({
        kind: 'key',
        id: key.id,
        currentHash: key.hash,
        newHash: hex(),
        overlapEndsAtMs: null,
        nowMs: NOW,
        revokeJwts: true,
        event: event('key.rotated'),
      });
      await Promise.all([...mints(key), rotated]);
      expect(await alive(key)).toEqual([]);
    }
  });

  it('between rotating and revoking: whoever comes first, the credential is over', async () => {
    for (let round = 0; round < 10; round++) {
      const key = await newKey(1);
      const rotated = store.credentials.rotate({
        kind: 'key',
        id: key.id,
        currentHash: key.hash,
        newHash: hex(),
        overlapEndsAtMs: NOW + DAY,
        nowMs: NOW,
        revokeJwts: false,
        event: event('key.rotated'),
      });
      await Promise.all([rotated, revoke(key)]);
      expect((await store.credentials.getCredential('key', key.id))?.revokedAtMs).toBe(NOW);
    }
  });

  it('for the numbers of changes: a reader who follows them misses none, whatever commits beside it', async () => {
    const start = (await store.changes.activeRevocations(0)).position;
    const heard: number[] = [];
    let done = false;
    const follow = async () => {
      let position = start;
      for (let last = false; !last; ) {
        // SQLite answers without waiting, and the acts need their turns.
        await new Promise(setImmediate);
        last = done;
        for (const { number } of await other.changes.changesAfter(position, 7)) {
          heard.push(number);
          position = number;
          last = false;
        }
      }
    };
    const keys: Credential[] = [];
    while (keys.length < 60) keys.push(await newKey(1));
    const following = follow();
    const end = (key: Credential, i: number) => (i % 2 === 0 ? revoke(key) : narrow(store, key, ['a.read']));
    for (let i = 0; i < 60; i += 12) await Promise.all(keys.slice(i, i + 12).map(end));
    done = true;
    await following;
    expect(heard).toEqual(Array.from({ length: 60 }, (_, i) => start + i + 1));
  });
});
