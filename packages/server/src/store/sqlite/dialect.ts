/**
 * Kysely on one better-sqlite3 connection that keeps every statement prepared by its SQL: Kysely's own driver prepares again each
 * time, which costs five times what the query does. No mutex: statements are synchronous, and nothing else uses the connection.
 * The writer thread runs its own BEGIN and COMMIT.
 */
import type SQLite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { LRUCache } from 'lru-cache';
import { allowDirectRuns, type RunDirectly } from '../prepared.ts';
import type { Database } from '../schema.ts';

export function kyselyOver(database: SQLite.Database): Kysely<Database> {
  const run = directRunner(database);
  const adapter = new SqliteAdapter();
  const db = new Kysely<Database>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => driverOf(connectionOver(run)),
      createIntrospector: (of) => new SqliteIntrospector(of),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  allowDirectRuns(db, run);
  return db;
}

function directRunner(database: SQLite.Database): RunDirectly {
  // Bounded, because lists of values make a text for each length.
  const statements = new LRUCache<string, SQLite.Statement>({ max: 500 });
  return (sql, parameters) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    if (statement.reader) return { rows: statement.all(...parameters), affected: 0 };
    return { rows: [], affected: statement.run(...parameters).changes };
  };
}

function connectionOver(run: RunDirectly): DatabaseConnection {
  const executeQuery = async <Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> => {
    const { rows, affected } = run(sql, parameters);
    return { rows: rows as Row[], numAffectedRows: BigInt(affected) };
  };
  return {
    executeQuery,
    /** Answers are synchronous anyway, so the stream is one chunk. */
    async *streamQuery<Row>(query: CompiledQuery) {
      yield await executeQuery<Row>(query);
    },
  };
}

const driverOf = (connection: DatabaseConnection): Driver => ({
  init: async () => {},
  acquireConnection: async () => connection,
  releaseConnection: async () => {},
  beginTransaction: async () => void (await connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'))),
  commitTransaction: async () => void (await connection.executeQuery(CompiledQuery.raw('COMMIT'))),
  rollbackTransaction: async () => void (await connection.executeQuery(CompiledQuery.raw('ROLLBACK'))),
  destroy: async () => {},
});
