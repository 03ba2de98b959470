/** On SQLite an event has its number as soon as it is written: also with several processes, and if other acts fail. */
import SQLite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sqliteDatabase, type TestDatabase } from '../../../test/databases.ts';
import { chainAudit } from '../../core/audit/chain.ts';
import { type By, type EventDraft, happened } from '../../core/audit/event.ts';
import { verifyAudit } from '../../core/audit/verify.ts';
import { pause } from '../../core/lib/pause.ts';
import type { OpenedStore } from '../opened.ts';
import { BatchRunner } from './batch.ts';
import { connect } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { sqlitePath } from './open.ts';

const by: By = { actor: 'operator', requestId: 'r-1', person: { address: '203.0.113.7' } };
const event = (): EventDraft => happened(by, 1_800_000_000_000, 'token.created', { details: { name: 'x' } });

let database: TestDatabase;
let store: OpenedStore;
beforeEach(async () => {
  database = sqliteDatabase();
  store = await database.open();
});
afterEach(() => database.drop());

const record = (through: OpenedStore = store, count = 1) =>
  through.audit.record({ events: Array.from({ length: count }, event) });

/** That the chain holds and how long it is; nothing waits for a number. */
async function expectWhole(entries: number): Promise<void> {
  expect(await store.audit.unchained(1)).toEqual([]);
  expect(await verifyAudit(store.audit)).toMatchObject({ ok: true, entries });
}

it('numbers events in the act that writes them', async () => {
  await record(store, 3);
  await record();
  await expectWhole(4);
  const [newest] = await store.audit.list({ limit: 1 });
  expect(newest).toMatchObject({ id: 4, number: 4, hash: (await store.audit.head()).hash });
});

it('goes on from what another process has written', async () => {
  const other = await database.open();
  for (let round = 0; round < 5; round++) {
    await record(other, 2);
    await record();
  }
  await Promise.all(Array.from({ length: 40 }, (_, index) => record(index % 2 === 0 ? store : other)));
  await expectWhole(55);
});

it('gives the place of an act that is undone to the next one', async () => {
  const outcomes = await Promise.allSettled([
    record(),
    // Its person cannot be stored, which fails after the event has been written.
    store.audit.record({
      events: [
        { ...event(), by: { ...by, requestId: 7n as never } },
        { ...event(), atMs: null as never },
      ],
    }),
    record(),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await expectWhole(2);
});

it('forgets a batch that could not be committed', async () => {
  await record();
  const file = connect(sqlitePath(database.url), { readonly: false });
  let fails = true;
  const runner = new BatchRunner(file, kyselyOver(file), () => {
    if (fails) throw new Error('The file is not at its path.');
  });
  const request = { id: 1, act: 'record', input: { events: [event()] } };
  expect(await runner.run([request])).toMatchObject([{ ok: false }]);
  fails = false;
  expect(await runner.run([request, { ...request, id: 2 }])).toMatchObject([{ ok: true }, { ok: true }]);
  file.close();
  await expectWhole(3);
});

it('takes personal data that has lost its salt for changed, not for erased', async () => {
  await record(store, 3);
  const file = new SQLite(sqlitePath(database.url));
  file.exec(`UPDATE audit_events SET person_salt = NULL, person_data = '{"address":"192.0.2.66"}' WHERE number = 2`);
  await pause();
  expect(await verifyAudit(store.audit)).toMatchObject({ ok: false, fault: 'changed_person', number: 2 });
  file.exec('UPDATE audit_events SET person_data = NULL WHERE number = 2');
  file.close();
  await pause();
  expect(await verifyAudit(store.audit)).toMatchObject({ ok: true, personsErased: 1 });
});

it('leaves events to the job while older ones have no number, and takes over behind it', async () => {
  await record(store, 4);
  // As a database is in which only the job gives numbers.
  const file = new SQLite(sqlitePath(database.url));
  file.exec('UPDATE audit_events SET number = NULL, hash = NULL WHERE number > 2');
  file.exec("UPDATE counters SET value = 2 WHERE name = 'audit'");
  file.exec("UPDATE settings SET value = (SELECT hash FROM audit_events WHERE number = 2) WHERE name = 'audit_head_hash'");
  file.close();
  await record(store, 2);
  expect(await store.audit.unchained(10)).toHaveLength(4);
  await Promise.all([chainAudit(store.audit), record(), chainAudit(store.audit), record()]);
  await chainAudit(store.audit);
  await record();
  await expectWhole(9);
});

it('leaves out the numbers that a database which was set back leaves out, also beside events of the same transaction', async () => {
  const { epoch } = await store.changes.place();
  const file = connect(sqlitePath(database.url), { readonly: false });
  const runner = new BatchRunner(file, kyselyOver(file), () => {});
  const request = { id: 1, act: 'record', input: { events: [event()] } };
  const renew = { id: 2, act: 'renewEpoch', input: { from: epoch, wentBack: 'database' } };
  expect(await runner.run([request, renew, { ...request, id: 3 }])).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  file.close();
  // The store's reads of this turn do not see what another connection commits in it.
  await pause();
  expect((await store.audit.list({ limit: 1 }))[0]?.id).toBeGreaterThan(1_000_000);
  await expectWhole(2);
});
