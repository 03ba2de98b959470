import type { KeyFormat } from '@keyhouse/import';
import type { Command } from 'commander';
import { addCommand, addGroup } from './command.ts';
import { wrongUsage } from './failure.ts';
import { readMap } from './import-map.ts';
import { printReport, progressOf } from './import-report.ts';
import { note, type OutputOptions } from './output.ts';
import { getActiveAccountId } from './owner.ts';
import { collect, idNumber, list, oneOf, wholeNumber } from './values.ts';
import { withImports } from './with-imports.ts';
import { withKeyhouse } from './with-keyhouse.ts';

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
  await withImports(async (imports) => {
    const map = await readMap(imports, options);
    const url = fromFile === undefined ? from : await imports.readLine(fromFile);
    if (from !== undefined && hasPassword(from))
      note(
        options,
        'Note: the password is on the command line, where others on this machine can read it. Use --from-file instead.',
      );
    if (url !== undefined && !imports.isDatabaseUrl(url))
      throw wrongUsage('The source must be mysql://…, mariadb://…, postgres://… or sqlite:PATH.');
    const source =
      url === undefined
        ? imports.openSanctumFiles({ ...options, users: users ?? '', tokens: tokens ?? '' })
        : await imports.openSanctumDatabase(url, options);
    try {
      await withKeyhouse({ ...options, makes: !dryRun }, async (opened) => {
        const { importPorts } = await import('./import-ports.ts');
        const report = await imports.importSanctum(importPorts(opened), {
          ...{ users: source.users, tokens: source.tokens, map, dryRun, origin: options.origin ?? 'sanctum' },
          models: options.model ?? [DEFAULT_MODEL],
          merge: options.merge === true,
          dropUnknownPasswords: options.dropUnknownPasswords === true,
          dropUnknownAbilities: options.dropUnknownAbilities === true,
          expirationMinutes: options.expiration ?? null,
          onProgress: progressOf(options),
        });
        printReport(options, report, source.left, imports);
      });
    } finally {
      await source.close();
    }
  });
}

async function importKeys(file: string, options: KeysOptions): Promise<void> {
  const { format, dryRun = false, account } = options;
  if (file === '-' && format === 'better-auth')
    throw wrongUsage('Rows of better-auth cannot be read from standard input. Name a file.');
  await withImports(async (imports) => {
    const map = await readMap(imports, options);
    const owners = options.owners === undefined ? new Map<string, string>() : await imports.readOwners(options.owners);
    const { keys, left } = await imports.openKeys(file, format);
    await withKeyhouse({ ...options, makes: false }, async (opened) => {
      const { importPorts } = await import('./import-ports.ts');
      if (account !== undefined) await getActiveAccountId(opened.store, { account });
      const report = await imports.importKeys(importPorts(opened), {
        ...{ format, keys, map, owners, dryRun, origin: options.origin ?? format, accountId: account ?? null },
        permissions: options.permissions ?? null,
        dropLimits: options.dropLimits === true,
        dropUnknownAbilities: options.dropUnknownAbilities === true,
        onProgress: progressOf(options),
      });
      printReport(options, report, left, imports);
    });
  });
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
