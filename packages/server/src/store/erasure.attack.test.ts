/**
 * On PostgreSQL acts run at the same time. What is written behind the answers, such as use and refusals, must not leave personal
 * data of a user who is deleted in the same moment. A transaction of the test holds the write up in its middle.
 */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresUrl } from '../../../../test/shared-things.ts';
import { registered } from '../../test/browser.ts';
import { postgresDatabase, type TestDatabase } from '../../test/databases.ts';
import { startTestServer, type TestServer } from '../../test/server.ts';

const DAY = 86_400_000;

describe('a deletion while something is written behind the answers', () => {
  let database: TestDatabase;
  let server: TestServer;
  let beside: pg.Client;
  beforeAll(async () => {
    database = await postgresDatabase(await postgresUrl());
    server = await startTestServer({ database });
    beside = new pg.Client({ connectionString: database.url });
    await beside.connect();
  });
  afterAll(async () => {
    await beside.end();
    await server.stop();
    await database.drop();
  });

  const waiting = async (): Promise<number> =>
    (
      await beside.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()`,
      )
    ).rows.length;

  /** Does `write`, which waits for `obstacle`; `act` meanwhile, until it has ended or waits too; then removes the obstacle. */
  async function amidst(obstacle: string, write: () => Promise<unknown>, act: () => Promise<unknown>): Promise<void> {
    await beside.query('BEGIN');
    await beside.query(obstacle);
    const writing = write();
    await expect.poll(waiting).toBe(1);
    let isOver = false;
    const acting = act().finally(() => {
      isOver = true;
    });
    await expect.poll(async () => isOver || (await waiting()) === 2).toBe(true);
    await beside.query('ROLLBACK');
    await Promise.all([writing, acting]);
  }

  async function someone() {
    const { browser, email } = await registered(server);
    const [{ id: accountId }] = (await browser.ask('/me')).json.accounts;
    const { id: credentialId } = await server.key(accountId, { permissions: ['x.read'] });
    const leave = async () => expect((await browser.ask('/me', { method: 'DELETE', body: { email } })).status).toBe(204);
    return { accountId, credentialId, leave, agent: `Agent-${crypto.randomUUID()}` };
  }

  it('leaves no address and no user agent in the use of their keys, and loses no count', async () => {
    const { accountId, credentialId, agent, leave } = await someone();
    const nowMs = server.now();
    const day = Math.floor(nowMs / DAY);
    const previous = { previousRequests: 0, previousLastUsedAtMs: null, previousLastAddress: null, previousLastUserAgent: null };
    const use = { credentialId, day, requests: 3, lastUsedAtMs: nowMs, lastAddress: '203.0.113.7', lastUserAgent: agent };
    await amidst(
      `INSERT INTO account_use (account_id, day, requests, last_used_at_ms, last_credential_id)
       VALUES (${accountId}, ${day}, 1, ${nowMs}, ${credentialId})`,
      () => server.store.credentials.recordUse({ uses: [{ ...use, ...previous }], permissions: [] }),
      leave,
    );
    const { rows } = await beside.query('SELECT * FROM credential_use WHERE credential_id = $1', [credentialId]);
    expect(rows).toMatchObject([{ requests: '3', last_address: null, last_user_agent: null }]);
  });

  it('leaves nothing about them in the log', async () => {
    const { accountId, credentialId, agent, leave } = await someone();
    await server.keyhouse.flush();
    const { rows: last } = await beside.query('SELECT last_value FROM pg_sequences WHERE sequencename = $1', [
      'audit_events_id_seq',
    ]);
    const next = Number(last[0]?.last_value) + 1;
    const by = { actor: 'anonymous', person: { userAgent: agent }, requestId: null } as const;
    const refused = { event: 'request.refused', atMs: server.now(), by, accountId, credentialId, reason: 'forbidden' } as const;
    await amidst(
      `INSERT INTO audit_events (id, event, at_ms, actor, details) OVERRIDING SYSTEM VALUE
       VALUES (${next}, 'request.refused', 0, 'system', '{}')`,
      () => server.store.audit.record({ events: [refused] }),
      leave,
    );
    const { rows } = await beside.query('SELECT id FROM audit_events WHERE person_data LIKE $1', [`%${agent}%`]);
    expect(rows).toEqual([]);
    expect(await server.store.audit.list({ credentialId, event: 'request.refused', limit: 10 })).toHaveLength(1);
  });
});
