import type { Command } from 'commander';
import { addCommand } from './command.ts';
import { type OutputOptions, print } from './output.ts';
import { settings, withKeyhouse } from './with-keyhouse.ts';

interface Options extends OutputOptions {
  readonly dryRun?: boolean;
}

export function addMigrateCommand(program: Command): void {
  addCommand(program, 'migrate', 'Bring the database up to date (a starting server does the same)')
    .option('--dry-run', 'print the statements that would run, without changing anything')
    .action((options: Options) => (options.dryRun === true ? dryRun(options) : migrate(options)));
}

async function migrate(options: Options): Promise<void> {
  await withKeyhouse({ ...options, makes: true }, async ({ store: { applied } }) => {
    print(options, { applied }, () => (applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`));
  });
}

async function dryRun(options: Options): Promise<void> {
  const { databaseUrl } = await settings();
  const { pendingMigrations } = await import('../store/open.ts');
  const pending = await pendingMigrations(databaseUrl);
  print(options, { pending }, () => {
    if (pending.length === 0) return 'The database is up to date. Nothing would run.';
    return pending.map(({ name, statements }) => [`-- ${name}`, ...statements.map((each) => `${each};`)].join('\n')).join('\n\n');
  });
}
