/** What owners do to credentials, and what is counted of their use, on both databases. */
import { randomBytes } from 'node:crypto';
import { makeJti } from '@keyhouse/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachDatabase } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import { readAudit, readWholeAudit } from '../core/audit/read.ts';
import type { Credential } from '../core/credentials/credential.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const hex = (): string => randomBytes(32).toString('hex');
const event = (name: EventDraft['event'], more: Partial<EventDraft> = {}): EventDraft => ({
  event: name,
  atMs: NOW,
  by: { actor: 'operator', requestId: null, person: {} },
  ...more,
});

eachDatabase('a credential that lives on', (makeDatabase) => {
  let store: OpenedStore;
  let other: OpenedStore;
  beforeAll(async () => {
    const database = await makeDatabase();
    store = await database.open();
    other = await database.open();
  });

  const newKey = (more: { permissions?: string[] } = {}): Promise<Credential> =>
    created(
      store.credentials.issue({
        credential: {
          ...{ kind: 'key', environment: 'live', accountId: 1, userId: null, name: 'key', source: 'dashboard' },
          ...{ permissions: null, addresses: null, hash: hex(), createdAtMs: NOW, expiresAtMs: null },
          ...more,
        },
        event: event('key.created'),
      }),
    );
  const rotate = (key: Credential, overlapEndsAtMs: number | null) =>
    store.credentials.rotate({
      ...{ kind: 'key', id: key.id, currentHash: key.hash, newHash: hex(), overlapEndsAtMs },
      ...{ nowMs: NOW, revokeJwts: false, event: event('key.rotated') },
    });
  const position = async () => (await store.changes.activeRevocations(0)).position;

  it('gets another name only from its own account, and every cache hears of it', async () => {
    const key = await newKey();
    const rename = (accountId: number, kind: 'key' | 'token' = 'key') =>
      store.credentials.rename({ kind, id: key.id, accountId, name: 'another', event: event('key.renamed') });
    expect(await rename(2)).toBe(false);
    expect(await rename(1, 'token')).toBe(false);
    const before = await position();
    expect(await rename(1)).toBe(true);
    expect((await store.changes.changesAfter(before, 10)).map(({ kind, id, beforeMs }) => [kind, id, beforeMs])).toEqual([
      ['credential', String(key.id), null],
    ]);
    expect((await other.credentials.getCredential('key', key.id))?.name).toBe('another');
    const [told] = await store.audit.list({ credentialId: key.id, limit: 1 });
    expect(told).toMatchObject({ event: 'key.renamed', accountId: 1, credentialId: key.id });
  });

  it('loses its old secret at once, and gets it back by nothing', async () => {
    const key = await newKey();
    const owned = { kind: 'key', id: key.id, accountId: 1 } as const;
    const end = (nowMs: number) => store.credentials.endOverlap({ ...owned, nowMs, event: event('key.overlap_ended') });
    const extend = (nowMs: number) =>
      store.credentials.extendOverlap({ ...owned, endsAtMs: nowMs + DAY, nowMs, event: event('key.overlap_extended') });
    expect(await extend(NOW)).toBe(false);
    await rotate(key, NOW + 1000);
    expect(await extend(NOW + 1000), 'it ended this very moment').toBe(false);
    expect(await extend(NOW + 999)).toBe(true);
    expect((await store.credentials.findKeyByHash(key.hash))?.previousEndsAtMs).toBe(NOW + 999 + DAY);
    const before = await position();
    expect(await end(NOW + 999)).toBe(true);
    expect((await store.changes.changesAfter(before, 10)).map(({ kind }) => kind)).toEqual(['credential']);
    expect(await store.credentials.findKeyByHash(key.hash)).toBeNull();
    expect([await end(NOW + 999), await extend(NOW + 999)]).toEqual([false, false]);
  });

  it('keeps its old secret for seven days after the rotation at most, however often that is extended', async () => {
    const key = await newKey();
    await rotate(key, NOW + DAY);
    const owned = { kind: 'key', id: key.id, accountId: 1 } as const;
    const extend = async (nowMs: number, endsAtMs: number) => {
      const done = await store.credentials.extendOverlap({ ...owned, endsAtMs, nowMs, event: event('key.overlap_extended') });
      return [done, (await store.credentials.findKeyByHash(key.hash))?.previousEndsAtMs];
    };
    const latest = NOW + 7 * DAY;
    expect(await extend(NOW, NOW + 3 * DAY)).toEqual([true, NOW + 3 * DAY]);
    expect(await extend(NOW + 2 * DAY, NOW + 9 * DAY)).toEqual([true, latest]);
    expect(await extend(NOW + 6 * DAY, NOW + 13 * DAY)).toEqual([true, latest]);
    expect(await extend(NOW + 6 * DAY, NOW + 6 * DAY + 1), 'and it can be shortened').toEqual([true, NOW + 6 * DAY + 1]);
    expect((await extend(latest, latest + DAY))[0]).toBe(false);
  });

  it('cannot be changed any more once it is revoked', async () => {
    const key = await newKey();
    const rotated = await rotate(key, NOW + DAY);
    expect(rotated).not.toBeNull();
    const owned = { kind: 'key', id: key.id } as const;
    await store.credentials.revoke({ ...owned, nowMs: NOW, event: event('key.revoked') });
    expect([
      await store.credentials.rename({ ...owned, name: 'x', event: event('key.renamed') }),
      await store.credentials.endOverlap({ ...owned, nowMs: NOW, event: event('key.overlap_ended') }),
      await store.credentials.extendOverlap({ ...owned, endsAtMs: NOW + DAY, nowMs: NOW, event: event('key.overlap_extended') }),
    ]).toEqual([false, false, false]);
  });

  it('has its used permissions counted by day, added up from both servers, for 100 days', async () => {
    const key = await newKey();
    const day = Math.floor(NOW / DAY);
    const use = { credentialId: key.id, permission: 'a.read', day, requests: 2, lastUsedAtMs: NOW };
    await Promise.all([store, other].map(({ credentials }) => credentials.recordUse({ uses: [], permissions: [use] })));
    await store.credentials.recordUse({
      uses: [],
      permissions: [
        { ...use, permission: 'b.read', day: day - 101 },
        { ...use, lastUsedAtMs: NOW + 5 },
      ],
    });
    const ask = (sinceDay: number, credentialIds = [key.id]) =>
      store.credentials.permissionUse({ credentialIds, sinceDay, recentSinceDay: day });
    await store.credentials.recordUse({ uses: [], permissions: [{ ...use, day: day - 1, lastUsedAtMs: NOW - DAY }] });
    expect(await ask(day - 90)).toEqual([
      { credentialId: key.id, permission: 'a.read', requests: 8, recentRequests: 6, lastUsedAtMs: NOW + 5 },
    ]);
    expect(await ask(0)).toHaveLength(2);
    const names = async (sinceDay: number) =>
      (await store.credentials.usedPermissions({ credentialIds: [key.id], sinceDay })).map(({ permission }) => permission).sort();
    expect([await names(day - 101), await names(day - 100), await names(day + 1)]).toEqual([
      ['a.read', 'b.read'],
      ['a.read'],
      [],
    ]);
    while (await store.credentials.sweepPermissionUse({ beforeDay: day - 100, limit: 1 }));
    expect(await ask(0)).toHaveLength(1);
    expect(await names(0)).toEqual(['a.read']);
    expect(await ask(0, [])).toEqual([]);
    expect(await store.credentials.permissionsObservedSinceMs()).toBeGreaterThan(1_700_000_000_000);
  });

  it('is summed up with the others of its account', async () => {
    const user = await store.accounts.createUser({
      user: {
        ...{ email: 'a@example.com', emailKey: 'a@example.com', passwordHash: 'x', displayName: 'a', firstName: '' },
        ...{ lastName: '', isAdministrator: false, createdAtMs: NOW },
      },
      event: event('user.created'),
    });
    const accountId = user?.accountId ?? 0;
    const ask = () => store.credentials.useOfAccount({ accountId, sinceDay: 10, nowMs: NOW });
    expect(await ask()).toEqual({ hasToken: false, hasKey: false, hasRequest: false, byDay: [], last: null });
    const issue = (name: string) =>
      created(
        store.credentials.issue({
          credential: {
            ...{ kind: 'key', environment: 'live', accountId, userId: null, name, source: 'dashboard' },
            ...{ permissions: null, addresses: null, hash: hex(), createdAtMs: NOW, expiresAtMs: null },
          },
          event: event('key.created'),
        }),
      );
    const [one, two] = [await issue('one'), await issue('two')];
    const use = (credentialId: number, day: number, lastUsedAtMs: number) => ({
      ...{ credentialId, day, lastUsedAtMs, requests: 2, previousRequests: 1, lastAddress: '::1', lastUserAgent: 'curl' },
      ...{ previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null },
    });
    await store.credentials.recordUse({ uses: [use(one.id, 9, 900), use(one.id, 11, 1_100)], permissions: [] });
    await store.credentials.recordUse({ uses: [use(two.id, 11, 1_101)], permissions: [] });
    expect(await ask()).toEqual({
      ...{ hasToken: false, hasKey: true, hasRequest: true, byDay: [{ day: 11, requests: 6 }] },
      last: { atMs: 1_101, credentialName: 'two', address: '::1', userAgent: 'curl' },
    });
    expect(await store.credentials.useByDay([two.id, one.id], 0)).toHaveLength(3);
    // Two servers report about the same account at once, one of them late.
    const late = [store, other].map(({ credentials }, at) =>
      credentials.recordUse({ uses: [use(one.id, 11, 1_000 + at), use(two.id, 12, 1_200 + at)], permissions: [] }),
    );
    await Promise.all(late);
    expect((await ask()).byDay).toEqual([
      { day: 11, requests: 12 },
      { day: 12, requests: 6 },
    ]);
    expect((await ask()).last).toMatchObject({ atMs: 1_201, credentialName: 'two' });
    while (await store.credentials.sweepUse({ beforeDay: 12, limit: 1 }));
    expect((await ask()).byDay).toEqual([{ day: 12, requests: 6 }]);
    while (await store.credentials.sweepUse({ beforeDay: 13, limit: 1 }));
    expect(await ask()).toMatchObject({ hasRequest: false, byDay: [], last: null });
  });

  describe('its JWTs', () => {
    const newJwt = (key: Credential, issuedAtMs: number, subject: string | null = null) => ({
      ...{ jti: makeJti(issuedAtMs, randomBytes), keyId: key.id, accountId: 1, subject, permissions: ['a.read'] },
      ...{ signingKeyId: 'kid', issuedAtMs, expiresAtMs: NOW + DAY },
    });
    const record = (key: Credential, jwt: ReturnType<typeof newJwt>) =>
      store.jwts.recordJwt({ jwt, expected: key, limit: 100, nowMs: NOW, event: event('jwt.minted') });
    const revokeAll = (key: Credential, nowMs: number, accountId = 1) =>
      other.jwts.revokeJwtsOfKey({ keyId: key.id, accountId, nowMs, event: event('jwt.all_revoked') });

    it('end together by one revocation, those of a server whose clock is ahead too, and later ones live', async () => {
      const key = await newKey();
      const ahead = newJwt(key, NOW + 500);
      for (const jwt of [newJwt(key, NOW - 5), ahead]) expect(await record(key, jwt)).toBe('recorded');
      const before = await position();
      expect(await revokeAll(key, NOW, 2), 'of another account').toBe(0);
      expect(await revokeAll(key, NOW)).toBe(2);
      const changes = await store.changes.changesAfter(before, 10);
      expect(changes).toMatchObject([{ kind: 'credential', id: String(key.id), beforeMs: NOW + 500 }]);
      expect(changes[0]?.endsAtMs).toBeGreaterThan(NOW + DAY);
      // One that was being minted would be revoked before it is handed out: it is not recorded, and minted again.
      expect(await record(key, newJwt(key, NOW + 500))).toBe('key_changed');
      expect(await record(key, newJwt(key, NOW + 501))).toBe('recorded');
      expect(await revokeAll(key, NOW + 501)).toBe(1);
      expect(await revokeAll(key, NOW + 502)).toBe(0);
    });

    it('are listed in pages, those of one millisecond too, by the beginning of their subject', async () => {
      const key = await newKey();
      for (const subject of ['a-1', 'a-2', 'a_3', 'b', null]) await record(key, newJwt(key, NOW, subject));
      const page = (more: { before?: { issuedAtMs: number; jti: string }; subjectBegins?: string }) =>
        store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: false, limit: 2, ...more });
      const seen = new Set<string>();
      for (let last = (await page({})).at(-1), rows = await page({}); ; ) {
        for (const { jti } of rows) seen.add(jti);
        if (last === undefined) break;
        rows = await page({ before: last });
        last = rows.at(-1);
      }
      expect(seen.size).toBe(5);
      const found = await store.jwts.listJwts({ keyId: key.id, nowMs: NOW, withEnded: false, limit: 9, subjectBegins: 'a-' });
      expect(found.map(({ subject }) => subject).sort()).toEqual(['a-1', 'a-2']);
    });
  });

  it('has a log that is searched in steps, and read whole', async () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      event(index % 10 === 0 ? 'limits.cleared' : 'backup.made', { accountId: 1, atMs: NOW + index, details: { index } }),
    );
    await store.audit.record({ events: many });
    const edge = await store.audit.stepBack({ accountId: 1, steps: 10 });
    expect(edge?.atMs).toBe(NOW + 19);
    expect(await store.audit.stepBack({ accountId: 77, steps: 1 })).toBeNull();
    let breaths = 0;
    const breathe = async (): Promise<void> => {
      breaths += 1;
    };
    const ports = { audit: store.audit, breathe };
    const found = await readAudit(ports, { event: 'limits.cleared', actor: 'operator', limit: 2 });
    expect(found.events.map(({ details }) => details)).toEqual(['{"index":20}', '{"index":10}']);
    const rest = await readAudit(ports, { event: 'limits.cleared', beforeId: found.nextId ?? 0, limit: 2 });
    expect([rest.events.length, rest.nextId]).toEqual([1, null]);
    const whole: number[] = [];
    for await (const events of readWholeAudit(ports, {})) whole.push(...events.map(({ id }) => id));
    expect(whole).toEqual([...whole].sort((a, b) => b - a));
    expect(new Set(whole).size).toBe(whole.length);
    expect(breaths).toBeGreaterThan(0);
  });

  it('names users and credentials, the latter only of the account that asks', async () => {
    const key = await newKey();
    const users = await store.accounts.listUsers({ afterId: 0, limit: 1 });
    const ids = { users: users.map(({ id }) => id), credentials: [key.id] };
    expect((await store.audit.namesOf(ids)).credentials.get(key.id)).toBe('key');
    expect((await store.audit.namesOf({ ...ids, accountId: 2 })).credentials.size).toBe(0);
    expect((await store.audit.namesOf(ids)).users.get(ids.users[0] ?? 0)).toMatchObject({
      displayName: 'a',
      isAdministrator: false,
    });
    expect((await store.audit.namesOf({ users: [], credentials: [] })).users.size).toBe(0);
  });
});
