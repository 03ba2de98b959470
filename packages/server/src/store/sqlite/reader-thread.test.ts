/** What the thread reads is what would have been read in place, and its end loses nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApplication, openSession } from '../../../test/applications.ts';
import { sqliteDatabase } from '../../../test/databases.ts';
import { newPerson } from '../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../test/server.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { openStore } from '../open.ts';
import type { OpenedStore } from '../opened.ts';
import { GROWING_READS } from '../reads.ts';
import { sqlitePath } from './open.ts';
import { ReaderThread } from './reader-thread.ts';

let server: TestServer;
/** As a server has it. */
let serving: OpenedStore;
let userId: number;
let accountId: number;
let keyId: number;
let applicationId: number;
beforeAll(async () => {
  server = await startTestServer({ database: sqliteDatabase() });
  const person = await newPerson(server);
  ({ accountId } = person);
  userId = person.id;
  const key = await server.key(accountId, { permissions: ['invoices.read'] });
  keyId = key.id;
  const minted = await server.request('/auth', { method: 'POST', bearer: key.text, body: { permissions: ['invoices.read'] } });
  expect(minted.status).toBe(200);
  const application = await newApplication(server, accountId);
  applicationId = application.id;
  await openSession(server, await newPerson(server), application);
  await server.request('/api/user', { bearer: `kh_live_${'0'.repeat(48)}` });
  serving = await openStore({ url: server.database.url, onWarning: () => {}, isServing: true });
});
afterAll(async () => {
  await serving.close();
  await server.stop();
});

/** One call of each, with the arguments that find something. */
const calls = (): Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> => {
  const nowMs = server.now();
  const page = { limit: 100 };
  return {
    accounts: { listUsers: [{ afterId: 0, ...page }] },
    administration: {
      findUsers: [{ query: '', ...page }],
      findListedUser: [userId],
      findAccounts: [{ query: '', ...page }],
      findListedAccount: [accountId],
    },
    applications: { listApplications: [{ accountId, nowMs, ...page }] },
    audit: {
      list: [page],
      stepBack: [{ accountId, steps: 2 }],
      refusedOften: [{ credentialIds: [keyId], sinceMs: 0, times: 1 }],
      chained: [0, 100],
    },
    credentials: {
      listCredentials: [{ accountId, nowMs, ...page }],
      listJudged: [{ accountId, kind: 'key', after: null, nowMs, ...page }],
      permissionUse: [{ credentialIds: [keyId], sinceDay: 0, recentSinceDay: 0 }],
      useOfAccount: [{ accountId, sinceDay: 0, nowMs }],
      usedPermissions: [{ credentialIds: [keyId], sinceDay: 0 }],
    },
    ends: { inTheWayOf: [userId], whatEnds: [{ what: 'key', keyId }, nowMs] },
    grants: { listConnected: [userId, nowMs] },
    holders: {
      listsOfCredentials: [{ after: null, nowMs, ...page }],
      listsOfApplications: [{ after: null, nowMs, ...page }],
      listsOfGrants: [{ after: null, nowMs, ...page }],
      listsOfSessions: [{ after: null, nowMs, ...page }],
    },
    invitations: { listInvitations: [accountId, nowMs], listInvitationsBy: [userId, nowMs] },
    jwts: { listJwts: [{ keyId, nowMs, withEnded: true, ...page }] },
    mails: { listMails: [page] },
    members: { listMembers: [{ id: accountId, kind: 'personal' }, { limit: 10 }] },
    permissions: { countHolders: [{ nowMs }] },
    profile: { readEnding: [{ userId, all: true, nowMs }] },
    reminders: {
      remindable: [{ afterId: 0, expiresBeforeMs: nowMs, secretMadeBeforeMs: nowMs, createdBeforeMs: nowMs, nowMs, ...page }],
    },
    sessions: {
      listSessionsOfUser: [userId, { nowMs, ...page }],
      listSessionsOfApplication: [applicationId, { nowMs, ...page }],
      countSessionsBySignIn: [userId, nowMs],
    },
    signIns: { listSignIns: [userId, { createdAfterMs: 0, usedAfterMs: 0 }, 100] },
  };
};

const names = Object.entries(GROWING_READS).flatMap(([room, reads]) => reads.map((name): [string, string] => [room, name]));

describe('the thread', () => {
  it.each(names)('reads %s.%s as it is read in place', async (room, name) => {
    const args = calls()[room]?.[name];
    if (args === undefined) throw new Error('Say above how it is called.');
    const ask = (store: OpenedStore): Promise<unknown> => {
      const reads = store as unknown as Record<string, Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;
      return reads[room]?.[name]?.(...args) ?? Promise.reject(new Error('It does not exist.'));
    };
    const inPlace = await ask(server.store);
    expect(await ask(serving)).toStrictEqual(inPlace);
  });

  it('reads what an act has written before it was asked', async () => {
    for (let round = 0; round < 20; round++) {
      const { id } = await newPerson(server);
      expect((await serving.accounts.listUsers({ afterId: id - 1, limit: 1 }))[0]?.id).toBe(id);
    }
  });

  it('goes when nobody needs it, and comes again', async () => {
    const thread = new ReaderThread(sqlitePath(server.database.url), { idleMs: 1 });
    const read = () => thread.read({ room: 'accounts', name: 'listUsers', args: [{ afterId: 0, limit: 1 }] });
    const first = await read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await read()).toEqual(first);
    await thread.close();
    await expect(read()).rejects.toThrow(StoreUnavailable);
  });

  it('refuses what is too much, and what it has not answered when it is closed', async () => {
    const thread = new ReaderThread(sqlitePath(server.database.url));
    const reads = Array.from({ length: 201 }, () => thread.read({ room: 'audit', name: 'list', args: [{ limit: 10 }] }));
    await expect(reads.at(-1)).rejects.toThrow('Too many reads are waiting.');
    const all = Promise.allSettled(reads);
    await thread.close();
    for (const outcome of await all) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreUnavailable);
  });

  it('takes two hundred of a thousand at once, refuses the others at once, and reads on afterwards', async () => {
    const ask = () => serving.sessions.listSessionsOfApplication(applicationId, { limit: 100, nowMs: server.now() });
    const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, ask));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(800);
    for (const reason of refused) expect(reason).toBeInstanceOf(StoreUnavailable);
    expect(await ask()).toHaveLength(1);
  });

  it('says that the database cannot be read', async () => {
    const thread = new ReaderThread('/nowhere/keyhouse.db');
    await expect(thread.read({ room: 'audit', name: 'list', args: [{ limit: 10 }] })).rejects.toThrow(StoreUnavailable);
    await thread.close();
  });

  it('has no other reads than those of the store', async () => {
    const thread = new ReaderThread(sqlitePath(server.database.url));
    for (const [room, name] of [
      ['nothing', 'list'],
      ['audit', 'nothing'],
      ['audit', 'constructor'],
    ] as const)
      await expect(thread.read({ room, name, args: [] })).rejects.toThrow();
    await thread.close();
  });
});
