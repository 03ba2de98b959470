/**
 * The table of contents of the command line. Each file in this folder adds its commands; what they need is loaded when they run.
 */
import { Command } from 'commander';
import { addAccountCommands } from './account.ts';
import { addAppCommands } from './app.ts';
import { addAuditCommands } from './audit.ts';
import { addBackupCommand } from './backup.ts';
import { addDoctorCommand } from './doctor.ts';
import { addExplainCommand } from './explain.ts';
import { addImportCommands } from './import.ts';
import { addJwtCommands } from './jwt.ts';
import { addKeyCommands } from './key.ts';
import { addMigrateCommand } from './migrate.ts';
import { addPermissionCommands } from './permission.ts';
import { addSecretCommands } from './secret.ts';
import { addServeCommand } from './serve.ts';
import { addSigningKeyCommands } from './signing-key.ts';
import { addTokenCommands } from './token.ts';
import { addUserCommands } from './user.ts';

const CLOSING_WORDS = `
Results go to standard output, everything else to standard error. With --json, a result is one JSON object, and an error is
{"error": "…", "message": "…"} on standard error. Exit code: 0 done, 1 refused or failed, 2 wrong usage (nothing was changed).
Commands work on the database in the KEYHOUSE_… settings. A server can run at the same time. It applies changes immediately.`;

export function createProgram(): Command {
  const program = new Command('keyhouse')
    .description('Tokens, API keys and JWTs for your API: the server and the commands for its operator.')
    .helpCommand(false)
    .exitOverride()
    // main.ts prints errors, once and in one form.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', CLOSING_WORDS);
  for (const add of [
    addServeCommand,
    addMigrateCommand,
    addDoctorCommand,
    addUserCommands,
    addAccountCommands,
    addKeyCommands,
    addTokenCommands,
    addJwtCommands,
    addAppCommands,
    addPermissionCommands,
    addImportCommands,
    addSigningKeyCommands,
    addSecretCommands,
    addAuditCommands,
    addExplainCommand,
    addBackupCommand,
  ]) {
    add(program);
  }
  return program;
}
