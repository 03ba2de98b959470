/** A sweep with nothing to do is done at once, however much is stored: each of its statements finds its rows by an index. */
import SQLite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openMemoryStore } from '../../test/memory-store.ts';
import { createSweep } from '../core/sweep.ts';
import { BatchRunner } from './sqlite/batch.ts';
import { kyselyOver } from './sqlite/dialect.ts';

/** There are few of these rows: of keys, or one for each application. */
const FEW = /^SCAN (signing_keys|applications|refresh_keys|counters|settings)\b/;
const NOW = 1_800_000_000_000;

it('reads no whole table', async () => {
  const empty = await openMemoryStore();
  const statements = new Set<string>();
  const database = new SQLite(await empty.image(), { verbose: (sql) => void statements.add(String(sql)) });
  const runner = new BatchRunner(database, kyselyOver(database), () => {});
  const act = async (name: string, input: unknown): Promise<unknown> => {
    const [answer] = await runner.run([{ id: 1, act: name, input }]);
    if (answer?.ok !== true) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    return answer.result;
  };
  const room = new Proxy({}, { get: (_, name: string) => (input: unknown) => act(name, input) }) as never;
  const rooms = {
    leases: room,
    jwts: room,
    changes: room,
    mails: room,
    tickets: room,
    sessions: room,
    signIns: room,
    credentials: room,
  };
  // One of each, for which a sweep looks one by one.
  database.exec(`INSERT INTO signing_keys (kid, state, algorithm, public_jwk, sealed_private_key, created_at_ms)
    VALUES ('kid-1', 'current', 'ES256', '{}', '', 1)`);
  database.exec(`INSERT INTO refresh_keys (sealed_key, created_at_ms) VALUES ('', 1)`);
  database.exec(`INSERT INTO applications (client_id, account_id, name, kind, redirect_uris, post_logout_redirect_uris, optional_permissions,
    own_permissions, idle_seconds, absolute_seconds, is_first_party, created_at_ms, updated_at_ms)
    VALUES ('app', 1, 'App', 'public', '[]', '[]', '[]', '[]', 60, 60, 0, 1, 1)`);
  const log = { info() {}, warn() {}, error() {} };
  const clock = { now: () => NOW };
  const follower = { revocations: { sweep: () => 0 } } as never;
  await createSweep({ store: rooms, follower, clock, monotonicMs: () => NOW, holder: 'test', log }).run();

  const changing = [...statements].filter((sql) => /^(delete|update|select|with)/i.test(sql));
  expect(changing.length).toBeGreaterThan(15);
  const scans = changing.flatMap((sql) => {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as readonly { readonly detail: string }[];
    return plan.filter(({ detail }) => detail.startsWith('SCAN') && !FEW.test(detail)).map(({ detail }) => `${detail}: ${sql}`);
  });
  expect(scans).toEqual([]);
  database.close();
  await empty.close();
});
