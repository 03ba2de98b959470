/** Reads tables of a foreign SQLite file, for imports. It is opened read-only and read in one transaction. */
import SQLite from 'better-sqlite3';
import { type ForeignDialect, type ForeignRow, PAGE } from './dialect.ts';

export async function openSqlite(path: string): Promise<ForeignDialect> {
  const database = new SQLite(path, { readonly: true, fileMustExist: true });
  database.exec('BEGIN');
  const name = (part: string): string => `"${part.replaceAll('"', '""')}"`;
  return {
    async columnsOf(table) {
      return database
        .prepare<[string], { name: string; pk: number }>('SELECT name, pk FROM pragma_table_info(?)')
        .all(table)
        .map((column) => ({ name: column.name, isKey: column.pk > 0, isBinary: false }));
    },
    async count(table, key, columns) {
      const counts = ['*', `DISTINCT ${name(key.name)}`, ...columns.map(name)].map((each) => `COUNT(${each})`);
      const [rows = 0, keys = 0, ...values] = database
        .prepare<[], number[]>(`SELECT ${counts.join(', ')} FROM ${name(table)}`)
        .raw()
        .all()
        .flat();
      return { rows, keys, values };
    },
    async page(table, key, columns, after) {
      const wanted = columns.map((column) => `CAST(source.${name(column.name)} AS TEXT) AS ${name(column.name)}`);
      const own = `source.${name(key.name)}`;
      const query = `SELECT ${[`CAST(${own} AS TEXT) AS "id"`, ...wanted].join(', ')} FROM ${name(table)} AS source ${after === null ? '' : `WHERE ${own} > ?`} ORDER BY ${own} LIMIT ${PAGE}`;
      const page = database.prepare<string[], ForeignRow>(query);
      return after === null ? page.all() : page.all(after);
    },
    close: async () => void database.close(),
  };
}
