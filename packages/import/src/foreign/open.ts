/**
 * Reads tables of another system's database, for imports: MySQL, MariaDB, PostgreSQL or SQLite. Read-only, in one snapshot, 500
 * rows at a time, and every cell as text, so that no driver turns a time into another time zone or an id into a rounded number.
 */

import { type ForeignColumn, type ForeignDialect, type ForeignKey, type ForeignRow, PAGE } from './dialect.ts';

export interface ForeignTable {
  /** The columns that are not read, with the number of rows in which they are not NULL. */
  readonly others: ReadonlyMap<string, number>;
  /** In the order of the key, whose value is in `id`. @throws Error if the key did not lead to each row exactly once. */
  rows(): AsyncGenerator<readonly ForeignRow[]>;
}

export interface ForeignDatabase {
  /**
   * `key`: the column that names the rows; without it the primary key, or else a column `id`. `taken`: which of the table's columns are read.
   * @throws Error that says what is missing.
   */
  table(
    name: string,
    wish: { taken: (columns: readonly string[]) => readonly string[]; required: readonly string[]; key?: string },
  ): Promise<ForeignTable>;
  close(): Promise<void>;
}

export const FOREIGN_SCHEMES = ['mysql://', 'mariadb://', 'postgres://', 'postgresql://', 'sqlite:'] as const;

/** @throws Error if nothing answers, or the credentials are refused. */
export async function openForeign(url: string): Promise<ForeignDatabase> {
  const dialect = await openDialect(url);
  return {
    async table(name, { taken, required, key: named }) {
      const all = await dialect.columnsOf(name);
      if (all.length === 0) throw new Error(`The source has no table ${name}.`);
      const key = keyOf(name, all, named);
      const wanted = taken(all.map((column) => column.name));
      const columns = all.filter((column) => wanted.includes(column.name) && column.name !== key.name && column.name !== 'id');
      const lacking = required.filter((column) => !columns.some((each) => each.name === column));
      if (lacking.length > 0) throw new Error(`The table ${name} has no column ${lacking.join(', ')}.`);
      const others = all.filter((column) => column.name !== key.name && !columns.includes(column));
      const counted = await dialect.count(
        name,
        key,
        others.map((column) => column.name),
      );
      if (counted.keys !== counted.rows) throw new Error(leadsTo(name, key, counted.keys, counted.rows));
      return {
        others: new Map(others.map((column, index) => [column.name, counted.values[index] ?? 0])),
        rows: () => pages(dialect, name, key, columns, counted.rows),
      };
    },
    close: () => dialect.close(),
  };
}

function keyOf(table: string, columns: readonly ForeignColumn[], named: string | undefined): ForeignKey {
  if (named !== undefined) {
    const found = columns.find(({ name }) => name === named);
    if (found === undefined) throw new Error(`The table ${table} has no column ${named}.`);
    return found;
  }
  const [primary, ...more] = columns.filter(({ isKey }) => isKey);
  const key = primary !== undefined && more.length === 0 ? primary : columns.find(({ name }) => name === 'id');
  if (key === undefined)
    throw new Error(
      `The table ${table} has no primary key of one column, and no column id. Name a column that is different in every row.`,
    );
  return key;
}

/** Rows that are not in the order of the key would be lost silently, so they are counted. */
async function* pages(
  dialect: ForeignDialect,
  table: string,
  key: ForeignKey,
  columns: readonly ForeignColumn[],
  rows: number,
): AsyncGenerator<readonly ForeignRow[]> {
  let read = 0;
  for (let after: string | null = null; ; ) {
    const page: readonly ForeignRow[] = await dialect.page(table, key, columns, after);
    read += page.length;
    if (read > rows) break;
    if (page.length > 0) yield page;
    after = page.at(-1)?.id ?? null;
    if (page.length < PAGE || after === null) break;
  }
  if (read !== rows) throw new Error(leadsTo(table, key, read, rows));
}

const leadsTo = (table: string, { name }: ForeignKey, found: number, rows: number): string =>
  `The column ${name} of ${table} is not different in every row: it matches ${found} of ${rows} rows.`;

async function openDialect(url: string): Promise<ForeignDialect> {
  if (/^(mysql|mariadb):/.test(url)) return (await import('./mysql.ts')).openMysql(url);
  if (/^postgres(ql)?:/.test(url)) return (await import('./postgres.ts')).openPostgres(url);
  return (await import('./sqlite.ts')).openSqlite(url.slice('sqlite:'.length));
}
