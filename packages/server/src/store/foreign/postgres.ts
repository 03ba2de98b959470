import pg from 'pg';
import { type ForeignDialect, type ForeignRow, PAGE } from './dialect.ts';

/** In the schema that the connection's search path finds first. */
export async function openPostgres(url: string): Promise<ForeignDialect> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const name = (table: string): string => table.split('.').map(pg.escapeIdentifier).join('.');
  return {
    async columnsOf(table) {
      const { fields } = await client.query(`SELECT * FROM ${name(table)} LIMIT 0`);
      return fields.map((field) => field.name);
    },
    async page(table, columns, after) {
      const wanted = columns.map((column) => `${name(column)}::text AS ${name(column)}`).join(', ');
      const where = after === null ? '' : 'WHERE "id" > $1';
      const { rows } = await client.query<ForeignRow>(
        `SELECT ${wanted} FROM ${name(table)} AS source ${where} ORDER BY source."id" LIMIT ${PAGE}`,
        after === null ? [] : [after],
      );
      return rows;
    },
    close: () => client.end(),
  };
}
