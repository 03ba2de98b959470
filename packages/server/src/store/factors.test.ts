/** Passkeys on both databases: their counter only goes up, and authenticators that do not count are accepted too. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { eachDatabase } from '../../test/databases.ts';
import type { EventDraft } from '../core/audit/event.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;
const event = (name: EventDraft['event']): EventDraft => ({
  event: name,
  atMs: NOW,
  by: { actor: 'operator', requestId: null, person: {} },
});

eachDatabase('passkeys', (makeDatabase) => {
  let store: OpenedStore;
  beforeAll(async () => {
    store = await (await makeDatabase()).open();
  });

  /** Uses a new passkey whose stored counter is `stored`, with an answer that says `counter`. */
  async function use(stored: number, counter: number): Promise<boolean> {
    const email = `${randomBytes(8).toString('hex')}@example.com`;
    const user = await store.accounts.createUser({
      user: {
        email,
        emailKey: email,
        passwordHash: 'hash',
        displayName: 'A',
        firstName: '',
        lastName: '',
        isAdministrator: false,
        createdAtMs: NOW,
      },
      event: event('user.created'),
    });
    if (user === null) throw new Error('taken');
    const id = randomBytes(16).toString('base64url');
    const passkey = {
      id,
      userId: user.id,
      name: 'Laptop',
      publicKey: 'key',
      counter: stored,
      transports: ['internal'],
      synced: false,
      createdAtMs: NOW,
      lastUsedAtMs: null,
    };
    expect(await store.factors.addPasskey({ passkey, event: event('user.passkey_added') })).toBe(true);
    const used = await store.factors.usePasskey({ userId: user.id, id, counter, nowMs: NOW + 1 });
    const found = await store.factors.findPasskey(id);
    expect(found).toMatchObject(used ? { counter, lastUsedAtMs: NOW + 1 } : { counter: stored, lastUsedAtMs: null });
    return used;
  }

  it.each([
    [0, 0, true],
    [0, 1, true],
    [3, 5, true],
    [5, 5, false],
    [5, 3, false],
    [5, 0, false],
  ])('stands at %i, is told %i: used %s (WebAuthn Level 3 §6.1.1)', async (stored, counter, isUsed) => {
    expect(await use(stored, counter)).toBe(isUsed);
  });
});
