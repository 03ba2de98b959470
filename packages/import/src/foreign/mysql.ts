/** Reads tables of a foreign MySQL or MariaDB database, for imports, in one read-only transaction. */
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type ForeignDialect, type ForeignKey, type ForeignRow, PAGE } from './dialect.ts';

/**
 * The session keeps the server's own time zone: Laravel wrote its times with it, as UTC texts, and only the same zone returns the
 * same texts from `timestamp` columns.
 */
export async function openMysql(url: string): Promise<ForeignDialect> {
  const connection = await createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectTimeout: 10_000,
    // A malicious server may ask a client for its files.
    flags: ['-LOCAL_FILES'],
    typeCast: (field) => field.string('utf8'),
  });
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  /** Of a table, optionally within a database. */
  const name = (part: string): string => connection.escapeId(part);
  const field = (part: string): string => `\`${part.replaceAll('`', '``')}\``;
  return {
    async columnsOf(table) {
      const [rows] = await connection.query<RowDataPacket[]>(`SHOW COLUMNS FROM ${name(table)}`);
      return rows.map((row) => ({
        ...{ name: String(row.Field), isKey: row.Key === 'PRI', isBinary: /^(var)?binary|blob/i.test(String(row.Type)) },
      }));
    },
    async count(table, key, columns) {
      const counts = ['*', `DISTINCT ${field(key.name)}`, ...columns.map(field)].map(
        (each, index) => `COUNT(${each}) AS c${index}`,
      );
      const [[row]] = await connection.query<RowDataPacket[]>(`SELECT ${counts.join(', ')} FROM ${name(table)}`);
      const [rows = 0, keys = 0, ...values] = counts.map((_, index) => Number(row?.[`c${index}`]));
      return { rows, keys, values };
    },
    async page(table, key, columns, after) {
      const read = (column: ForeignKey): string =>
        column.isBinary ? `LOWER(HEX(source.${field(column.name)}))` : `source.${field(column.name)}`;
      const wanted = columns.map((column) => `${read(column)} AS ${field(column.name)}`);
      const value = connection.escape(after);
      const where = after === null ? '' : `WHERE source.${field(key.name)} > ${key.isBinary ? `UNHEX(${value})` : value}`;
      const [rows] = await connection.query<(RowDataPacket & ForeignRow)[]>(
        `SELECT ${[`${read(key)} AS id`, ...wanted].join(', ')} FROM ${name(table)} AS source ${where} ORDER BY source.${field(key.name)} LIMIT ${PAGE}`,
      );
      return rows;
    },
    close: () => connection.end(),
  };
}
