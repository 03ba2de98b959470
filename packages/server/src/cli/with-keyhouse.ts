/**
 * What commands that touch the database have in common: settings, store and secret are opened, the command acts, and everything
 * is closed again, whatever happens. No job is started. Everything heavy is loaded here, so that `--help` and wrong usage are
 * quick.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Config } from '../config.ts';
import type { By } from '../core/audit/event.ts';
import type { Keyhouse, Log } from '../core/keyhouse.ts';
import type { OpenedStore } from '../store/opened.ts';
import { refusal } from './failure.ts';
import { note, type OutputOptions } from './output.ts';

export interface CommandContext {
  readonly config: Config;
  readonly keyhouse: Keyhouse;
  readonly store: OpenedStore;
  /** The operator, by the name of the machine's user. */
  readonly by: By;
}

/** `makes`: the command may be the first that uses this database. Others refuse a SQLite file that does not exist. */
export async function withKeyhouse(
  options: OutputOptions & { readonly makes?: boolean },
  use: (opened: CommandContext) => Promise<void>,
): Promise<void> {
  const config = await settings();
  if (options.makes !== true) refuseMissingFile(config);
  const { openKeyhouse } = await import('../open.ts');
  const { keyhouse, store } = await openKeyhouse(config, logFor(options));
  try {
    await keyhouse.prepare();
    await use({ config, keyhouse, store, by: operator() });
  } finally {
    await keyhouse.close();
  }
}

/** @throws ConfigError that lists every fault. */
export async function settings(): Promise<Config> {
  const { readConfig } = await import('../config.ts');
  return readConfig();
}

/** The path of the SQLite file; null on PostgreSQL. */
export const sqliteFile = ({ databaseUrl }: Pick<Config, 'databaseUrl'>): string | null =>
  databaseUrl.startsWith('sqlite:') ? databaseUrl.slice('sqlite:'.length) : null;

export function refuseMissingFile(config: Config): void {
  const file = sqliteFile(config);
  if (file !== null && !existsSync(file))
    throw refusal('no_database', `There is no database at ${file} yet. Start the server, or run 'keyhouse migrate'.`);
}

export function operator(): By {
  return { actor: 'operator', requestId: null, person: nameOfOperator() };
}

/** In a container the user may have only a number. */
function nameOfOperator(): By['person'] {
  try {
    return { name: userInfo().username };
  } catch {
    return {};
  }
}

/** Warnings are for the person at the terminal; mere information is not printed. */
export function logFor(options: OutputOptions): Log {
  const warn = (_: unknown, message: string): void => note(options, `Note: ${message}`);
  return { info: () => {}, warn, error: warn };
}
