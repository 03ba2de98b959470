/** Where rows come from: files or a database of the source. Each source counts what is in the columns that are not imported. */
import { type LeftColumns, watchColumns } from './columns.ts';
import { csvRows, jsonRows, looksLikeJson } from './files.ts';
import { FOREIGN_SCHEMES, type ForeignDatabase, type ForeignTable, openForeign } from './foreign/open.ts';
import { ImportError } from './import-error.ts';
import { CSV_COLUMNS, type KeyFormat, takenOfKeys } from './key-formats.ts';
import type { Source, SourceRow } from './run.ts';
import { takenOfTokens, takenOfUsers } from './sanctum-columns.ts';

export interface SanctumSource {
  readonly users: Source;
  readonly tokens: Source;
  /** Complete when all rows were read. */
  readonly left: LeftColumns;
  close(): Promise<void>;
}

export interface KeysSource {
  readonly keys: Source;
  /** Complete when all rows were read. */
  readonly left: LeftColumns;
}

type Table = 'users' | 'tokens';

interface SanctumOptions {
  /**
   * The columns by which tokens name their user, and the one whose value is before the bar of a token. Default: `id`, or the
   * primary key.
   */
  readonly usersKey?: string;
  readonly tokensKey?: string;
  /** Allows importing users without a column for passwords; otherwise all would be imported without one by mistake. */
  readonly dropUnknownPasswords?: boolean;
}

/** Paths of CSV files; `-` is standard input. */
export interface SanctumFiles extends SanctumOptions {
  readonly users: string;
  readonly tokens: string;
}

/** Names of tables, optionally within a schema. */
export interface SanctumTables extends SanctumOptions {
  readonly usersTable: string;
  readonly tokensTable: string;
}

/** The imported ones of a table's columns, except its key. */
const TAKEN: Readonly<Record<Table, (columns: readonly string[]) => readonly string[]>> = {
  users: takenOfUsers,
  tokens: takenOfTokens,
};

const requiredOf = ({ dropUnknownPasswords }: SanctumOptions): Readonly<Record<Table, readonly string[]>> => ({
  users: ['email', ...(dropUnknownPasswords === true ? [] : ['password'])],
  tokens: ['tokenable_type', 'tokenable_id', 'token', 'abilities'],
});

/** Both tables as CSV. A file is opened when its rows are requested. */
export function openSanctumFiles(options: SanctumFiles): SanctumSource {
  const left: LeftColumns = new Map();
  const required = requiredOf(options);
  const read = (table: Table, key: string | undefined): Source => {
    const counts = new Map<string, number>();
    left.set(table, counts);
    const rows = csvRows(options[table], { required: ['id', ...required[table]], ...(key === undefined ? {} : { key }) });
    return watchColumns(rows, counts, (columns) => ['id', ...TAKEN[table](columns)]);
  };
  return { users: read('users', options.usersKey), tokens: read('tokens', options.tokensKey), left, close: async () => {} };
}

/** Whether it begins as the URL of a database that can be read: MySQL, MariaDB, PostgreSQL or SQLite. */
export const isDatabaseUrl = (url: string): boolean => FOREIGN_SCHEMES.some((scheme) => url.startsWith(scheme));

/** Both tables in a database, which is read in one snapshot. Close it. @throws ImportError if it cannot be read. */
export async function openSanctumDatabase(url: string, options: SanctumTables): Promise<SanctumSource> {
  const database = await openForeign(url).catch(unavailable);
  const close = (): Promise<void> => database.close().catch(() => {});
  try {
    return { ...(await readTables(database, options)), close };
  } catch (error) {
    await close();
    return unavailable(error);
  }
}

async function readTables(database: ForeignDatabase, options: SanctumTables): Promise<Omit<SanctumSource, 'close'>> {
  const left: LeftColumns = new Map();
  const required = requiredOf(options);
  const read = async (what: Table, name: string, key: string | undefined): Promise<Source> => {
    const wish = { taken: TAKEN[what], required: required[what], ...(key === undefined ? {} : { key }) };
    const table = await database.table(name, wish);
    left.set(what, new Map(table.others));
    return tableRows(table);
  };
  const users = await read('users', options.usersTable, options.usersKey);
  const tokens = await read('tokens', options.tokensTable, options.tokensKey);
  return { users, tokens, left };
}

async function* tableRows(table: ForeignTable): AsyncGenerator<readonly SourceRow[]> {
  const pages = table.rows();
  for (;;) {
    const page = await pages.next().catch(unavailable);
    if (page.done === true) return;
    yield page.value.map((cells) => ({ at: `id ${cells.id ?? '?'}`, cells }));
  }
}

/** Its own words, so that nobody looks for the fault in Keyhouse's database. */
function unavailable(error: unknown): never {
  const said = error instanceof Error ? error.message.split('\n', 1)[0] || String(Reflect.get(error, 'code')) : String(error);
  throw new ImportError('source_unavailable', `The source cannot be read: ${said}`, { cause: error });
}

/** Keys in a file; `-` is standard input, which better-auth's two formats cannot be told apart in. */
export async function openKeys(file: string, format: KeyFormat): Promise<KeysSource> {
  const counts = new Map<string, number>();
  const isJson = format === 'unkey' || (format === 'better-auth' && (await looksLikeJson(file)));
  const rows = isJson
    ? jsonRows(file)
    : csvRows(file, format === 'better-auth' ? { required: ['key'] } : { required: ['hash'], known: CSV_COLUMNS });
  return { keys: watchColumns(rows, counts, () => takenOfKeys(format)), left: new Map([['keys', counts]]) };
}
