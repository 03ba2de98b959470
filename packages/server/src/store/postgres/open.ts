/**
 * Opens the store on PostgreSQL and binds its parts together: migrations, connections, hints and the limiter. Each act is one
 * transaction, which is run again after a deadlock. A few are done in one round trip where they can (`short-acts.ts`).
 */
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { MaybePromise } from '../../core/lib/maybe-promise.ts';
import { acts } from '../acts.ts';
import { bindStore } from '../bind.ts';
import type { OpenedStore, OpenStoreOptions, PendingMigration } from '../opened.ts';
import { runAct } from '../run-act.ts';
import type { Database } from '../schema.ts';
import { Connections } from './connections.ts';
import { mayWorkAgain, translate } from './faults.ts';
import { listenForChanges, notifyOfChanges } from './hints.ts';
import { openPostgresLimiter } from './limiter.ts';
import { applyMigrations, pendingAt, refusePending } from './migrate.ts';
import { PollConnection } from './poll-connection.ts';
import { shortActs } from './short-acts.ts';

const MAX_ATTEMPTS = 5;
const DEFAULT_POOL_SIZE = 20;

/** PostgreSQL 13 or later: a pool, each act one transaction, any number of servers at the same time. */
export async function openPostgres(options: OpenStoreOptions): Promise<OpenedStore> {
  const { url, onWarning, migrations = 'apply', poolSize: size = DEFAULT_POOL_SIZE, isShort = true } = options;
  const applied = await (migrations === 'apply' ? applyMigrations(url, onWarning) : refusePending(url));
  const hints = listenForChanges(url, onWarning);
  const onDoubt = (): void => {
    poll.renew();
    hints.renew();
  };
  const connections = new Connections({ url, size, onWarning, onDoubt });
  const poll = new PollConnection(url, connections);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: connections }) });
  const pollDb = new Kysely<Database>({ dialect: new PostgresDialect({ pool: poll }) });
  const guardRead = async <Value>(read: () => MaybePromise<Value>): Promise<Value> => {
    try {
      return await read();
    } catch (error) {
      throw translate(error);
    }
  };
  const runShort = isShort ? shortActs(db, connections) : null;
  const store = bindStore({
    database: 'PostgreSQL',
    db,
    pollDb,
    guardRead,
    run: async (act, input) => {
      const result = (await runShort?.(act, input)) ?? null;
      if (result !== null) return { result, changes: [] };
      for (let attempt = 1; ; attempt++) {
        try {
          const done = await db.transaction().execute(async (transaction) => {
            const outcome = await runAct(acts, { db: transaction }, act, input);
            if (outcome.changes.length > 0) await notifyOfChanges(transaction);
            return outcome;
          });
          return done;
        } catch (error) {
          if (!mayWorkAgain(error) || attempt === MAX_ATTEMPTS) throw translate(error);
        }
      }
    },
    mayHaveMoved: () => true,
    onHint: hints.onHint,
    check: () => guardRead(async () => void (await sql`SELECT 1 FROM counters`.execute(db))),
    close: async () => {
      await hints.close();
      // Kysely ends a pool only if it has used it.
      await Promise.all([db.destroy(), pollDb.destroy()]);
      await Promise.all([connections.end(), poll.end()]);
    },
  });
  return { ...store, applied, limiter: openPostgresLimiter((text, values) => connections.run(text, values)) };
}

/** What `keyhouse migrate --dry-run` prints; changes nothing. */
export const postgresPending = (url: string): Promise<PendingMigration[]> => pendingAt(url);
