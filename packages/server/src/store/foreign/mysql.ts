import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type ForeignDialect, type ForeignRow, PAGE } from './dialect.ts';

/**
 * The session keeps the server's own time zone: Laravel wrote its times with it, as UTC texts, and only the same zone gives the same texts
 * back out of `timestamp` columns.
 */
export async function openMysql(url: string): Promise<ForeignDialect> {
  const connection = await createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectTimeout: 10_000,
    // A server that is not what it seems may ask a client for its files.
    flags: ['-LOCAL_FILES'],
    typeCast: (field) => field.string('utf8'),
  });
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const name = (part: string): string => connection.escapeId(part);
  return {
    async columnsOf(table) {
      const [rows] = await connection.query<RowDataPacket[]>(`SHOW COLUMNS FROM ${name(table)}`);
      return rows.map((row) => String(row.Field));
    },
    async page(table, columns, after) {
      const wanted = columns.map(name).join(', ');
      const where = after === null ? '' : `WHERE ${name('id')} > ${connection.escape(after)}`;
      const [rows] = await connection.query<(RowDataPacket & ForeignRow)[]>(
        `SELECT ${wanted} FROM ${name(table)} ${where} ORDER BY ${name('id')} LIMIT ${PAGE}`,
      );
      return rows;
    },
    close: () => connection.end(),
  };
}
