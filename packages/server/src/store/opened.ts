/** The input and the result of opening a store, for either database. */
import type { Limiter } from '../core/sign-ins/sign-in-limits.ts';
import type { Store } from '../core/store.ts';

export interface OpenStoreOptions {
  /** `sqlite:PATH` (an absolute path) or `postgres://…`. */
  readonly url: string;
  /** Reports what went wrong outside any act (a lost listening connection). */
  readonly onWarning: (message: string) => void;
  /** `check`: refuse to open when a migration is missing, instead of applying it. Default `apply`. */
  readonly migrations?: 'apply' | 'check';
  /** A server that answers while it reads: on SQLite, reads that may take long get a thread of their own. Default false. */
  readonly isServing?: boolean;
  /** On SQLite: another process of this machine writes, and has applied the migrations. Left out: this one does. */
  readonly writer?: WriterAddress;
  /** How many connections to PostgreSQL acts and reads may use; more are open for polling and for listening. */
  readonly poolSize?: number;
  /** On PostgreSQL, whether hot acts are done in one round trip where they can. Left out: yes. Tests run both ways. */
  readonly isShort?: boolean;
}

/** Where the process that writes listens, for one of the workers that send it their acts. */
export interface WriterAddress {
  /** The path of a socket. */
  readonly socket: string;
  /** Which worker this is; its successor has another number. */
  readonly member: number;
}

export interface OpenedStore extends Store {
  /** Failed attempts: counted in memory where one server runs, in the database where several may. */
  readonly limiter: Limiter;
  /**
   * Where several workers share a database file: when it resolves, this process may keep what it reads. From then on it hears of
   * every change before the act is answered. What was changed before, it must read.
   */
  join?(): Promise<void>;
  /** Migrations that this opening applied. */
  readonly applied: readonly string[];
}

/** A migration that is missing in the database, with the statements that would run. */
export interface PendingMigration {
  readonly name: string;
  readonly statements: readonly string[];
}
