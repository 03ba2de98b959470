import { resolve } from 'node:path';
import type { Command } from 'commander';
import { happened } from '../core/audit/event.ts';
import { addCommand } from './command.ts';
import { refusal } from './failure.ts';
import { note, type OutputOptions, print } from './output.ts';
import { operator, refuseMissingFile, settings } from './with-keyhouse.ts';

export function addBackupCommand(program: Command): void {
  addCommand(program, 'backup', 'Copy the SQLite database into a new file, even while a server runs')
    .argument('<file>', 'the new file; an existing file is never replaced')
    .addHelpText(
      'after',
      '\nOnly the owner of the copy can read it. The copy never contains the master secret. Keep the secret in another place:\nwithout it, the signing keys cannot be opened. On PostgreSQL, use pg_dump.',
    )
    .action(backup);
}

/** Neither the master secret nor an up-to-date database is needed: a backup is made before an upgrade. */
async function backup(name: string, options: OutputOptions): Promise<void> {
  const config = await settings();
  refuseMissingFile(config);
  const file = resolve(name);
  const { backupStore } = await import('../store/open.ts');
  const made = await backupStore(config.databaseUrl, file).catch((error: unknown) => {
    throw isExisting(error) ? refusal('exists', `${file} already exists. A backup never replaces a file.`) : error;
  });
  if (made === null)
    throw refusal(
      'not_sqlite',
      'This database is PostgreSQL. Back it up with pg_dump, and keep KEYHOUSE_SECRET in another place than the copy.',
    );
  await record(config.databaseUrl, file, made.bytes, options);
  print(options, { file, bytes: made.bytes }, () =>
    [
      `The backup is ${file} (${(made.bytes / 1_000_000).toFixed(1)} MB).`,
      'It does not contain the master secret. Keep a copy of the secret in another place. Without it, the signing keys cannot be opened after a restore.',
    ].join('\n'),
  );
}

/** The backup is complete; if its event cannot be written (an upgrade is pending), that is reported and is not a failure. */
async function record(databaseUrl: string, file: string, bytes: number, options: OutputOptions): Promise<void> {
  const { openStore, pendingMigrations } = await import('../store/open.ts');
  if ((await pendingMigrations(databaseUrl)).length > 0)
    return note(options, 'Note: migrations are pending, so this backup is not in the audit log.');
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
