/** Reads tables of a foreign PostgreSQL database, for imports, in one read-only transaction. */
import pg from 'pg';
import { type ForeignDialect, type ForeignKey, type ForeignRow, PAGE } from './dialect.ts';

/** In the schema that is found first in the connection's search path. */
export async function openPostgres(url: string): Promise<ForeignDialect> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const name = (table: string): string => table.split('.').map(pg.escapeIdentifier).join('.');
  return {
    async columnsOf(table) {
      const { fields } = await client.query(`SELECT * FROM ${name(table)} LIMIT 0`);
      const { rows } = await client.query<{ name: string }>(
        `SELECT attname AS name FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) WHERE indrelid = $1::regclass AND indisprimary`,
        [name(table)],
      );
      const keys = new Set(rows.map((row) => row.name));
      return fields.map((field) => ({
        ...{ name: field.name, isKey: keys.has(field.name), isBinary: field.dataTypeID === pg.types.builtins.BYTEA },
      }));
    },
    async count(table, key, columns) {
      const counts = ['*', `DISTINCT ${pg.escapeIdentifier(key.name)}`, ...columns.map((each) => pg.escapeIdentifier(each))].map(
        (each, index) => `COUNT(${each})::text AS c${index}`,
      );
      const { rows } = await client.query<Record<string, string>>(`SELECT ${counts.join(', ')} FROM ${name(table)}`);
      const [all = 0, keys = 0, ...values] = counts.map((_, index) => Number(rows[0]?.[`c${index}`]));
      return { rows: all, keys, values };
    },
    async page(table, key, columns, after) {
      const source = (column: ForeignKey): string => `source.${pg.escapeIdentifier(column.name)}`;
      const read = (column: ForeignKey): string =>
        column.isBinary ? `encode(${source(column)}, 'hex')` : `${source(column)}::text`;
      const wanted = columns.map((column) => `${read(column)} AS ${pg.escapeIdentifier(column.name)}`);
      const where = after === null ? '' : `WHERE ${source(key)} > ${key.isBinary ? `decode($1, 'hex')` : '$1'}`;
      const { rows } = await client.query<ForeignRow>(
        `SELECT ${[`${read(key)} AS "id"`, ...wanted].join(', ')} FROM ${name(table)} AS source ${where} ORDER BY ${source(key)} LIMIT ${PAGE}`,
        after === null ? [] : [after],
      );
      return rows;
    },
    close: () => client.end(),
  };
}
