/**
 * Queries that are built once and run often. Building and compiling a query costs Kysely more than SQLite needs to answer it,
 * so the hot ones are compiled at first use with markers in place of values, and only the values change from run to run.
 */
import type { Compilable, CompiledQuery, Kysely, Transaction } from 'kysely';
import type { MaybePromise } from '../core/lib/maybe-promise.ts';
import type { Database } from './schema.ts';

export type Db = Kysely<Database> | Transaction<Database>;
export interface Answer<Row> {
  readonly rows: Row[];
  readonly affected: number;
}

/** The answers to several statements, in their order. */
export type Answers<Statements extends readonly CompiledQuery<unknown>[]> = {
  [Index in keyof Statements]: Statements[Index] extends CompiledQuery<infer Row> ? Answer<Row> : never;
};

/** Runs a compiled query where no waiting is needed (SQLite), without Kysely's way through connections and promises. */
export type RunDirectly = (sql: string, parameters: readonly unknown[]) => Answer<unknown>;
const direct = new WeakMap<object, RunDirectly>();
export const allowDirectRuns = (db: Db, run: RunDirectly): void => void direct.set(db, run);

const texts = new Set<string>();
/** Whether the text is that of a query which is built once. */
export const isPreparedText = (sql: string): boolean => texts.has(sql);

class Marker {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A query that is built once, and run with these values. */
export interface Prepared<V extends object, Row> {
  (db: Db, values: V): Promise<Answer<Row>>;
  /** The same, without a promise where the database answers at once. */
  atOnce(db: Db, values: V): MaybePromise<Answer<Row>>;
  /** Does not run it: text and values, to be sent together with others. */
  statement(db: Db, values: V): CompiledQuery<Row>;
}

/**
 * `build` sees each value as a marker of the value's type; it may only place it, not look at it.
 * @example const byId = prepare((db, { id }: { id: number }) => db.selectFrom('users').selectAll().where('id', '=', id));
 */
export function prepare<V extends object, Row>(build: (db: Db, values: V) => Compilable<Row>): Prepared<V, Row> {
  // One compiled text for each database; its adapter object identifies it, transactions share it.
  const compiled = new WeakMap<object, CompiledQuery<Row>>();
  const markers = new Proxy({} as V, { get: (_, name) => new Marker(String(name)) });
  const compile = (db: Db): CompiledQuery<Row> => {
    const adapter = db.getExecutor().adapter;
    let query = compiled.get(adapter);
    if (query === undefined) {
      query = build(db, markers).compile();
      texts.add(query.sql);
      compiled.set(adapter, query);
    }
    return query;
  };
  const fill = (query: CompiledQuery<Row>, values: V): unknown[] =>
    query.parameters.map((p) => (p instanceof Marker ? (values as Readonly<Record<string, unknown>>)[p.name] : p));
  const atOnce = (db: Db, values: V): MaybePromise<Answer<Row>> => {
    const query = compile(db);
    const parameters = fill(query, values);
    const runDirectly = direct.get(db);
    if (runDirectly !== undefined) return runDirectly(query.sql, parameters) as Answer<Row>;
    return db
      .executeQuery<Row>({ ...query, parameters })
      .then(({ rows, numAffectedRows }) => ({ rows, affected: Number(numAffectedRows ?? 0n) }));
  };
  const statement = (db: Db, values: V): CompiledQuery<Row> => {
    const query = compile(db);
    return { ...query, parameters: fill(query, values) };
  };
  return Object.assign(async (db: Db, values: V) => await atOnce(db, values), { atOnce, statement });
}
