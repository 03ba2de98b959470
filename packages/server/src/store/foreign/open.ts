/**
 * Reads tables of somebody else's database, for imports: MySQL, MariaDB, PostgreSQL or SQLite. Read-only, in one snapshot, 500 rows at a time,
 * and every cell as text, so that no driver turns a time into another time zone or an id into a rounded number.
 */

import { type ForeignDialect, type ForeignRow, PAGE } from './dialect.ts';

export interface ForeignDatabase {
  /** Rows in the order of their `id`, with those of the wanted columns that the table has. `as` names a table in messages only. */
  rows(table: string, columns: readonly string[]): AsyncGenerator<readonly ForeignRow[]>;
  close(): Promise<void>;
}

export const FOREIGN_SCHEMES = ['mysql://', 'mariadb://', 'postgres://', 'postgresql://', 'sqlite:'] as const;

/** @throws Error when nobody answers, or does not let us in. */
export async function openForeign(url: string): Promise<ForeignDatabase> {
  const dialect = await openDialect(url);
  return {
    async *rows(table, wanted) {
      const there = new Set(await dialect.columnsOf(table));
      if (!there.has('id')) throw new Error(`The source has no table ${table} with a column id.`);
      const columns = wanted.filter((column) => there.has(column));
      for (let after: string | null = null; ; ) {
        const page: readonly ForeignRow[] = await dialect.page(table, columns, after);
        if (page.length > 0) yield page;
        after = page.at(-1)?.id ?? null;
        if (page.length < PAGE || after === null) return;
      }
    },
    close: () => dialect.close(),
  };
}

async function openDialect(url: string): Promise<ForeignDialect> {
  if (/^(mysql|mariadb):/.test(url)) return (await import('./mysql.ts')).openMysql(url);
  if (/^postgres(ql)?:/.test(url)) return (await import('./postgres.ts')).openPostgres(url);
  return (await import('./sqlite.ts')).openSqlite(url.slice('sqlite:'.length));
}
