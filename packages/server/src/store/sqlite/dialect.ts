/**
 * Kysely on one better-sqlite3 connection that keeps every statement prepared by its SQL: Kysely's own driver prepares anew
 * each time, which costs five times what the query does. No mutex and no transactions here: statements are synchronous, and
 * the writer thread draws its own BEGIN and COMMIT.
 */
import type SQLite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { LRUCache } from 'lru-cache';

export function sqliteDialect(database: SQLite.Database): Dialect {
  const connection = new PreparedConnection(database);
  const adapter = new SqliteAdapter();
  return {
    createAdapter: () => adapter,
    createDriver: () => driverOf(connection),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
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

class PreparedConnection implements DatabaseConnection {
  readonly #database: SQLite.Database;
  // Bounded, because lists of values make a text for each length.
  readonly #statements = new LRUCache<string, SQLite.Statement>({ max: 500 });

  constructor(database: SQLite.Database) {
    this.#database = database;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** Answers are synchronous anyway, so the stream is one chunk. */
  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }
}
