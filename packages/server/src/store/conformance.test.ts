/** What every store promises to core, on both databases alike. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachWay, type TestDatabase } from '../../test/databases.ts';
import { chainAudit } from '../core/audit/chain.ts';
import type { By, EventDraft } from '../core/audit/event.ts';
import { verifyAudit } from '../core/audit/verify.ts';
import type { Credential, NewCredential } from '../core/credentials/credential.ts';
import type { StoredSigningKey } from '../core/signing-keys/stored-key.ts';
import type { NewUser, User } from '../core/users/account.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const by: By = { actor: 'operator', requestId: 'r-1', person: { address: '203.0.113.7' } };
const event = (name: EventDraft['event'], more: Partial<EventDraft> = {}): EventDraft => ({
  event: name,
  atMs: NOW,
  by,
  ...more,
});
const hex = () => randomBytes(32).toString('hex');
const person = (name: string): NewUser => ({
  email: `${name}@example.com`,
  emailKey: `${name}@example.com`,
  passwordHash: 'hash-1',
  displayName: name,
  firstName: '',
  lastName: '',
  isAdministrator: false,
  createdAtMs: NOW,
});
const token = (more: Partial<NewCredential> = {}): Omit<NewCredential, 'accountId' | 'userId'> => ({
  kind: 'token',
  environment: 'live',
  name: 'laptop',
  source: 'login',
  permissions: null,
  addresses: null,
  hash: hex(),
  createdAtMs: NOW,
  expiresAtMs: null,
  ...more,
});

eachWay('the store', (makeDatabase) => {
  let database: TestDatabase;
  let store: OpenedStore;
  let other: OpenedStore;
  let count = 0;
  const newUser = async (): Promise<User> => {
    const user = await store.accounts.createUser({ user: person(`user${++count}`), event: event('user.created') });
    if (user === null) throw new Error('taken');
    return user;
  };
  const newKey = (accountId: number, more: Partial<NewCredential> = {}): Promise<Credential> =>
    created(
      store.credentials.issue({
        credential: { ...token(), kind: 'key', source: 'command-line', accountId, userId: null, ...more },
        event: event('key.created'),
      }),
    );
  const newJwt = (key: Credential, permissions: readonly string[], endsInMs = DAY) => ({
    jti: randomBytes(16).toString('base64url'),
    keyId: key.id,
    accountId: key.accountId,
    subject: null,
    permissions,
    signingKeyId: 'kid-1',
    issuedAtMs: NOW,
    expiresAtMs: NOW + endsInMs,
  });
  const record = (key: Credential, jwt: ReturnType<typeof newJwt>, limit = 10_000, through = store) =>
    through.jwts.recordJwt({ jwt, expected: key, limit, nowMs: NOW, event: event('jwt.minted') });
  const position = async () => (await store.changes.activeRevocations(0)).position;

  beforeAll(async () => {
    database = await makeDatabase();
    // Two servers that start at once on a fresh database.
    [store, other] = await Promise.all([database.open(), database.open()]);
  });

  it('is migrated once by two that open it at once, with the operator account as number 1', async () => {
    expect([...store.applied, ...other.applied]).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(await store.accounts.findAccount(1)).toMatchObject({ kind: 'operator', userId: null });
    expect((await store.changes.place()).epoch).toBe((await other.changes.place()).epoch);
    await store.check();
  });

  describe('users', () => {
    it('have one mailbox each, whoever asks at the same moment', async () => {
      const tries = await Promise.all(
        [store, other, store, other].map((through) =>
          through.accounts.createUser({ user: person('once'), event: event('user.created') }),
        ),
      );
      expect(tries.filter((user) => user !== null)).toHaveLength(1);
    });

    it('own a personal account, and are found by id and by address', async () => {
      const user = await newUser();
      expect(await store.accounts.findUser(user.id)).toEqual(user);
      expect(await store.accounts.findUserByEmail(user.email)).toEqual({ ...user, passwordHash: 'hash-1' });
      expect(await store.accounts.findAccount(user.accountId)).toMatchObject({ kind: 'personal', userId: user.id });
      expect(await store.accounts.findUser(999_999)).toBeNull();
    });

    it('are disabled once, with a revocation for the user and for the account', async () => {
      const user = await newUser();
      const before = await position();
      const input = { userId: user.id, disabled: true, nowMs: NOW, event: event('user.disabled') };
      expect(await store.accounts.setUserDisabled(input)).toBe('done');
      expect(await store.accounts.setUserDisabled(input)).toBe('already_so');
      const changes = await store.changes.changesAfter(before, 10);
      expect(changes.map(({ kind, id }) => `${kind}:${id}`)).toEqual([`user:${user.id}`, `account:${user.accountId}`]);
      expect(changes.every(({ beforeMs, endsAtMs }) => (beforeMs ?? 0) >= NOW && (endsAtMs ?? 0) > (beforeMs ?? 0))).toBe(true);
    });

    it('get no token with a password that was changed while it was proved', async () => {
      const user = await newUser();
      await store.accounts.setPasswordHash({
        userId: user.id,
        passwordHash: 'hash-2',
        nowMs: NOW,
        endTokensOfLogins: true,
        event: event('user.password_changed'),
      });
      const issue = (passwordHash: string) =>
        store.credentials.issueAtSignIn({
          userId: user.id,
          passwordHash,
          secondFactor: false,
          addressHash: null,
          token: token(),
          events: [],
        });
      expect(await issue('hash-1')).toBeNull();
      expect(await issue('hash-2')).toMatchObject({ user: { id: user.id } });
    });

    it('lose the tokens of their log-ins with the password, and keep the others', async () => {
      const user = await newUser();
      const login = await created(
        store.credentials.issueAtSignIn({
          userId: user.id,
          passwordHash: 'hash-1',
          secondFactor: false,
          addressHash: 'a',
          token: token(),
          events: [],
        }),
      );
      const made = await created(
        store.credentials.issue({
          credential: { ...token({ source: 'dashboard' }), accountId: user.accountId, userId: user.id },
          event: event('token.created'),
        }),
      );
      await store.accounts.setPasswordHash({
        userId: user.id,
        passwordHash: 'hash-2',
        nowMs: NOW,
        endTokensOfLogins: true,
        event: event('user.password_changed'),
      });
      expect((await store.credentials.findTokenById(login.token.id))?.revokedAtMs).toBe(NOW);
      expect((await store.credentials.findTokenById(made.id))?.revokedAtMs).toBeNull();
      expect(await store.accounts.knowsAddress(user.id, 'a', NOW)).toBe(true);
      expect(await store.accounts.knowsAddress(user.id, 'a', NOW + 1)).toBe(false);
    });
  });

  describe('credentials', () => {
    it('are found by what they are and by nothing else', async () => {
      const user = await newUser();
      const key = await newKey(user.accountId);
      expect(await store.credentials.findKeyByHash(key.hash)).toMatchObject({ ...key, ownerDisabledAtMs: null });
      expect(await store.credentials.findTokenById(key.id)).toBeNull();
      expect(await store.credentials.getCredential('token', key.id)).toBeNull();
      expect(await store.credentials.findKeyByHash(hex())).toBeNull();
    });

    it('are rotated by exactly one of two who try at once, and keep the old secret for the overlap only', async () => {
      const key = await newKey(1);
      const rotate = (through: OpenedStore, currentHash: string, newHash = hex()) =>
        through.credentials.rotate({
          kind: 'key',
          id: key.id,
          currentHash,
          newHash,
          overlapEndsAtMs: NOW + 1000,
          nowMs: NOW,
          revokeJwts: false,
          event: event('key.rotated'),
        });
      const rotated = (await Promise.all([rotate(store, key.hash), rotate(other, key.hash)])).filter((done) => done !== null);
      expect(rotated).toHaveLength(1);
      expect(rotated[0]).toMatchObject({ previousHash: key.hash, previousEndsAtMs: NOW + 1000 });
      expect((await store.credentials.findKeyByHash(key.hash))?.id).toBe(key.id);
      // Rotating again ends the older at once.
      expect(await rotate(store, rotated[0]?.hash ?? '')).not.toBeNull();
      expect(await store.credentials.findKeyByHash(key.hash)).toBeNull();
    });

    it('are revoked once, and only by their owner', async () => {
      const user = await newUser();
      const issued = await created(
        store.credentials.issueAtSignIn({
          userId: user.id,
          passwordHash: 'hash-1',
          secondFactor: false,
          addressHash: null,
          token: token(),
          events: [],
        }),
      );
      const revoke = (userId: number) =>
        store.credentials.revoke({
          kind: 'token',
          id: issued.token.id,
          userId,
          nowMs: NOW,
          event: event('token.revoked'),
        });
      expect(await revoke(user.id + 1)).toBe(false);
      expect(await revoke(user.id)).toBe(true);
      expect(await revoke(user.id)).toBe(false);
    });

    it('have their use added up by day, and the old secret counted apart after a rotation', async () => {
      const key = await newKey(1);
      const day = Math.floor(NOW / DAY);
      const use = {
        credentialId: key.id,
        requests: 2,
        previousRequests: 0,
        lastUsedAtMs: NOW,
        lastAddress: '203.0.113.7',
        lastUserAgent: 'curl',
        previousLastUsedAtMs: null,
        previousLastAddress: null,
        previousLastUserAgent: null,
        day,
      };
      await store.credentials.recordUse({ uses: [use], permissions: [] });
      await store.credentials.recordUse({
        permissions: [],
        uses: [{ ...use, day: day + 1, requests: 3, lastUsedAtMs: NOW + DAY, lastAddress: '::1' }],
      });
      expect((await store.credentials.getCredential('key', key.id))?.use).toEqual({
        requests: 5,
        lastUsedAtMs: NOW + DAY,
        lastAddress: '::1',
        lastUserAgent: 'curl',
        previousRequests: 0,
        previousLastUsedAtMs: null,
        previousLastAddress: null,
        previousLastUserAgent: null,
      });
      expect(await store.credentials.useByDay([key.id], day)).toEqual([
        { credentialId: key.id, day, requests: 2 },
        { credentialId: key.id, day: day + 1, requests: 3 },
      ]);
      await store.credentials.rotate({
        kind: 'key',
        id: key.id,
        currentHash: key.hash,
        newHash: hex(),
        overlapEndsAtMs: NOW + DAY,
        nowMs: NOW + DAY,
        revokeJwts: false,
        event: event('key.rotated'),
      });
      expect((await store.credentials.getCredential('key', key.id))?.use).toMatchObject({
        previousRequests: 0,
        previousLastUsedAtMs: NOW + DAY,
        previousLastAddress: '::1',
        previousLastUserAgent: 'curl',
      });
      await store.credentials.recordUse({
        permissions: [],
        uses: [
          {
            ...use,
            day: day + 1,
            requests: 0,
            previousRequests: 4,
            previousLastUsedAtMs: NOW + DAY + 5,
            previousLastAddress: '203.0.113.9',
            previousLastUserAgent: 'old',
            lastUsedAtMs: NOW + DAY + 5,
          },
        ],
      });
      expect((await store.credentials.getCredential('key', key.id))?.use).toMatchObject({
        requests: 9,
        previousRequests: 4,
        previousLastUsedAtMs: NOW + DAY + 5,
        previousLastAddress: '203.0.113.9',
        previousLastUserAgent: 'old',
      });
      // A batch without a use of the old secret does not change what is known of it.
      await store.credentials.recordUse({ permissions: [], uses: [{ ...use, day: day + 1, lastUsedAtMs: NOW + DAY + 6 }] });
      expect((await store.credentials.getCredential('key', key.id))?.use).toMatchObject({
        previousLastUsedAtMs: NOW + DAY + 5,
        previousLastAddress: '203.0.113.9',
        previousLastUserAgent: 'old',
      });
      while (await store.credentials.sweepUse({ beforeDay: day + 1, limit: 1 }));
      expect(await store.credentials.useByDay([key.id], 0)).toHaveLength(1);
    });

    it('are narrowed only from what was looked at, and take exactly the wider JWTs along', async () => {
      const key = await newKey(1, { permissions: ['a.read', 'b.read'] });
      const [narrow, wide] = [newJwt(key, ['a.read']), newJwt(key, ['a.read', 'b.read'])];
      for (const jwt of [narrow, wide]) expect(await record(key, jwt)).toBe('recorded');
      const input = {
        kind: 'key' as const,
        id: key.id,
        expected: key,
        permissions: ['a.read'],
        addresses: null,
        nowMs: NOW,
        undoEndsAtMs: null,
        event: event('key.narrowed'),
      };
      expect(await store.credentials.narrow({ ...input, expected: { permissions: null, addresses: null } })).toBeNull();
      expect(await store.credentials.narrow(input)).toMatchObject({ permissions: ['a.read'] });
      expect((await store.jwts.findJwt(narrow.jti))?.revokedAtMs).toBeNull();
      expect((await store.jwts.findJwt(wide.jti))?.revokedAtMs).toBe(NOW);
      expect((await store.changes.activeRevocations(NOW)).revocations.map(({ id }) => id)).toContain(wide.jti);
    });
  });

  describe('JWTs', () => {
    it('are at most as many as the limit, exactly, however many ask at once', async () => {
      const key = await newKey(1);
      const mint = (i: number) => record(key, newJwt(key, ['a.read']), 5, i % 2 === 0 ? store : other);
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => mint(i)));
      expect(outcomes.filter((outcome) => outcome === 'recorded')).toHaveLength(5);
      expect(outcomes.filter((outcome) => outcome === 'too_many')).toHaveLength(15);
      // Revoking one makes room for another.
      const [live] = await store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: false, limit: 10 });
      await store.jwts.revokeJwt({ jti: live?.jti ?? '', nowMs: NOW, event: event('jwt.revoked') });
      expect([await mint(0), await mint(1)]).toEqual(['recorded', 'too_many']);
    });

    it('are never recorded under a key that has just been revoked or narrowed, and never outlive it', async () => {
      for (let round = 0; round < 15; round++) {
        const key = await newKey(1, { permissions: ['a.read', 'b.read'] });
        const mints = Array.from({ length: 6 }, (_, i) => record(key, newJwt(key, ['b.read']), 100, i % 2 === 0 ? store : other));
        const act =
          round % 2 === 0
            ? other.credentials.revoke({
                kind: 'key',
                id: key.id,
                nowMs: NOW,
                event: event('key.revoked'),
              })
            : other.credentials.narrow({
                kind: 'key',
                id: key.id,
                expected: key,
                permissions: ['a.read'],
                addresses: null,
                nowMs: NOW,
                undoEndsAtMs: null,
                event: event('key.narrowed'),
              });
        await Promise.all([...mints, act]);
        expect(await store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: false, limit: 100 })).toEqual([]);
        expect(await record(key, newJwt(key, ['b.read']))).toBe('key_changed');
      }
    });

    it('are not recorded for a disabled owner', async () => {
      const user = await newUser();
      const key = await newKey(user.accountId);
      await store.accounts.setUserDisabled({
        userId: user.id,
        disabled: true,
        nowMs: NOW,
        event: event('user.disabled'),
      });
      expect(await record(key, newJwt(key, ['a.read']))).toBe('key_changed');
    });

    it('are swept when they are over, in small batches', async () => {
      await signingKeys(store, 'kid-1');
      const key = await newKey(1);
      for (let i = 0; i < 5; i++) await record(key, newJwt(key, ['a.read'], 1000));
      expect(await store.jwts.sweepJwts({ beforeMs: NOW + 2000, limit: 2 })).toBe(true);
      while (await store.jwts.sweepJwts({ beforeMs: NOW + 2000, limit: 2 }));
      expect(await store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: true, limit: 10 })).toEqual([]);
    });
  });

  describe('changes', () => {
    it('are numbered without a gap in the order of their commits', async () => {
      const before = await position();
      const keys = await Promise.all(Array.from({ length: 10 }, () => newKey(1)));
      await Promise.all(
        keys.map(({ id }, i) =>
          (i % 2 === 0 ? store : other).credentials.revoke({
            kind: 'key',
            id,
            nowMs: NOW,
            event: event('key.revoked'),
          }),
        ),
      );
      const numbers = (await store.changes.changesAfter(before, 100)).map(({ number }) => number);
      expect(numbers).toEqual(Array.from({ length: 10 }, (_, i) => before + i + 1));
    });

    it('are told to the own process before the act is answered', async () => {
      const heard: string[] = [];
      store.changes.onCommitted((changes) => heard.push(...changes.map(({ kind, id }) => `${kind}:${id}`)));
      const key = await newKey(1);
      await store.credentials.revoke({ kind: 'key', id: key.id, nowMs: NOW, event: event('key.revoked') });
      expect(heard).toContain(`credential:${key.id}`);
    });

    it('vanish from what is active when what they revoke would have ended', async () => {
      const key = await newKey(1);
      const before = await position();
      await store.credentials.revoke({ kind: 'key', id: key.id, nowMs: NOW, event: event('key.revoked') });
      const [change] = await store.changes.changesAfter(before, 1);
      const endsAtMs = change?.endsAtMs ?? 0;
      const active = async (nowMs: number) => (await store.changes.activeRevocations(nowMs)).revocations.map(({ id }) => id);
      expect(await active(endsAtMs - 1)).toContain(String(key.id));
      expect(await active(endsAtMs + DAY)).not.toContain(String(key.id));
    });
  });

  describe('an act', () => {
    it('that fails leaves nothing behind: no row, no change, no event', async () => {
      const before = await position();
      const events = (await store.audit.list({ limit: 500 })).length;
      const { hash } = await newKey(1);
      // The hash is taken, which is noticed only after the user and the account are written.
      const half = { user: person('half-made'), addressHash: null, token: { ...token(), hash }, events: [event('user.created')] };
      await expect(store.credentials.register(half)).rejects.toThrow();
      expect(await store.accounts.findUserByEmail('half-made@example.com')).toBeNull();
      expect(await position()).toBe(before);
      expect((await store.audit.list({ limit: 500 })).length).toBe(events + 1);
    });

    it('that fails does not take its neighbours along', async () => {
      const acts = await Promise.allSettled([newKey(1), newKey(999_999), newKey(1), newKey(999_999), newKey(1)]);
      expect(acts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    });
  });

  describe('the audit log', () => {
    it('is chained by one of several at once, without a gap, and its chain holds', async () => {
      await Promise.all([store, other, store, other].map(({ audit }) => chainAudit(audit)));
      await chainAudit(store.audit);
      expect(await store.audit.unchained(10)).toEqual([]);
      expect(await verifyAudit(store.audit)).toMatchObject({ ok: true });
    });

    it('holds after a person was erased from it', async () => {
      const user = await newUser();
      await chainAudit(store.audit);
      const [before] = await store.audit.list({ userId: user.id, limit: 1 });
      expect(before?.person).toEqual({ address: '203.0.113.7' });
      expect(
        await store.audit.erasePerson({
          userId: user.id,
          event: event('user.erased', { userId: user.id, by: { ...by, person: {} } }),
        }),
      ).toBe(1);
      const after = await store.audit.list({ userId: user.id, limit: 10 });
      expect(after.every(({ person: left }) => left === null)).toBe(true);
      await chainAudit(store.audit);
      expect(await verifyAudit(store.audit)).toMatchObject({ ok: true });
    });
  });

  describe('signing keys and the master secret', () => {
    it('are made once by two that start at once', async () => {
      const fresh = await makeDatabase();
      const [a, b] = await Promise.all([fresh.open(), fresh.open()]);
      expect(
        new Set(
          await Promise.all([
            a.masterSecret.setFirstSecretCheck({ check: 'one' }),
            b.masterSecret.setFirstSecretCheck({ check: 'two' }),
          ]),
        ).size,
      ).toBe(1);
      const check = (await a.masterSecret.secretCheck()) ?? '';
      const add = (through: OpenedStore, name: string) =>
        through.signingKeys.addSigningKeys({
          keys: [signingKey(`${name}-1`, 'current'), signingKey(`${name}-2`, 'next')],
          moveUp: [],
          secretCheck: check,
          nowMs: NOW,
          event: event('signing_key.created'),
        });
      expect((await Promise.all([add(a, 'a'), add(b, 'b')])).filter(Boolean)).toHaveLength(1);
      expect(await a.signingKeys.listSigningKeys()).toHaveLength(2);
    });

    it('are rotated by one of two, only under the secret that stands, and dropped after their last JWT', async () => {
      const fresh = await makeDatabase();
      const [a, b] = [await fresh.open(), await fresh.open()];
      await signingKeys(a, 'old');
      const key = await created(
        a.credentials.issue({
          credential: { ...token(), kind: 'key', source: 'command-line', accountId: 1, userId: null },
          event: event('key.created'),
        }),
      );
      const jwt = { ...newJwt(key, ['a.read']), signingKeyId: 'old' };
      await a.jwts.recordJwt({ jwt, expected: key, limit: 10, nowMs: NOW, event: event('jwt.minted') });
      const rotate = (through: OpenedStore, secretCheck = 'check') =>
        through.signingKeys.rotateSigningKeys({
          pairs: [
            {
              currentKid: 'old',
              nextKid: 'old-next',
              newNext: signingKey(randomBytes(4).toString('hex'), 'next'),
              event: event('signing_key.rotated'),
            },
          ],
          secretCheck,
          nowMs: NOW,
          unrecordedJwtSeconds: 0,
        });
      expect(await rotate(a, 'another')).toBe(false);
      expect((await Promise.all([rotate(a), rotate(b)])).filter(Boolean)).toHaveLength(1);
      expect((await a.signingKeys.listSigningKeys()).find(({ kid }) => kid === 'old')).toMatchObject({
        state: 'retired',
        lastJwtEndsAtMs: jwt.expiresAtMs,
      });
      expect(await a.signingKeys.dropEndedSigningKeys({ nowMs: jwt.expiresAtMs - 1 })).toBe(0);
      expect(await a.signingKeys.dropEndedSigningKeys({ nowMs: jwt.expiresAtMs + 1 })).toBe(1);
      expect(
        await a.masterSecret.reseal({
          fromCheck: 'check',
          toCheck: 'new',
          sealed: [{ kid: 'old-next', sealedPrivateKey: 'resealed' }],
          event: event('master_secret.rotated'),
        }),
      ).toBe(true);
      expect(
        await a.masterSecret.reseal({ fromCheck: 'check', toCheck: 'x', sealed: [], event: event('master_secret.rotated') }),
      ).toBe(false);
      expect((await b.signingKeys.listSigningKeys()).find(({ kid }) => kid === 'old-next')?.sealedPrivateKey).toBe('resealed');
    });
  });

  it('gives a lease to one holder at a time, and to another when it has run out', async () => {
    const take = (through: OpenedStore, holder: string, nowMs: number) =>
      through.leases.takeLease({ job: 'sweep', holder, nowMs, forMs: 10 });
    expect((await Promise.all([take(store, 'a', 0), take(other, 'b', 0)])).filter(Boolean)).toHaveLength(1);
    expect([await take(store, 'c', 5), await take(store, 'c', 10), await take(store, 'c', 12)]).toEqual([false, true, true]);
  });

  it('gives a lease away that was taken by a clock that was years ahead', async () => {
    const take = (holder: string, nowMs: number) => store.leases.takeLease({ job: 'remind', holder, nowMs, forMs: 10 });
    expect(await take('a', 10 * 365 * 86_400_000)).toBe(true);
    // Two servers whose clocks differ by less than its length respect it.
    expect([await take('b', 100), await take('a', 95), await take('a', 112)]).toEqual([true, false, true]);
  });

  it('lets the horizon of sweeps follow a clock that jumps only step by step, and back at once', async () => {
    const move = (nowMs: number) => other.leases.moveSweepHorizon({ nowMs, maxMs: 10 });
    expect([await move(1000), await move(1004), await move(9000), await move(9000), await move(1005), await move(1030)]).toEqual([
      ...[1000, 1004, 1014, 1024, 1005, 1015],
    ]);
  });

  it('counts failed proofs for all who share it, and gives points back', async () => {
    const limiters = database.kind === 'postgres' ? [store.limiter, other.limiter] : [store.limiter];
    const take = (i: number) => (limiters[i % limiters.length] ?? store.limiter).take('user:x');
    for (let i = 0; i < 10; i++) expect(await take(i)).toEqual({ ok: true });
    expect(await take(0)).toMatchObject({ ok: false });
    expect(await take(1)).toMatchObject({ ok: false });
    await store.limiter.giveBack('user:x');
    expect(await take(1)).toEqual({ ok: true });
  });

  it('never reuses an id', async () => {
    const first = await newKey(1);
    await expect(newKey(999_999)).rejects.toThrow();
    expect((await newKey(1)).id).toBeGreaterThan(first.id);
  });
});

const signingKey = (kid: string, state: StoredSigningKey['state']): StoredSigningKey => ({
  kid,
  algorithm: 'ES256',
  publicJwk: '{}',
  sealedPrivateKey: 'sealed',
  state,
  createdAtMs: NOW,
  signingSinceMs: state === 'current' ? NOW : null,
  retiredAtMs: null,
  lastJwtEndsAtMs: null,
});

async function signingKeys(store: OpenedStore, kid: string): Promise<void> {
  await store.masterSecret.setFirstSecretCheck({ check: 'check' });
  await store.signingKeys.addSigningKeys({
    keys: [signingKey(kid, 'current'), signingKey(`${kid}-next`, 'next')],
    moveUp: [],
    secretCheck: 'check',
    nowMs: NOW,
    event: event('signing_key.created'),
  });
}
