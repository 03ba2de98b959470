import SQLite from 'better-sqlite3';
import { type ForeignDialect, type ForeignRow, PAGE } from './dialect.ts';

export async function openSqlite(path: string): Promise<ForeignDialect> {
  const database = new SQLite(path, { readonly: true, fileMustExist: true });
  database.exec('BEGIN');
  const name = (part: string): string => `"${part.replaceAll('"', '""')}"`;
  return {
    async columnsOf(table) {
      return database
        .prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)')
        .all(table)
        .map((column) => column.name);
    },
    async page(table, columns, after) {
      const wanted = columns.map((column) => `CAST(${name(column)} AS TEXT) AS ${name(column)}`).join(', ');
      const source = name(table);
      const query = `SELECT ${wanted} FROM ${source} ${after === null ? '' : `WHERE ${source}."id" > ?`} ORDER BY ${source}."id" LIMIT ${PAGE}`;
      const page = database.prepare<string[], ForeignRow>(query);
      return after === null ? page.all() : page.all(after);
    },
    close: async () => void database.close(),
  };
}
