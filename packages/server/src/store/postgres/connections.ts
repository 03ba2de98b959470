/**
 * The connections that acts and reads share. Without a free one they wait: for a limited time, and a limited number of them.
 * While PostgreSQL does not answer at all (`reachability.ts`), they fail at once. When PostgreSQL has no connection left, the
 * open ones are shared, and one more is tried each second.
 */
import type { CompiledQuery, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { StoreUnavailable } from '../../core/unavailable.ts';
import type { Answers } from '../prepared.ts';
import { hasNoConnectionLeft, isOldPlan, isSilence, translate } from './faults.ts';
import { sendTogether, type TripAnswer } from './one-trip.ts';
import { destroy, Reachability } from './reachability.ts';
import { ANSWER_WITHIN_MS, beginOn, connectionTo, isDirect, limitsWithin, prepareSession } from './session.ts';
import { StatementNames } from './statement-names.ts';

const CONNECTION_WITHIN_MS = 3000;
/** More than a burst of requests causes, and few enough to be rejected all at once. */
const MAX_WAITING = 1000;
/** These stay open when idle, so that some are there when PostgreSQL has no connection left. */
const KEPT_OPEN = 2;
/** After a new connection was answered at once, those that have waited longer for an answer are considered dead. */
const ANSWER_AFTER_ANOTHER_WITHIN_MS = 1500;
/** A connection that was answered this recently is not considered dead. */
const ALIVE_FOR_MS = 500;
const GROW_EVERY_MS = 1000;
const ASK_AGAIN_AFTER_MS = 200;
const ENDS: ReadonlySet<string> = new Set(['commit', 'rollback']);

export interface ConnectionsOptions {
  readonly url: string;
  /** At most this many are open. */
  readonly size: number;
  /** How long to wait for a free connection, or a new one. Left out: three seconds. */
  readonly withinMs?: number;
  readonly onWarning: (message: string) => void;
  /** Connections that were open may be dead; those that are used elsewhere should be opened again. */
  readonly onDoubt: () => void;
}

export class Connections implements PostgresPool {
  readonly options = {};
  readonly reachability: Reachability;
  readonly #given: ConnectionsOptions;
  readonly #withinMs: number;
  #pool: pg.Pool;
  /** All open ones, and those of them that are idle. */
  readonly #open = new Set<pg.PoolClient>();
  readonly #idle = new Set<pg.PoolClient>();
  readonly #handles = new WeakMap<pg.PoolClient, Handle>();
  readonly #letGo = new Set<(error: Error) => void>();
  readonly #names = new StatementNames();
  #waiting = 0;
  #room: Promise<void> | null = null;
  #growing: NodeJS.Timeout | null = null;

  constructor(given: ConnectionsOptions) {
    this.#given = given;
    this.#withinMs = given.withinMs ?? CONNECTION_WITHIN_MS;
    this.#pool = this.#openPool();
    this.reachability = new Reachability({
      url: given.url,
      onWarning: given.onWarning,
      onDoubt: () => {
        this.#dropIdle();
        given.onDoubt();
      },
      onPromptAnswer: () => this.#dropUnanswered(performance.now()),
      onSilence: () => {
        this.#dropAll();
        given.onDoubt();
      },
    });
  }

  /** How many wait for a connection. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A connection for one caller until it is released. @throws StoreUnavailable */
  async connect(): Promise<Handle> {
    if (this.reachability.isSilent) throw new StoreUnavailable('PostgreSQL does not answer.');
    if (this.#waiting >= MAX_WAITING) throw new StoreUnavailable('Too many requests wait for a connection to PostgreSQL.');
    this.#waiting++;
    try {
      return this.#handleOf(await (this.#hasFree ? this.#takeFree() : this.#take()));
    } catch (error) {
      this.reachability.failed(error);
      throw translate(error);
    } finally {
      this.#waiting--;
    }
  }

  /** One statement, outside any act. @throws StoreUnavailable */
  async run<Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const connection = await this.connect();
    try {
      return (await connection.query<Row>(text, values)).rows;
    } catch (error) {
      throw translate(error);
    } finally {
      connection.release();
    }
  }

  /**
   * Several statements in one round trip and one transaction, with an answer for each. @throws what PostgreSQL answered, or that
   * it is not known whether they are committed
   */
  async runTogether<const Statements extends readonly CompiledQuery<unknown>[]>(
    statements: Statements,
  ): Promise<Answers<Statements>> {
    const connection = await this.connect();
    try {
      return (await connection.queryTogether(statements)) as unknown as Answers<Statements>;
    } finally {
      connection.release();
    }
  }

  async end(): Promise<void> {
    this.reachability.close();
    if (this.#growing !== null) clearTimeout(this.#growing);
    if (!this.#pool.ending) await this.#pool.end();
  }

  get #hasFree(): boolean {
    return this.#pool.idleCount > this.#pool.waitingCount;
  }

  /** There is nothing to wait for, unless it breaks at this moment. */
  #takeFree(): Promise<pg.PoolClient> {
    return this.#pool.connect().catch((error: unknown) => {
      if (hasNoConnectionLeft(error)) return this.#take();
      throw error;
    });
  }

  async #take(): Promise<pg.PoolClient> {
    const giveUpAtMs = performance.now() + this.#withinMs;
    for (;;) {
      if (this.#room !== null && this.#pool.totalCount === 0) await this.#unlessLetGo(this.#room, giveUpAtMs - performance.now());
      try {
        return await this.#fromPool();
      } catch (error) {
        if (!hasNoConnectionLeft(error) || performance.now() >= giveUpAtMs) throw error;
        this.#askForLess();
      }
    }
  }

  async #fromPool(): Promise<pg.PoolClient> {
    const connecting = this.#pool.connect();
    try {
      return await this.#unlessLetGo(connecting);
    } catch (error) {
      // Nobody waits for this connection any more.
      connecting.then(
        (client) => client.release(),
        () => {},
      );
      throw error;
    }
  }

  /** Rejects if PostgreSQL does not answer any more, or after `withinMs`. */
  #unlessLetGo<Value>(wanted: Promise<Value>, withinMs: number | null = null): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#letGo.add(reject);
      const late = (): void => reject(new StoreUnavailable('PostgreSQL has no free connection.'));
      const timer = withinMs === null ? null : setTimeout(late, withinMs);
      wanted.then(resolve, reject).finally(() => {
        this.#letGo.delete(reject);
        if (timer !== null) clearTimeout(timer);
      });
    });
  }

  #openPool(): pg.Pool {
    const { url, size, onWarning } = this.#given;
    const pool = new pg.Pool({
      ...connectionTo(url),
      max: size,
      min: Math.min(KEPT_OPEN, size),
      connectionTimeoutMillis: this.#withinMs,
      query_timeout: ANSWER_WITHIN_MS,
      onConnect: (client) => prepareSession(client),
    });
    pool.on('connect', (client) => {
      this.#open.add(client);
      // The pool listens only to idle connections. One that breaks within an act fails its query; without a listener its error
      // would end the process.
      client.on('error', () => {});
    });
    pool.on('acquire', (client) => void this.#idle.delete(client));
    pool.on('release', (error, client) => {
      if (!error) this.#idle.add(client);
    });
    pool.on('remove', (client) => {
      this.#open.delete(client);
      this.#idle.delete(client);
    });
    // An idle connection that breaks is replaced at the next use.
    pool.on('error', (error) => {
      if (pool === this.#pool && !this.reachability.isDoubtful)
        onWarning(`PostgreSQL closed an idle connection: ${error.message}`);
    });
    return pool;
  }

  #handleOf(client: pg.PoolClient): Handle {
    let handle = this.#handles.get(client);
    if (handle === undefined) {
      handle = new Handle(client, this.reachability, this.#names);
      this.#handles.set(client, handle);
    }
    return handle;
  }

  /** Except those that were answered a moment ago. */
  #dropIdle(): void {
    for (const client of this.#idle) {
      const answeredAtMs = this.#handles.get(client)?.answeredAtMs ?? Number.NEGATIVE_INFINITY;
      if (performance.now() - answeredAtMs > ALIVE_FOR_MS) destroy(client);
    }
  }

  #dropUnanswered(askedBeforeMs: number): void {
    const drop = (): void => {
      for (const client of this.#open) {
        const askedAtMs = this.#handles.get(client)?.askedAtMs ?? null;
        if (askedAtMs !== null && askedAtMs < askedBeforeMs) destroy(client);
      }
    };
    setTimeout(drop, ANSWER_AFTER_ANOTHER_WITHIN_MS).unref();
  }

  #dropAll(): void {
    const dropped = this.#pool;
    this.#pool = this.#openPool();
    dropped.end().catch(() => {});
    for (const letGo of this.#letGo) letGo(new StoreUnavailable('PostgreSQL does not answer.'));
    for (const client of this.#open) destroy(client);
  }

  /** As many as there are, and one more each second until all can be opened again. */
  #askForLess(): void {
    const pool = this.#pool;
    pool.options.max = Math.max(1, pool.totalCount);
    if (pool.totalCount === 0) this.#room ??= this.#waitForRoom().finally(() => (this.#room = null));
    if (this.#growing === null) this.#grow();
  }

  #grow(): void {
    this.#growing = setTimeout(() => {
      this.#growing = null;
      const { options } = this.#pool;
      options.max = Math.min(this.#given.size, options.max + 1);
      if (options.max < this.#given.size) this.#grow();
    }, GROW_EVERY_MS);
    this.#growing.unref();
  }

  /**
   * One asks on behalf of all that wait. Settles when there is a connection, and also at any other failure, which each waiting
   * caller then meets itself.
   */
  async #waitForRoom(): Promise<void> {
    while (this.#waiting > 0) {
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
      try {
        (await this.#pool.connect()).release();
        return;
      } catch (error) {
        if (!hasNoConnectionLeft(error)) return;
      }
    }
  }
}

