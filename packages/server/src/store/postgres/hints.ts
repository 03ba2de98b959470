/**
 * Hints between servers by `NOTIFY` and `LISTEN`: a commit with changes wakes the others. Nothing relies on a hint; the list of
 * changes is polled as well.
 */
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../prepared.ts';
import { destroy } from './reachability.ts';
import { connectionTo, isDirect, prepareSession } from './session.ts';

const CHANNEL = 'keyhouse_changes';
const RECONNECT_AFTER_MS = 2000;
const ANSWER_WITHIN_MS = 5000;

/** Wakes the other servers at the commit. Only a hint: a server that misses it polls every 500 ms anyway. */
export const notifyOfChanges = (db: Db): Promise<unknown> => sql`select pg_notify(${CHANNEL}, '')`.execute(db);

/**
 * A separate connection that listens for hints, and reconnects by itself. Behind a pooler listening is not possible: the backend
 * would go on to serve others. There it says so once, and the changes of other servers are found only by polling.
 */
export function listenForChanges(url: string, onWarning: (message: string) => void) {
  const listeners = new Set<() => void>();
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let isWarned = false;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      ...connectionTo(url),
      application_name: 'keyhouse hints',
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
    });
    fresh.on('error', () => {});
    fresh.on('end', () => again(fresh));
    fresh.on('notification', () => {
      for (const listener of listeners) listener();
    });
    client = fresh;
    try {
      await fresh.connect();
      await prepareSession(fresh, { limits: false });
      if (isDirect(fresh)) {
        await fresh.query(`LISTEN ${CHANNEL}`);
        isWarned = false;
      } else {
        client = null;
        await fresh.end();
        onWarning('PostgreSQL is behind a connection pooler. Changes by other servers are found every 500 ms, not immediately.');
      }
    } catch (error) {
      if (!isWarned)
        onWarning(
          `PostgreSQL notifications are not received at the moment: ${error instanceof Error ? error.message : String(error)}`,
        );
      // Once, however long it lasts.
      isWarned = true;
      destroy(fresh);
      again(fresh);
    }
  };
  const again = (of: pg.Client): void => {
    if (closed || client !== of) return;
    client = null;
    timer = setTimeout(() => void connect(), RECONNECT_AFTER_MS);
    timer.unref();
  };
  void connect();

  return {
    onHint: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Opens another connection, because this one may be dead: nothing would report it. */
    renew: () => {
      if (client !== null) destroy(client);
    },
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
