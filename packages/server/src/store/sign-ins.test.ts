/** What is stored of sign-ins, browsers and networks, and for how long: on both databases. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import { DAY_MS } from '../core/lib/clock.ts';
import type { User } from '../core/users/account.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const hex = (): string => randomBytes(32).toString('hex');
const event = (name: EventDraft['event']): EventDraft => ({
  event: name,
  atMs: NOW,
  by: { actor: 'operator', requestId: null, person: {} },
});

eachDatabase('of sign-ins', (makeDatabase) => {
  let store: OpenedStore;
  let user: User;
  beforeAll(async () => {
    store = await (await makeDatabase()).open();
    const created = await store.accounts.createUser({
      user: {
        email: 'a@example.com',
        emailKey: 'a@example.com',
        passwordHash: 'hash',
        displayName: 'A',
        firstName: '',
        lastName: '',
        isAdministrator: false,
        createdAtMs: NOW,
      },
      event: event('user.created'),
    });
    if (created === null) throw new Error('taken');
    user = created;
  });

  async function open(atMs: number) {
    const [hash, browserHash, addressHash] = [hex(), hex(), hex()];
    const signIn = await store.signIns.openSignIn({
      signIn: {
        userId: user.id,
        hash,
        createdAtMs: atMs,
        lastSeenAtMs: atMs,
        provedAtMs: atMs,
        methods: ['password'],
        address: null,
        userAgent: null,
      },
      passwordHash: 'hash',
      browserHash,
      addressHash,
      event: event('user.signed_in'),
    });
    if (signIn === null) throw new Error('The sign-in was not opened.');
    return { id: signIn.id, hash, browserHash, addressHash };
  }
  const always = { seenMs: 0, createdMs: 0 };

  it('old ones are swept in small batches, and young ones stay', async () => {
    const old = [await open(NOW), await open(NOW), await open(NOW)];
    const young = await open(NOW + DAY_MS);
    expect(await store.signIns.sweepSignIns({ beforeMs: NOW + 1, limit: 2 })).toBe(true);
    expect(await store.signIns.sweepSignIns({ beforeMs: NOW + 1, limit: 2 })).toBe(false);
    for (const { hash } of old) expect(await store.signIns.findSignIn(hash, always)).toBeNull();
    expect((await store.signIns.findSignIn(young.hash, always))?.signIn.id).toBe(young.id);
  });

  it('networks are known for as long as is asked, and browsers for as long as is asked for them', async () => {
    const [old, young] = [await open(NOW - DAY_MS), await open(NOW + DAY_MS)];
    const knows = ({ addressHash }: { addressHash: string }) => store.accounts.knowsAddress(user.id, addressHash, 0);
    const knowsBrowser = async ({ browserHash }: { browserHash: string }) =>
      (await store.signIns.knowsBrowser(user.id, browserHash)).known;
    while (await store.signIns.sweepKnown({ addressesBeforeMs: NOW, browsersBeforeMs: 0, limit: 1 }));
    expect([await knows(old), await knowsBrowser(old)]).toEqual([false, true]);
    while (await store.signIns.sweepKnown({ addressesBeforeMs: 0, browsersBeforeMs: NOW, limit: 1 }));
    expect([await knowsBrowser(old), await knowsBrowser(young), await knows(young)]).toEqual([false, true, true]);
  });

  it('none is opened with a password that is another by now, and none makes anything once it has ended', async () => {
    const { id, hash } = await open(NOW);
    const credential = {
      kind: 'token',
      environment: 'live',
      accountId: user.accountId,
      userId: user.id,
      name: 'x',
      source: 'dashboard',
      permissions: null,
      addresses: null,
      createdAtMs: NOW,
      expiresAtMs: null,
    } as const;
    const authority = { kind: 'sign-in', signInId: id, userId: user.id, asks: null, changes: null, provedSinceMs: null } as const;
    const by = { actor: `user:${user.id}`, requestId: null, person: {}, authority } as const;
    const make = () =>
      store.credentials.issue({ credential: { ...credential, hash: hex() }, event: { ...event('token.created'), by } });
    expect(await make()).toMatchObject({ accountId: user.accountId, createdBy: `user:${user.id}` });
    await store.accounts.setPasswordHash({
      userId: user.id,
      passwordHash: 'another',
      nowMs: NOW,
      endTokensOfLogins: true,
      event: event('user.password_changed'),
    });
    expect(await store.signIns.findSignIn(hash, always)).toBeNull();
    await expect(make()).rejects.toThrow('not_signed_in');
    await expect(open(NOW)).rejects.toThrow('not opened');
    const prove = { id, userId: user.id, passwordHash: 'another', nowMs: NOW, event: event('user.proved_again') };
    expect(await store.signIns.proveSignIn(prove)).toBe(false);
  });

  it('tickets are swept when they are over', async () => {
    const issue = async (endsAtMs: number) => {
      const hash = hex();
      const ticket = { hash, purpose: 'setup', userId: null, data: {}, createdAtMs: NOW, endsAtMs } as const;
      await store.tickets.issueTicket({ ticket, replace: false, event: null });
      return hash;
    };
    const [first, second, living] = [await issue(NOW + 1), await issue(NOW + 2), await issue(NOW + 10)];
    expect(await store.tickets.sweepTickets({ nowMs: NOW + 5, limit: 1 })).toBe(true);
    while (await store.tickets.sweepTickets({ nowMs: NOW + 5, limit: 1 }));
    for (const hash of [first, second]) expect(await store.tickets.findTicket('setup', hash, NOW)).toBeNull();
    expect(await store.tickets.findTicket('setup', living, NOW)).not.toBeNull();
    expect(await store.tickets.redeemTicket({ purpose: 'setup', hash: living, nowMs: NOW + 10 })).toBeNull();
  });
});
