import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from '../prepared.ts';

const CHANNEL = 'keyhouse_changes';
const RECONNECT_AFTER_MS = 2000;

/** Wakes the other servers at the commit. Only a hint: whoever misses it looks every 500 ms anyway. */
export const notifyOfChanges = (db: Db): Promise<unknown> => sql`select pg_notify(${CHANNEL}, '')`.execute(db);

/** A connection of its own that listens for hints, and comes back by itself. */
export function listenForChanges(url: string, onWarning: (message: string) => void) {
  const listeners = new Set<() => void>();
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({ connectionString: url, application_name: 'keyhouse hints', keepAlive: true });
    fresh.on('error', () => {});
    fresh.on('end', () => again(fresh));
    fresh.on('notification', () => {
      for (const listener of listeners) listener();
    });
    client = fresh;
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      onWarning(`PostgreSQL hints are not heard for now: ${error instanceof Error ? error.message : String(error)}`);
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
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}
