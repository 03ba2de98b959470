import type { Command } from 'commander';
import type { ImportPorts, Source, SourceRow } from '../core/imports/import.ts';
import type { KeyFormat } from '../core/imports/key-formats.ts';
import type { ForeignTable } from '../store/foreign/open.ts';
import { addCommand, addGroup } from './command.ts';
import { refusal, wrongUsage } from './failure.ts';
import { type LeftColumns, watchColumns } from './import-columns.ts';
import { csvRows, jsonRows, looksLikeJson, readLine } from './import-files.ts';
import { readMap, readOwners } from './import-map.ts';
import { printReport, progressOf } from './import-report.ts';
import { note, type OutputOptions } from './output.ts';
import { getActiveAccountId } from './owner.ts';
import { collect, idNumber, list, oneOf, wholeNumber } from './values.ts';
import { type Opened, withKeyhouse } from './with-keyhouse.ts';

interface CommonOptions extends OutputOptions {
  readonly map?: readonly string[];
  readonly mapFile?: string;
  readonly dropUnknownAbilities?: boolean;
  readonly origin?: string;
  readonly dryRun?: boolean;
}

interface SanctumOptions extends CommonOptions {
  readonly from?: string;
  readonly fromFile?: string;
  readonly users?: string;
  readonly tokens?: string;
  readonly usersTable: string;
  readonly tokensTable: string;
  readonly usersKey?: string;
  readonly tokensKey?: string;
  readonly model?: readonly string[];
  readonly merge?: boolean;
  readonly dropUnknownPasswords?: boolean;
  readonly expiration?: number;
}

interface KeysOptions extends CommonOptions {
  readonly format: KeyFormat;
  readonly account?: number;
  readonly owners?: string;
  readonly permissions?: readonly string[];
  readonly dropLimits?: boolean;
}

const DEFAULT_MODEL = 'App\\Models\\User';
const REST = `
Each row is imported completely or not at all. Rows that are not imported are listed, and the exit code is 1. A second run
imports only what is new and changes nothing else. docs/move-from-sanctum.md and docs/moving-in.md describe it step by step.`;

export function addImportCommands(program: Command): void {
  const group = addGroup(program, 'import', 'Import credentials from another system; they keep working unchanged');
  addCommonOptions(
    addCommand(group, 'sanctum', 'Import the users and tokens of a Laravel application with Sanctum')
      .option('--from <url>', 'its database: mysql://…, postgres://… or sqlite:PATH; others on this machine can read it')
      .option('--from-file <file>', 'a file with that URL in its first line; - is standard input')
      .option('--users <file>', 'instead of a database: its table users, as CSV with a header')
      .option('--tokens <file>', 'and its table personal_access_tokens, as CSV with a header')
      .option('--users-table <name>', 'the table with the users', tableName('--users-table'), 'users')
      .option('--tokens-table <name>', 'the table with the tokens', tableName('--tokens-table'), 'personal_access_tokens')
      .option(
        '--users-key <column>',
        'the column that tokens refer to users by (default: the primary key, or id)',
        columnName('--users-key'),
      )
      .option(
        '--tokens-key <column>',
        'the column whose value is before the | of a token (default: the same)',
        columnName('--tokens-key'),
      )
      .option(
        '--model <name>',
        `the tokenable_type of users; repeat the option for another one (default: "${DEFAULT_MODEL}")`,
        collect,
      )
      .option('--expiration <minutes>', 'as in config/sanctum.php: how long after their creation tokens expire', minutes)
      .option('--merge', 'treat users with the same email address as one user, if it is verified on both sides')
      .option('--drop-unknown-passwords', 'if a password hash cannot be verified here, import the user without a password'),
  ).action(importSanctum);
  addCommonOptions(
    addCommand(group, 'keys', 'Import API keys by their SHA-256 hashes')
      .argument('<file>', 'CSV or JSON; - is standard input')
      .requiredOption('--format <format>', 'csv, better-auth or unkey', oneOf('--format', ['csv', 'better-auth', 'unkey']))
      .option('--account <id>', 'the account of keys whose row does not name an owner', idNumber('--account'))
      .option('--owners <file>', 'CSV with the columns owner (as in the list of keys) and account or email (as in Keyhouse)')
      .option(
        '--permissions <list>',
        'the permissions of keys whose row does not name any; * is everything',
        list('--permissions'),
      )
      .option('--drop-limits', 'import keys that had a limited number of uses, without that limit'),
  ).action(importKeys);
}

