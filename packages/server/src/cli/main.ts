/** The operator's program: runs what the command line asks for and turns the outcome into an exit code. */
import { explain } from './failure.ts';
import { createProgram } from './program.ts';

// A reader of our output may stop early (`keyhouse audit list | head`); that is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  fail(error);
}

/** The exit code is set and the program ends by itself, so that everything written is read. */
function fail(error: unknown): void {
  if (hasCode(error, 'commander.helpDisplayed')) return;
  if (hasCode(error, 'commander.help')) {
    // No command was given, and the printed help lists them.
    process.exitCode = 2;
    return;
  }
  const { code, message, exitCode } = explain(error);
  const asJson = process.argv.includes('--json');
  process.stderr.write(asJson ? `${JSON.stringify({ error: code, message })}\n` : `Error: ${message}\n`);
  if (code === 'usage' && !asJson) process.stderr.write("Add '--help' to a command to see how it is used.\n");
  process.exitCode = exitCode;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
