import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { Refusal } from '../../core/refusal.ts';
import { StoreUnavailable } from '../../core/store.ts';
import { acts } from '../acts.ts';
import { bindStore } from '../bind.ts';
import { openPostgresLimiter } from '../limiter.ts';
import { migrate, pendingStatements } from '../migrate.ts';
import { POSTGRES_TYPES } from '../migrations/migration.ts';
import type { OpenedStore, OpenStoreOptions } from '../opened.ts';
import { runAct } from '../run-act.ts';
import type { Database } from '../schema.ts';
import { listenForChanges, notifyOfChanges } from './hints.ts';
import { renewEpochOfAnotherHistory } from './identity.ts';

const INT8 = 20;
const MAX_ATTEMPTS = 5;
/** Longer than any statement of ours takes. We stop waiting after … */
const ANSWER_WITHIN_MS = 10_000;
/** … and PostgreSQL has stopped working on it by then, so that nothing half-done waits for a lock that nobody wants any more. */
const STATEMENT_WITHIN_MS = 8_000;
/** A server that vanished within an act gives its locks back: one of them is the counter that every change needs. */
const IDLE_WITHIN_ACT_MS = 10_000;
const LIMITS = `SET statement_timeout = ${STATEMENT_WITHIN_MS}; SET idle_in_transaction_session_timeout = ${IDLE_WITHIN_ACT_MS}`;

/** PostgreSQL 13 or later: a pool, each act one transaction, any number of servers beside each other. */
export async function openPostgres({ url, onWarning, migrations = 'apply' }: OpenStoreOptions): Promise<OpenedStore> {
  const pool = createPool(url, onWarning);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    const applied = migrations === 'apply' ? await applyMigrations(url, onWarning) : await refusePending(db);
    const hints = listenForChanges(url, onWarning);
    const store = bindStore({
      database: 'PostgreSQL',
      db,
      guardRead: (read) =>
        read().catch((error: unknown) => {
          throw translate(error);
        }),
      run: async (act, input) => {
        for (let attempt = 1; ; attempt++) {
          try {
            const done = await db.transaction().execute(async (transaction) => {
              const outcome = await runAct(acts, transaction, act, input);
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
      check: async () => {
        await pool.query('SELECT 1 FROM counters').catch((error: unknown) => {
          throw translate(error);
        });
      },
      close: async () => {
        await hints.close();
        await db.destroy();
        // Kysely ends a pool only if it has used it.
        if (!pool.ended) await pool.end();
      },
    });
    return { ...store, applied, limiter: openPostgresLimiter(pool) };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** What `keyhouse migrate --dry-run` prints; changes nothing. */
export async function postgresPending(url: string): Promise<{ name: string; statements: readonly string[] }[]> {
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: createPool(url, () => {}) }) });
  try {
    return await pendingStatements(db, POSTGRES_TYPES);
  } catch (error) {
    throw translate(error);
  } finally {
    await db.destroy();
  }
}

function createPool(url: string, onWarning: (message: string) => void): pg.Pool {
  return connectTo(url, onWarning, {
    max: 20,
    query_timeout: ANSWER_WITHIN_MS,
    // A statement, not a start-up parameter, which poolers such as PgBouncer refuse.
    onConnect: async (client) => void (await client.query(LIMITS)),
  });
}

function connectTo(url: string, onWarning: (message: string) => void, limits: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    ...limits,
    connectionString: url,
    connectionTimeoutMillis: 3000,
    keepAlive: true,
    application_name: 'keyhouse',
    // int8 as a number: ids and milliseconds stay far below 2^53.
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  });
  // The pool listens to idle connections only. One that breaks within an act fails its query; unheard, it would end the process.
  pool.on('connect', (client) => void client.on('error', () => {}));
  // An idle connection that breaks is replaced at the next use.
  pool.on('error', (error) => onWarning(`PostgreSQL closed an idle connection: ${error.message}`));
  return pool;
}

/** On a connection of its own and without any limit: to fill an index, or to wait for the server that does, may take long. */
async function applyMigrations(url: string, onWarning: (message: string) => void): Promise<readonly string[]> {
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: connectTo(url, onWarning, { max: 1 }) }) });
  try {
    const applied = await migrate(db, POSTGRES_TYPES);
    if (await renewEpochOfAnotherHistory(db))
      onWarning('This PostgreSQL is a restored copy or a standby that took over: guards fetch the list of revocations anew.');
    return applied;
  } catch (error) {
    throw translate(error);
  } finally {
    await db.destroy();
  }
}

async function refusePending(db: Kysely<Database>): Promise<readonly string[]> {
  const pending = await pendingStatements(db, POSTGRES_TYPES);
  if (pending.length > 0)
    throw new Error(`The database lacks ${pending.map(({ name }) => name).join(', ')}: run 'keyhouse migrate'.`);
  return [];
}

/**
 * Lost against others that commit at the same moment: not to be serialised, a deadlock, or (23505) a row that another has just made
 * and that this act did not see when it looked. The next time it sees it.
 */
const mayWorkAgain = (error: unknown): boolean => ['40001', '40P01', '23505'].includes(sqlState(error));

/**
 * Statements that are wrong (classes 22, 23, 42) are our own mistakes and stay what they are. Everything else (no connection, a
 * shutdown, no space, a time-out) means that the store is not to be had now.
 */
function translate(error: unknown): Error {
  const state = sqlState(error);
  if (/^(22|23|42)/.test(state) && error instanceof Error) return error;
  if (error instanceof StoreUnavailable || error instanceof Refusal) return error;
  if (state === '' && !isConnectionError(error) && error instanceof Error) return error;
  return new StoreUnavailable(`PostgreSQL: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

const isConnectionError = (error: unknown): boolean =>
  error instanceof Error &&
  (/^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOENT)/.test(stringProperty(error, 'code')) ||
    /terminated|timeout|not queryable|connection|ended|destroyed|calling end/i.test(error.message) ||
    error instanceof AggregateError);

/** SQLSTATE: five characters; a system error's code has more. */
const sqlState = (error: unknown): string => {
  const code = error instanceof Error ? stringProperty(error, 'code') : '';
  return /^[0-9A-Z]{5}$/.test(code) ? code : '';
};

const stringProperty = (error: Error, name: string): string => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
};