const addCommonOptions = (command: Command): Command =>
  command
    .option(
      '--map <ability=permission>',
      'maps an ability to a permission, such as server:update=servers.write; repeat the option for more',
      collect,
    )
    .option('--map-file <file>', 'the same as JSON: {"server:update": "servers.write", "admin": ["*.read", "*.write"]}')
    .option('--drop-unknown-abilities', 'import credentials without abilities that are not permissions here')
    .option('--origin <name>', 'a name for the source, if there are several', originName)
    .option('--dry-run', 'show what would happen, without writing anything')
    .addHelpText('after', REST);

/** A password in the authority of a URL; a text that is not a URL is refused later. */
const hasPassword = (text: string): boolean => URL.canParse(text) && new URL(text).password !== '';

async function importSanctum(options: SanctumOptions): Promise<void> {
  const { from, fromFile, users, tokens, dryRun = false } = options;
  if (
    [from, fromFile, users].filter((each) => each !== undefined).length !== 1 ||
    (users === undefined) !== (tokens === undefined)
  )
    throw wrongUsage('The source is missing. Give --from, or --from-file, or --users with --tokens.');
  const map = await readMap(options);
  const url = fromFile === undefined ? from : await readLine(fromFile);
  if (from !== undefined && hasPassword(from))
    note(
      options,
      'Note: the password is on the command line, where others on this machine can read it. Use --from-file instead.',
    );
  const left: LeftColumns = new Map();
  const { takenOfTokens, takenOfUsers } = await import('../core/imports/sanctum-columns.ts');
  const taken = { users: takenOfUsers, tokens: takenOfTokens };
  const source =
    url === undefined
      ? fileSource({ ...options, users: users ?? '', tokens: tokens ?? '' }, taken, left)
      : await databaseSource(url, options, taken, left);
  try {
    await withKeyhouse({ ...options, makes: !dryRun }, async (opened) => {
      const { importSanctum: takeOver } = await import('../core/imports/import-sanctum.ts');
      const report = await takeOver(importPorts(opened), {
        ...{ users: source.users, tokens: source.tokens, map, dryRun, origin: options.origin ?? 'sanctum' },
        models: options.model ?? [DEFAULT_MODEL],
        merge: options.merge === true,
        dropUnknownPasswords: options.dropUnknownPasswords === true,
        dropUnknownAbilities: options.dropUnknownAbilities === true,
        expirationMinutes: options.expiration ?? null,
        onProgress: progressOf(options),
      });
      printReport(options, report, left);
    });
  } finally {
    await source.close();
  }
}

async function importKeys(file: string, options: KeysOptions): Promise<void> {
  const { format, dryRun = false, account } = options;
  if (file === '-' && format === 'better-auth')
    throw wrongUsage('Rows of better-auth cannot be read from standard input. Name a file.');
  const map = await readMap(options);
  const owners = options.owners === undefined ? new Map<string, string>() : await readOwners(options.owners);
  const left: LeftColumns = new Map([['keys', new Map()]]);
  const keys = await keySource(file, format, left);
  await withKeyhouse({ ...options, makes: false }, async (opened) => {
    if (account !== undefined) await getActiveAccountId(opened.store, { account });
    const { importKeys: takeOver } = await import('../core/imports/import-keys.ts');
    const report = await takeOver(importPorts(opened), {
      ...{ format, keys, map, owners, dryRun, origin: options.origin ?? format, accountId: account ?? null },
      permissions: options.permissions ?? null,
      dropLimits: options.dropLimits === true,
      dropUnknownAbilities: options.dropUnknownAbilities === true,
      onProgress: progressOf(options),
    });
    printReport(options, report, left);
  });
}

