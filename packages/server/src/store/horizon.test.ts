/** How long a revocation is remembered, on both databases: until the last JWT that it can concern has expired. */
import { randomBytes } from 'node:crypto';
import { makeJti, RevocationList } from '@keyhouse/protocol';
import { beforeAll, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachWay, runStatements, type TestDatabase } from '../../test/databases.ts';
import type { By, EventDraft } from '../core/audit/event.ts';
import type { Credential } from '../core/credentials/credential.ts';
import type { MintedJwt } from '../core/jwts/jwt.ts';
import { revocationEnds } from './migrations/0007-revocation-ends.ts';
import { POSTGRES_TYPES, SQLITE_TYPES } from './migrations/migration.ts';
import type { OpenedStore } from './opened.ts';

const DAY = 86_400_000;
const by: By = { actor: 'operator', requestId: null, person: {} };
const eventAt = (atMs: number) => (name: EventDraft['event']) => ({ event: name, atMs, by }) satisfies EventDraft;

eachWay('a revocation', (makeDatabase) => {
  let database: TestDatabase;
  let store: OpenedStore;
  let other: OpenedStore;
  const nowMs = 1_900_000_000_000;
  const event = eventAt(nowMs);

  beforeAll(async () => {
    database = await makeDatabase();
    [store, other] = await Promise.all([database.open(), database.open()]);
  });

  const newUser = async (through = store) => {
    const email = `${randomBytes(6).toString('hex')}@example.com`;
    const names = { displayName: 'Ada', firstName: '', lastName: '' };
    const user = await through.accounts.createUser({
      user: { email, emailKey: email, passwordHash: 'hash', ...names, isAdministrator: false, createdAtMs: nowMs },
      event: event('user.created'),
    });
    if (user === null) throw new Error('taken');
    return user;
  };
  const newKey = (accountId: number, through = store): Promise<Credential> =>
    created(
      through.credentials.issue({
        credential: {
          ...{ kind: 'key', environment: 'live', accountId, userId: null, name: 'key', source: 'command-line' },
          ...{ permissions: null, addresses: null, hash: randomBytes(32).toString('hex') },
          ...{ createdAtMs: nowMs, expiresAtMs: null },
        },
        event: event('key.created'),
      }),
    );
  const mint = async (key: Credential, days: number, { atMs = nowMs, through = store } = {}): Promise<MintedJwt | null> => {
    const jwt = {
      ...{ jti: makeJti(atMs, randomBytes), keyId: key.id, accountId: key.accountId, subject: null, permissions: ['a.read'] },
      ...{ signingKeyId: 'kid', issuedAtMs: atMs, expiresAtMs: atMs + days * DAY },
    };
    const input = { jwt, expected: key, limit: 100, nowMs: atMs, event: event('jwt.minted') };
    return (await through.jwts.recordJwt(input)) === 'recorded' ? { ...jwt, revokedAtMs: null } : null;
  };
  const minted = async (key: Credential, days: number): Promise<MintedJwt> => {
    const jwt = await mint(key, days);
    if (jwt === null) throw new Error('not recorded');
    return jwt;
  };
  /** As a server judges it that has just started, after everything that may be swept has been swept. */
  const isRevoked = async (jwt: MintedJwt, atMs: number): Promise<boolean> => {
    while (await store.changes.sweepChanges({ nowMs: atMs, limit: 500 }));
    const list = new RevocationList();
    list.addAll((await other.changes.activeRevocations(atMs)).revocations);
    list.sweep(atMs);
    return list.isRevoked(jwt);
  };

  const disable = (userId: number, disabled = true) =>
    store.accounts.setUserDisabled({
      ...{ userId, disabled, nowMs },
      event: event(disabled ? 'user.disabled' : 'user.enabled'),
    });
  const waysToRevoke: Readonly<Record<string, (key: Credential, userId: number) => Promise<unknown>>> = {
    'of a key': (key) => store.credentials.revoke({ kind: 'key', id: key.id, nowMs, event: event('key.revoked') }),
    "of all of a key's JWTs": ({ id: keyId, accountId }) =>
      store.jwts.revokeJwtsOfKey({ keyId, accountId, nowMs, event: event('jwt.all_revoked') }),
    'of a disabled user': (_, userId) => disable(userId),
    'of a deleted user': (_, userId) => store.profile.deleteUser({ userId, nowMs, event: event('user.deleted') }),
    'by a first proof of the address': (_, userId) =>
      store.profile.changePassword({
        ...{ userId, passwordHash: 'new', keep: null, ticket: null, proves: true, expects: null, nowMs },
        event: event('user.password_changed'),
      }),
  };

  it.each(Object.entries(waysToRevoke))('%s lasts until its last JWT has expired, whatever the setting is', async (_, revoke) => {
    const user = await newUser();
    const key = await newKey(user.accountId);
    // Ten years: no setting of the server that revokes says that such JWTs exist.
    const [long, short] = [await minted(key, 3650), await minted(key, 1)];
    await revoke(key, user.id);
    for (const days of [0, 2, 31, 366, 1000, 3649]) expect(await isRevoked(long, nowMs + days * DAY), `day ${days}`).toBe(true);
    expect(await isRevoked(short, nowMs + DAY - 1)).toBe(true);
  });

  it('of a deleted team lasts until its last JWT has expired', async () => {
    const owner = await newUser();
    const team = await store.members.createTeam({
      ...{ name: 'Team', ownerId: owner.id, limit: 10, nowMs },
      event: event('account.created'),
    });
    if (typeof team === 'string') throw new Error(team);
    const long = await minted(await newKey(team.id), 3650);
    await store.members.deleteTeam({ accountId: team.id, actorId: owner.id, nowMs, event: event('account.deleted') });
    for (const days of [0, 366, 3649]) expect(await isRevoked(long, nowMs + days * DAY), `day ${days}`).toBe(true);
  });

  it('leaves alone what is minted after the user is enabled again, and nothing of before comes back', async () => {
    const user = await newUser();
    const key = await newKey(user.accountId);
    const before = await minted(key, 3000);
    await disable(user.id);
    await disable(user.id, false);
    const after = await mint(key, 3000, { atMs: nowMs + 1 });
    if (after === null) throw new Error('not recorded');
    for (const days of [0, 400, 2999]) {
      expect(await isRevoked(before, nowMs + days * DAY)).toBe(true);
      expect(await isRevoked(after, nowMs + days * DAY)).toBe(false);
    }
  });

  it('lasts as long as any server on this database ever allowed JWTs to live: a restored backup does not know all of them', async () => {
    await Promise.all([store.jwts.allowJwtDays({ days: 2000 }), other.jwts.allowJwtDays({ days: 30 })]);
    await store.jwts.allowJwtDays({ days: 30 });
    const key = await newKey(1);
    const { position } = await store.changes.activeRevocations(nowMs);
    await store.credentials.revoke({ kind: 'key', id: key.id, nowMs, event: event('key.revoked') });
    const [change] = await store.changes.changesAfter(position, 1);
    expect(change?.endsAtMs).toBeGreaterThan(nowMs + 2000 * DAY);
  });

  it('hits the JWTs of a key that is created and used in the moment in which its owner is disabled', async () => {
    for (let round = 0; round < 25; round++) {
      const user = await newUser();
      const racing = Array.from({ length: 4 }, async (_, index) => {
        const through = index % 2 === 0 ? store : other;
        // Refused once the owner is disabled: in that case nothing was minted from it.
        const key = await newKey(user.accountId, through).catch(() => null);
        if (key === null) return null;
        // By a clock that is ahead: it is not "before now" for the server that disables.
        return await mint(key, 10, { atMs: nowMs + 5000, through });
      });
      const [jwts] = await Promise.all([Promise.all(racing), disable(user.id)]);
      for (const jwt of jwts) if (jwt !== null) expect(await isRevoked(jwt, nowMs + DAY)).toBe(true);
    }
  });

  it('that was forgotten too early is said once more by the migration', async () => {
    const user = await newUser();
    const [revokedKey, key] = [await newKey(1), await newKey(user.accountId)];
    const [ofKey, ofUser] = [await minted(revokedKey, 300), await minted(key, 300)];
    await store.credentials.revoke({ kind: 'key', id: revokedKey.id, nowMs, event: event('key.revoked') });
    await disable(user.id);
    await disable(user.id, false);
    const ofNow = await mint(key, 300, { atMs: nowMs + 1 });
    if (ofNow === null) throw new Error('not recorded');
    // As the previous version wrote them: revoked by a process whose own limit was 30 days, and swept.
    await runStatements(database, [
      `DELETE FROM changes WHERE before_ms IS NOT NULL`,
      `DELETE FROM settings WHERE name = 'longest_jwt_days'`,
    ]);
    const { position } = await store.changes.activeRevocations(nowMs);
    expect(await isRevoked(ofKey, nowMs + 31 * DAY)).toBe(false);
    // Alone: the migrations after it have been applied.
    await runStatements(database, revocationEnds.statements(database.kind === 'sqlite' ? SQLITE_TYPES : POSTGRES_TYPES));
    expect(await isRevoked(ofKey, nowMs + 299 * DAY)).toBe(true);
    expect(await isRevoked(ofUser, nowMs + 299 * DAY)).toBe(true);
    expect(await isRevoked(ofNow, nowMs + 299 * DAY)).toBe(false);
    // Servers that run at the same time are notified, and what they append comes after it.
    const said = await store.changes.changesAfter(position, 1000);
    expect(said.map(({ number }) => number)).toEqual(said.map((_, index) => position + index + 1));
    await store.credentials.revoke({ kind: 'key', id: key.id, nowMs, event: event('key.revoked') });
    expect((await store.changes.activeRevocations(nowMs)).position).toBe((said.at(-1)?.number ?? 0) + 1);
  });
});
