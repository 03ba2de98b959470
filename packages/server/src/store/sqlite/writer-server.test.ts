/** Several processes send their acts to one that writes, and hear from it what any of them has changed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sqliteDatabase, type TestDatabase } from '../../../test/databases.ts';
import { happened } from '../../core/audit/event.ts';
import { TRUST_FOR_MS } from '../../core/revocations/follower.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';
import { openStore } from '../open.ts';
import type { OpenedStore } from '../opened.ts';
import { sqlitePath } from './open.ts';
import { WriterServer } from './writer-server.ts';

const BY = { actor: 'operator', requestId: null, person: {} } as const;

let database: TestDatabase;
let folder: string;
let server: WriterServer;
const stores: OpenedStore[] = [];
beforeEach(async () => {
  database = sqliteDatabase();
  await database.open();
  folder = mkdtempSync(join(tmpdir(), 'keyhouse-writer-'));
  server = await startWriter();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  server.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const socketPath = (): string => join(folder, 'writer');

async function startWriter(...members: readonly number[]): Promise<WriterServer> {
  rmSync(socketPath(), { force: true });
  const started = new WriterServer(sqlitePath(database.url));
  for (const member of members) started.expect(member);
  await started.listen(socketPath());
  return started;
}

/** The store of a worker. `heard`: the kinds of what it was told, in order. */
async function openWorker(member: number) {
  const writer = { socket: socketPath(), member };
  const store = await openStore({ url: database.url, onWarning: () => {}, isServing: true, writer });
  stores.push(store);
  const heard: string[] = [];
  store.changes.onCommitted((changes) => void heard.push(...changes.map(({ kind }) => kind)));
  await store.join?.();
  return { store, heard };
}

const setBrand = ({ brand }: OpenedStore, name: string): Promise<void> =>
  brand.setBrand({ name, accent: '#112233', logo: null, event: happened(BY, 1, 'brand.set') });
const nameIn = async ({ brand }: OpenedStore): Promise<string | undefined> => (await brand.findBrand())?.name;
const eventsIn = async (store: OpenedStore): Promise<number> =>
  (await store.audit.list({ limit: 100 })).filter(({ event }) => event === 'brand.set').length;

/** A worker whose caches take their time. */
async function openSlowWorker(member: number) {
  const opened = await openWorker(member);
  const waiting: (() => void)[] = [];
  opened.store.changes.beforeOthersAnswer(() => new Promise((resolve) => waiting.push(resolve)));
  return { ...opened, settle: () => waiting.splice(0).forEach((resolve) => void resolve()), waiting };
}

/** Enough for any answer that is not held back. */
async function somethingElse(): Promise<void> {
  const other = await openWorker(90 + stores.length);
  for (let turn = 0; turn < 20; turn++) await other.store.accounts.countAdministrators();
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function watch(promise: Promise<unknown>) {
  const outcome = { isSettled: false };
  promise.then(
    () => {
      outcome.isSettled = true;
    },
    () => {
      outcome.isSettled = true;
    },
  );
  return outcome;
}

it('runs the acts of all, and tells each what any of them has changed, once', async () => {
  const [here, there] = await Promise.all([openWorker(1), openWorker(2)]);
  for (let round = 0; round < 20; round++) {
    const [acting, other] = round % 2 === 0 ? [here, there] : [there, here];
    await setBrand(acting.store, `Name ${round}`);
    expect([here.heard.length, there.heard.length]).toEqual([round + 1, round + 1]);
    expect(await nameIn(other.store)).toBe(`Name ${round}`);
  }
});

it('runs acts of many at once in one order: none is lost, and the chain of events holds', async () => {
  const workers = await Promise.all([1, 2, 3].map(openWorker));
  await Promise.all(workers.flatMap(({ store }) => Array.from({ length: 40 }, (_, index) => setBrand(store, `Name ${index}`))));
  const { store } = workers[0] ?? (await openWorker(9));
  const events = await store.audit.chained(0, 1000);
  expect(events.filter(({ event }) => event === 'brand.set')).toHaveLength(120);
  expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
});

it('answers a change, and what is committed after it, only when every worker has dropped it', async () => {
  const here = await openWorker(1);
  const slow = await openSlowWorker(2);
  const change = setBrand(here.store, 'Acme');
  const watched = watch(change);
  await expect.poll(() => slow.waiting.length).toBe(1);
  const after = here.store.leases.tryWriting({ nowMs: 1 });
  const watchedAfter = watch(after);
  await somethingElse();
  expect([watched.isSettled, watchedAfter.isSettled]).toEqual([false, false]);
  slow.settle();
  await Promise.all([change, after]);
});

it('does not wait for a worker that has ended', async () => {
  const here = await openWorker(1);
  const slow = await openSlowWorker(2);
  const change = setBrand(here.store, 'Acme');
  const watched = watch(change);
  await expect.poll(() => slow.waiting.length).toBe(1);
  await slow.store.close();
  // Its connection alone does not say that it has ended.
  await somethingElse();
  expect(watched.isSettled).toBe(false);
  server.forget(2);
  await change;
});

it('waits no longer for a worker than that trusts its caches', async () => {
  const here = await openWorker(1);
  await openSlowWorker(2);
  const startedAtMs = performance.now();
  await setBrand(here.store, 'Acme');
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(TRUST_FOR_MS);
});

it('refuses an act, alone, that the rules refuse', async () => {
  const { store } = await openWorker(1);
  const lease = { job: 'sweep', nowMs: 1000, forMs: 1000 };
  const taken = await Promise.all(['a', 'b', 'c'].map((holder) => store.leases.takeLease({ ...lease, holder })));
  expect(taken.filter(Boolean)).toHaveLength(1);
});

it('refuses what the writer had not answered when it ended, and sends nothing twice', async () => {
  const here = await openWorker(1);
  const slow = await openSlowWorker(2);
  const change = setBrand(here.store, 'Acme');
  await expect.poll(() => slow.waiting.length).toBe(1);
  server.close();
  await expect(change).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(setBrand(here.store, 'Never')).rejects.toBeInstanceOf(StoreUnavailable);
  // What can be read is read.
  expect(await nameIn(here.store)).toBe('Acme');
  server = await startWriter(1, 2);
  await expect
    .poll(() =>
      here.store.leases.tryWriting({ nowMs: 1 }).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  expect([await eventsIn(here.store), await nameIn(here.store)]).toEqual([1, 'Acme']);
});

it('lets a successor wait for the workers that run already, until they hear it or have ended', async () => {
  const here = await openWorker(1);
  const there = await openWorker(2);
  server.close();
  const gone = 77;
  server = await startWriter(1, 2, gone);
  await expect
    .poll(() =>
      here.store.leases.tryWriting({ nowMs: 1 }).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  const change = setBrand(here.store, 'Acme');
  const watched = watch(change);
  await expect.poll(() => there.heard).toEqual(['brand']);
  await somethingElse();
  expect(watched.isSettled).toBe(false);
  server.forget(gone);
  await change;
});
