import { resolve } from 'node:path';
import type { Command } from 'commander';
import { happened } from '../core/audit/event.ts';
import { addCommand } from './command.ts';
import { refusal } from './failure.ts';
import { note, type OutputOptions, print } from './output.ts';
import { operator, refuseMissingFile, settings } from './with-keyhouse.ts';

export function addBackupCommand(program: Command): void {
  addCommand(program, 'backup', 'Copy the SQLite database into a new file, also while a server runs')
    .argument('<file>', 'where to; an existing file is never replaced')
    .addHelpText(
      'after',
      '\nThe copy is readable by its owner alone and never holds the master secret: keep that apart, without it the signing keys\ncannot be opened. On PostgreSQL use pg_dump.',
    )
    .action(backup);
}

/** Neither the master secret nor an up-to-date database is needed: whoever is about to upgrade backs up first. */
async function backup(name: string, options: OutputOptions): Promise<void> {
  const config = await settings();
  refuseMissingFile(config);
  const file = resolve(name);
  const { backupStore } = await import('../store/open.ts');
  const made = await backupStore(config.databaseUrl, file).catch((error: unknown) => {
    throw isExisting(error) ? refusal('exists', `${file} exists already; a backup never replaces a file.`) : error;
  });
  if (made === null)
    throw refusal(
      'not_sqlite',
      'This database is PostgreSQL: back it up with pg_dump, and keep KEYHOUSE_SECRET apart from the copy.',
    );
  await record(config.databaseUrl, file, made.bytes, options);
  print(options, { file, bytes: made.bytes }, () =>
    [
      `The backup is ${file} (${(made.bytes / 1_000_000).toFixed(1)} MB).`,
      'The master secret is not in it: keep a copy of that apart, or the signing keys cannot be opened after a restore.',
    ].join('\n'),
  );
}

/** The backup is made; when its event cannot be written (an upgrade is pending), that is said and no failure. */
async function record(databaseUrl: string, file: string, bytes: number, options: OutputOptions): Promise<void> {
  const { openStore, pendingMigrations } = await import('../store/open.ts');
  if ((await pendingMigrations(databaseUrl)).length > 0)
    return note(options, 'Note: migrations are pending, so the audit log does not tell of this backup.');
  const store = await openStore({ url: databaseUrl, onWarning: () => {}, migrations: 'check' });
  try {
    await store.audit.record({
      events: [happened(operator(), Date.now(), 'backup.made', { details: { file, bytes } })],
    });
  } finally {
    await store.close();
  }
}

const isExisting = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';