const importPorts = ({ store, keyhouse, by }: Opened): ImportPorts => ({
  ...{ ...store, clock: keyhouse.clock, by },
  permissionExists: keyhouse.permissions.exists,
});

/** Those of a table's columns that are taken, its key aside. */
type Taken = Readonly<Record<'users' | 'tokens', (columns: readonly string[]) => readonly string[]>>;

interface SanctumSource {
  readonly users: Source;
  readonly tokens: Source;
  close(): Promise<void>;
}

/** What must be there. Without a password column everybody would come without one. */
const requiredOf = ({ dropUnknownPasswords }: SanctumOptions) => ({
  users: ['email', ...(dropUnknownPasswords === true ? [] : ['password'])],
  tokens: ['tokenable_type', 'tokenable_id', 'token', 'abilities'],
});

function fileSource(
  options: SanctumOptions & { readonly users: string; readonly tokens: string },
  taken: Taken,
  left: LeftColumns,
): SanctumSource {
  const required = requiredOf(options);
  const read = (what: 'users' | 'tokens', key: string | undefined): Source => {
    const counts = new Map<string, number>();
    left.set(what, counts);
    const rows = csvRows(options[what], { required: ['id', ...required[what]], ...(key === undefined ? {} : { key }) });
    return watchColumns(rows, counts, (columns) => ['id', ...taken[what](columns)]);
  };
  return { users: read('users', options.usersKey), tokens: read('tokens', options.tokensKey), close: async () => {} };
}

async function databaseSource(url: string, options: SanctumOptions, taken: Taken, left: LeftColumns): Promise<SanctumSource> {
  const { FOREIGN_SCHEMES, openForeign } = await import('../store/foreign/open.ts');
  if (!FOREIGN_SCHEMES.some((scheme) => url.startsWith(scheme)))
    throw wrongUsage('The source must be mysql://…, mariadb://…, postgres://… or sqlite:PATH.');
  const database = await openForeign(url).catch(unavailable);
  const close = (): Promise<void> => database.close().catch(() => {});
  const required = requiredOf(options);
  const read = async (what: 'users' | 'tokens', name: string, key: string | undefined): Promise<Source> => {
    const table = await database.table(name, {
      taken: taken[what],
      required: required[what],
      ...(key === undefined ? {} : { key }),
    });
    left.set(what, new Map(table.others));
    return tableRows(table);
  };
  try {
    const users = await read('users', options.usersTable, options.usersKey);
    const tokens = await read('tokens', options.tokensTable, options.tokensKey);
    return { users, tokens, close };
  } catch (error) {
    await close();
    return unavailable(error);
  }
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
  throw refusal('source_unavailable', `The source cannot be read: ${said}`);
}

async function keySource(file: string, format: KeyFormat, left: LeftColumns): Promise<Source> {
  const { CSV_COLUMNS, takenOfKeys } = await import('../core/imports/key-formats.ts');
  const isJson = format === 'unkey' || (format === 'better-auth' && (await looksLikeJson(file)));
  const rows = isJson
    ? jsonRows(file)
    : csvRows(file, format === 'better-auth' ? { required: ['key'] } : { required: ['hash'], known: CSV_COLUMNS });
  return watchColumns(rows, left.get('keys') ?? new Map(), () => takenOfKeys(format));
}

function columnName(what: string): (text: string) => string {
  return (text) => {
    if (/^\w{1,64}$/.test(text)) return text;
    throw wrongUsage(`${what} must be the name of a column.`);
  };
}

/** Also one within a schema. */
function tableName(what: string): (text: string) => string {
  return (text) => {
    if (/^\w{1,64}(\.\w{1,64})?$/.test(text)) return text;
    throw wrongUsage(`${what} must be the name of a table.`);
  };
}

function originName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(text)) return text;
  throw wrongUsage('--origin must be a short word of lower-case letters, digits and hyphens.');
}

const minutes = wholeNumber('--expiration', 1, 100_000_000);