/**
 * A connection in use. If it failed, it is not used any more: the roll-back fails at once, and it does not return to the pool.
 */
class Handle implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #reachability: Reachability;
  readonly #names: StatementNames;
  #isBroken = false;
  #isInAct = false;
  /** Since when a statement waits for its answer; null: none waits. */
  askedAtMs: number | null = null;
  answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(client: pg.PoolClient, reachability: Reachability, names: StatementNames) {
    this.#client = client;
    this.#reachability = reachability;
    this.#names = names;
  }

  query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query(cursor: never): never;
  async query<Row>(text: string, values: readonly unknown[] = []): Promise<PostgresQueryResult<Row>> {
    return (await this.#watch(() => this.#ask(text, values as unknown[]))) as unknown as PostgresQueryResult<Row>;
  }

  /** One round trip, one transaction. */
  queryTogether(statements: readonly CompiledQuery<unknown>[]): Promise<readonly TripAnswer[]> {
    return this.#watch(() => this.#askTogether(statements));
  }

  async #watch<Result>(ask: () => Promise<Result>): Promise<Result> {
    this.askedAtMs = performance.now();
    try {
      const result = await ask();
      this.answeredAtMs = performance.now();
      this.#reachability.answered();
      return result;
    } catch (error) {
      this.#reachability.failed(error);
      if (isSilence(error)) {
        this.#isBroken = true;
        destroy(this.#client);
      }
      throw error;
    } finally {
      this.askedAtMs = null;
    }
  }

  async #ask(text: string, values: unknown[]): Promise<pg.QueryResult> {
    this.#isInAct = text === 'begin' || (this.#isInAct && !ENDS.has(text));
    if (text === 'begin') return await this.#client.query(beginOn(this.#client));
    const name = this.#nameOf(text);
    if (name === null) return await this.#client.query(text, values);
    try {
      return await this.#client.query({ name, text, values });
    } catch (error) {
      if (!isOldPlan(error)) throw error;
      this.#names.renew();
      // An act has failed with it, and is done again as a whole.
      if (this.#isInAct) throw error;
      return await this.#client.query(text, values);
    }
  }

  async #askTogether(statements: readonly CompiledQuery<unknown>[]): Promise<readonly TripAnswer[]> {
    const together = statements.map(({ sql: text, parameters: values }) => ({ text, values, name: this.#nameOf(text) }));
    const limits = limitsWithin(this.#client);
    if (limits !== null) {
      const [, ...answers] = await sendTogether(this.#client, [{ text: limits, values: [], name: null }, ...together]);
      return answers;
    }
    try {
      return await sendTogether(this.#client, together);
    } catch (error) {
      if (isOldPlan(error)) this.#names.renew();
      throw error;
    }
  }

  /** Behind a pooler the next transaction may be on a connection that does not know the name. */
  #nameOf(text: string): string | null {
    return isDirect(this.#client) ? this.#names.of(text) : null;
  }

  release(isDiscarded = false): void {
    this.#client.release(isDiscarded || this.#isBroken);
  }
}
