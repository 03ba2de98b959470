/**
 * The settings of every connection. Behind a pooler in transaction mode (PgBouncer, Supabase, Neon) a connection is another
 * backend for each transaction, so no setting lasts longer: there the limits are set within each act.
 */
import type { ClientBase, ClientConfig } from 'pg';
import pg from 'pg';

/** Longer than any statement of ours takes. We stop waiting after this … */
export const ANSWER_WITHIN_MS = 10_000;
/** … and PostgreSQL has stopped working on it by then, so that nothing half-done waits for a lock that is not needed any more. */
const STATEMENT_WITHIN_MS = 8_000;
/** If a server vanished within an act, its locks are released: one of them is the counter that every change needs. */
const IDLE_WITHIN_ACT_MS = 10_000;

/**
 * A server also vanishes while its statements are on their way (`one-trip.ts`). Those that have arrived may hold locks, and
 * PostgreSQL waits for the rest without the limit above. In seconds: it asks whether the other side is there, and gives up after
 * ten.
 */
const PEER_LIMITS = { tcp_keepalives_idle: 4, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };

const LIMITS = { statement_timeout: STATEMENT_WITHIN_MS, idle_in_transaction_session_timeout: IDLE_WITHIN_ACT_MS };

const INT8 = 20;

/** How to connect: the same for the pool, the connection that polls and the one that listens. */
export const connectionTo = (url: string): ClientConfig => ({
  connectionString: url,
  keepAlive: true,
  application_name: 'keyhouse',
  // int8 as a number: ids and milliseconds stay far below 2^53.
  types: {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
  } as pg.CustomTypesConfig,
});

const direct = new WeakSet<ClientBase>();

/** Whether the connection goes directly to one backend of PostgreSQL; known after `prepareSession`. */
export const isDirect = (client: ClientBase): boolean => direct.has(client);

/**
 * Finds out whether there is a pooler in between, and sets the limits of the session if there is none. A pooler shows another
 * process ID than the backend that answers. The limits are set by a statement and not at start-up, because poolers refuse
 * parameters that they do not know.
 */
export async function prepareSession(client: ClientBase, { limits = true } = {}): Promise<void> {
  const processId: unknown = Reflect.get(client, 'processID');
  const isBackend = `pg_backend_pid() = ${Number.isSafeInteger(processId) ? processId : 0}`;
  const all = { ...LIMITS, ...PEER_LIMITS };
  const settings = limits ? Object.entries(all).map(([name, value]) => `set_config('${name}', '${value}', false)`) : [];
  const { rows } = await client.query<{ direct: boolean }>(
    `SELECT ${isBackend} AS direct${settings.map((set) => `, CASE WHEN ${isBackend} THEN ${set} END`).join('')}`,
  );
  if (rows[0]?.direct === true) direct.add(client);
}

/** Begins an act. One round trip in either case. */
export const beginOn = (client: ClientBase): string =>
  isDirect(client)
    ? 'begin'
    : `begin; ${Object.entries(LIMITS)
        .map(([name, ms]) => `SET LOCAL ${name} = ${ms}`)
        .join('; ')}`;

const LIMITS_WITHIN = `SELECT ${Object.entries(LIMITS)
  .map(([name, ms]) => `set_config('${name}', '${ms}', true)`)
  .join(', ')}`;

/** What goes first in statements that are sent together; null: the session has its limits. */
export const limitsWithin = (client: ClientBase): string | null => (isDirect(client) ? null : LIMITS_WITHIN);
