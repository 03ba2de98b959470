/**
 * A narrowing is undone once, within a day, and gives back what it took and never more: on both databases, whoever acts at the
 * same moment.
 */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import type { Credential } from '../core/credentials/credential.ts';
import type { User } from '../core/users/account.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const ROUNDS = 15;
const WIDE = ['a.read', 'b.read', 'c.read'];
const hex = (): string => randomBytes(32).toString('hex');
const event = (name: EventDraft['event']): EventDraft => ({
  event: name,
  atMs: NOW,
  by: { actor: 'operator', requestId: null, person: {} },
});

eachDatabase('undoing a narrowing', (makeDatabase) => {
  let store: OpenedStore;
  let other: OpenedStore;
  let user: User;
  let signInId: number;
  beforeAll(async () => {
    const database = await makeDatabase();
    [store, other] = [await database.open(), await database.open()];
    user = await newUser();
    signInId = await newSignIn(user);
  });

  async function newUser(): Promise<User> {
    const email = `${hex()}@example.com`;
    const names = { displayName: 'A', firstName: '', lastName: '' };
    const created = await store.accounts.createUser({
      user: { email, emailKey: email, passwordHash: 'hash', ...names, isAdministrator: false, createdAtMs: NOW },
      event: event('user.created'),
    });
    if (created === null) throw new Error('taken');
    return created;
  }
  async function newSignIn({ id }: User): Promise<number> {
    const signIn = await store.signIns.openSignIn({
      signIn: {
        userId: id,
        hash: hex(),
        createdAtMs: NOW,
        lastSeenAtMs: NOW,
        provedAtMs: NOW,
        methods: ['password'],
        address: null,
        userAgent: null,
      },
      passwordHash: null,
      browserHash: hex(),
      addressHash: null,
      event: event('user.signed_in'),
    });
    if (signIn === null) throw new Error('gone');
    return signIn.id;
  }
  async function newCredential(kind: 'token' | 'key'): Promise<Credential> {
    const issued = await store.credentials.issue({
      credential: {
        ...{ kind, environment: 'live', accountId: user.accountId, userId: kind === 'token' ? user.id : null, name: 'x' },
        ...{ source: 'dashboard', permissions: WIDE, addresses: null, hash: hex(), createdAtMs: NOW, expiresAtMs: null },
      },
      event: event(`${kind}.created`),
    });
    if (typeof issued === 'string') throw new Error(issued);
    return issued;
  }
  const narrow = (through: OpenedStore, credential: Credential, permissions: readonly string[], undoEndsAtMs = NOW + DAY) =>
    through.credentials.narrow({
      ...{ kind: credential.kind, id: credential.id, expected: credential, permissions, addresses: null },
      ...{ nowMs: NOW, undoEndsAtMs, event: event(`${credential.kind}.narrowed`) },
    });
  const narrowed = async (credential: Credential, permissions: readonly string[], undoEndsAtMs?: number): Promise<Credential> => {
    const done = await narrow(store, credential, permissions, undoEndsAtMs);
    if (done === null) throw new Error('changed');
    return done;
  };
  const undo = (through: OpenedStore, { kind, id }: Credential, { nowMs = NOW, from = signInId, of = user, by = user } = {}) =>
    through.credentials.undoNarrowing({
      ...{ kind, id, ...(kind === 'token' ? { userId: of.id } : { accountId: of.accountId }) },
      nowMs,
      event: {
        ...event(`${kind}.narrowing_undone`),
        by: {
          ...{ actor: `user:${of.id}`, requestId: null, person: {} },
          // As the door of the page judged it.
          authority: {
            ...{ kind: 'sign-in', signInId: from, userId: by.id, changes: user.accountId, provedSinceMs: null },
            asks: kind === 'key' ? { accountId: of.accountId, role: 'developer' } : null,
          },
        },
      },
    });
  const held = async ({ kind, id }: Credential) => (await store.credentials.getCredential(kind, id))?.permissions;

  it.each(['token', 'key'] as const)(
    'gives a %s back what the newest narrowing took, once, and every cache hears of it',
    async (kind) => {
      const credential = await newCredential(kind);
      const first = await narrowed(credential, ['a.read', 'b.read']);
      await narrowed(first, ['a.read']);
      const { position } = await store.changes.activeRevocations(0);
      expect(await undo(other, credential)).toBe('done');
      expect(await held(credential)).toEqual(['a.read', 'b.read']);
      expect((await store.changes.changesAfter(position, 10)).map(({ kind, id }) => [kind, id])).toEqual([
        ['credential', String(credential.id)],
      ]);
      expect(await undo(store, credential)).toBe('gone');
      expect(await held(credential)).toEqual(['a.read', 'b.read']);
      const [told] = await store.audit.list({ credentialId: credential.id, limit: 1 });
      expect(told).toMatchObject({ event: `${kind}.narrowing_undone`, accountId: user.accountId });
      expect(JSON.parse(told?.details ?? '')).toEqual({ permissions: ['a.read', 'b.read'], addresses: null });
    },
  );

  it('gives nothing back when its time is over, and forgets it', async () => {
    const credential = await newCredential('key');
    await narrowed(credential, ['a.read']);
    expect(await store.credentials.findUndo({ credentialId: credential.id, nowMs: NOW + DAY - 1 })).toMatchObject({
      permissions: WIDE,
      endsAtMs: NOW + DAY,
    });
    expect(await store.credentials.findUndo({ credentialId: credential.id, nowMs: NOW + DAY })).toBeNull();
    expect(await undo(store, credential, { nowMs: NOW + DAY })).toBe('gone');
    while (await store.credentials.sweepNarrowings({ nowMs: NOW + DAY, limit: 1 }));
    expect(await store.credentials.findUndo({ credentialId: credential.id, nowMs: NOW })).toBeNull();
  });

  it('asks again, in the act, whether the sign-in lives and its user may still narrow it', async () => {
    const [token, key] = [await newCredential('token'), await newCredential('key')];
    for (const credential of [token, key]) await narrowed(credential, ['a.read']);
    const stranger = await newUser();
    const theirs = await newSignIn(stranger);
    for (const credential of [token, key]) {
      await expect(undo(store, credential, { from: theirs })).rejects.toMatchObject({ refused: { code: 'not_signed_in' } });
      expect(await undo(store, credential, { from: theirs, of: stranger, by: stranger })).toBe('gone');
    }
    // The user's own sign-in, and a key of an account of which they are not a member.
    await expect(undo(store, key, { from: theirs, by: stranger })).rejects.toMatchObject({ refused: { code: 'not_found' } });
    const ended = await newSignIn(user);
    await store.signIns.endSignIns({ userId: user.id, id: ended, nowMs: NOW, event: event('user.signed_out') });
    for (const credential of [token, key]) {
      await expect(undo(store, credential, { from: ended })).rejects.toMatchObject({ refused: { code: 'not_signed_in' } });
      expect(await held(credential)).toEqual(['a.read']);
    }
  });

  it.each(['token', 'key'] as const)('never brings a revoked %s back, whoever comes first', async (kind) => {
    for (let round = 0; round < ROUNDS; round++) {
      const credential = await newCredential(kind);
      await narrowed(credential, ['a.read']);
      const [undone] = await Promise.all([
        undo(store, credential),
        other.credentials.revoke({ kind, id: credential.id, nowMs: NOW, event: event(`${kind}.revoked`) }),
      ]);
      expect(['done', 'gone']).toContain(undone);
      expect((await store.credentials.getCredential(kind, credential.id))?.revokedAtMs).toBe(NOW);
      expect(await undo(store, credential)).toBe('gone');
    }
  });

  it.each(['token', 'key'] as const)(
    'never gives a %s more than what the newest narrowing took, also when it is narrowed again meanwhile',
    async (kind) => {
      for (let round = 0; round < ROUNDS; round++) {
        const credential = await newCredential(kind);
        const first = await narrowed(credential, ['a.read', 'b.read']);
        const [second, ...undone] = await Promise.all([
          narrow(other, first, ['a.read']),
          undo(store, credential),
          undo(other, credential),
        ]);
        // Undone first: the second narrowing saw that it had changed. Narrowed first: what it took is given back, and no more.
        const permissions = await held(credential);
        if (second === null) expect(permissions).toEqual(WIDE);
        else expect(permissions).toEqual(['a.read', 'b.read']);
        expect(undone.sort()).toEqual(['done', 'gone']);
      }
    },
  );
});
