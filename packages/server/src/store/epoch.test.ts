/** What a database that was set back numbers from then on, on both databases. */
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { created } from '../../test/created.ts';
import { eachDatabase, runStatements, type TestDatabase } from '../../test/databases.ts';
import type { OpenedStore } from './opened.ts';

const NOW = 1_800_000_000_000;

eachDatabase('a list of changes that gets another epoch', (makeDatabase) => {
  let database: TestDatabase;
  let store: OpenedStore;
  beforeEach(async () => {
    database = await makeDatabase();
    store = await database.open();
  });

  async function newIds(through = store) {
    const email = `${randomBytes(8).toString('hex')}@example.com`;
    const by = { actor: 'operator', requestId: null, person: {} } as const;
    const event = (name: 'user.created' | 'key.created') => ({ event: name, atMs: NOW, by }) as const;
    const { id: userId, accountId } = await created(
      through.accounts.createUser({
        user: {
          ...{ displayName: 'Ada', firstName: '', lastName: '', email, emailKey: email },
          ...{ passwordHash: 'x', isAdministrator: false, createdAtMs: NOW },
        },
        event: event('user.created'),
      }),
    );
    const { id: credentialId } = await created(
      through.credentials.issue({
        credential: {
          ...{ kind: 'key', environment: 'live', name: 'CI', source: 'dashboard', accountId, userId: null },
          ...{ permissions: null, addresses: null, hash: randomBytes(32).toString('hex') },
          ...{ createdAtMs: NOW, expiresAtMs: null },
        },
        event: event('key.created'),
      }),
    );
    return [userId, accountId, credentialId];
  }
  const leastOf = (ids: readonly number[]): number => Math.min(...ids);
  const epochNow = async (): Promise<string> => (await store.changes.place()).epoch;

  it('gives no number again that a lost row may have had', async () => {
    const first = await newIds();
    expect(first).toEqual([1, 2, 1]);
    await store.changes.renewEpoch({ from: await epochNow(), wentBack: 'database' });
    expect(leastOf(await newIds())).toBeGreaterThan(1_000_000);
  });

  it('nor where every row of a table was lost', async () => {
    await store.changes.renewEpoch({ from: await epochNow(), wentBack: 'database' });
    expect(leastOf(await newIds())).toBeGreaterThan(1_000_000);
  });

  it('goes on numbering when it was the clock that went back, and when another server was faster', async () => {
    await newIds();
    const from = await epochNow();
    await store.changes.renewEpoch({ from, wentBack: 'clock' });
    await store.changes.renewEpoch({ from, wentBack: 'database' });
    expect(await newIds()).toEqual([2, 3, 2]);
    expect(await epochNow()).not.toBe(from);
  });

  it('does so at the next start for a copy that was put in place while nobody ran', async () => {
    await newIds();
    const from = await epochNow();
    await store.close();
    await runStatements(database, [
      // As `keyhouse backup` leaves its copy, and as a restored cluster looks.
      database.kind === 'sqlite'
        ? "DELETE FROM settings WHERE name = 'epoch'"
        : "UPDATE settings SET value = 'another' WHERE name = 'database_identity'",
    ]);
    store = await database.open();
    expect(await epochNow()).not.toBe(from);
    expect(leastOf(await newIds())).toBeGreaterThan(1_000_000);
    store = await database.open();
    expect(leastOf(await newIds())).toBeLessThan(1_000_010);
  });
});
