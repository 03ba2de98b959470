/**
 * The connection that the list of changes is polled over: a separate one, so that no poll waits behind the work of requests, and
 * one second for each answer, because nothing that is cached may be trusted for longer than that (`TRUST_FOR_MS`).
 */
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { StoreUnavailable } from '../../core/unavailable.ts';
import type { Connections } from './connections.ts';
import { hasNoConnectionLeft } from './faults.ts';
import { destroy } from './reachability.ts';
import { connectionTo, prepareSession } from './session.ts';

const ANSWER_WITHIN_MS = 1000;

export class PollConnection implements PostgresPool {
  readonly options = {};
  readonly #url: string;
  readonly #others: Connections;
  #client: pg.Client | null = null;
  #busy: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  constructor(url: string, others: Connections) {
    this.#url = url;
    this.#others = others;
  }

  /** One poll after the other. @throws StoreUnavailable while PostgreSQL does not answer at all */
  async connect(): Promise<PostgresPoolClient> {
    const before = this.#busy;
    const { promise, resolve: release } = Promise.withResolvers<void>();
    this.#busy = promise;
    await before;
    try {
      const client = this.#client ?? (await this.#open());
      return client === null ? await this.#borrow(release) : this.#lend(client, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The next poll opens another connection: this one may be dead. */
  renew(): void {
    if (this.#client !== null) destroy(this.#client);
    this.#client = null;
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#client?.end().catch(() => {});
  }

  /** Null if PostgreSQL has no connection left. */
  async #open(): Promise<pg.Client | null> {
    const { reachability } = this.#others;
    if (this.#isEnded) throw new StoreUnavailable('The connection to PostgreSQL is closed.');
    if (reachability.isSilent) throw new StoreUnavailable('PostgreSQL does not answer.');
    const client = new pg.Client({ ...connectionTo(this.#url), connectionTimeoutMillis: ANSWER_WITHIN_MS });
    client.on('error', () => {});
    client.on('end', () => {
      if (this.#client === client) this.#client = null;
    });
    try {
      await client.connect();
      await this.#inTime(client, prepareSession(client));
    } catch (error) {
      destroy(client);
      if (hasNoConnectionLeft(error)) return null;
      reachability.failed(error);
      throw error;
    }
    this.#client = client;
    return client;
  }

  #lend(client: pg.Client, release: () => void): PostgresPoolClient {
    const query = async <Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> => {
      try {
        const result = await this.#inTime(client, client.query(text, values as unknown[]));
        this.#others.reachability.answered();
        return result as unknown as PostgresQueryResult<Row>;
      } catch (error) {
        this.#others.reachability.failed(error);
        throw error;
      }
    };
    return { query: query as PostgresPoolClient['query'], release };
  }

  async #borrow(release: () => void): Promise<PostgresPoolClient> {
    const borrowed = await this.#others.connect();
    return {
      query: borrowed.query.bind(borrowed),
      release: (isDiscarded) => {
        borrowed.release(isDiscarded);
        release();
      },
    };
  }

  /** If the answer does not come in time, the connection is dropped. */
  async #inTime<Value>(client: pg.Client, asked: Promise<Value>): Promise<Value> {
    let isAnswered = false;
    const answered = asked.finally(() => {
      isAnswered = true;
    });
    const timer = setTimeout(async () => {
      // If this process was busy, the answer may have arrived and not been read yet.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (isAnswered) return;
      this.#others.reachability.missed();
      if (this.#client === client) this.#client = null;
      destroy(client);
    }, ANSWER_WITHIN_MS);
    try {
      return await answered;
    } finally {
      clearTimeout(timer);
    }
  }
}
