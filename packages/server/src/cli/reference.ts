/** The reference page of the command line, made from the commands themselves so that it cannot lie. */
import type { Command } from 'commander';
import { createProgram } from './program.ts';

const WIDTH = 110;

const INTRODUCTION = `# The command line

\`npx keyhouse …\` is the operator's program. Its commands act on the database that the \`KEYHOUSE_…\` settings name, on the machine
that you sit at. A server may run beside them: it hears of what they did within a second.

- **Output.** Results go to standard output, everything else to standard error. People get aligned columns and readable dates (UTC);
  with \`--json\` the result is one JSON object in one line, with times as RFC 3339. Lists come a page at a time: \`next\` is what to ask for
  with \`--before\` or \`--after\`, and \`null\` at the end.
- **Errors.** Standard error gets one sentence, or with \`--json\` one object \`{"error": "already_revoked", "message": "…"}\`. Never a stack,
  never a secret.
- **Exit code.** 0: done. 1: refused or failed; faulty settings, a database that cannot be reached and a server that cannot start are
  among these. 2: wrong usage (an unknown option, a missing argument, a malformed value, a confirmation that nobody could give);
  nothing was touched.
- **Confirmation.** Before what cannot be undone you are asked. \`--yes\` answers; without it and without a terminal the command is refused.
- **Secrets.** An API key and a client secret are printed once, when they are made or rotated. A password on the command line can be seen by others on the machine
  while the command runs: let it be asked for, or use \`--password-stdin\`.

\`\`\`
npx keyhouse user create --email ada@example.com --administrator
npx keyhouse key create --email ada@example.com --name ERP --permissions invoices.read,invoices.write --expires 90d
npx keyhouse key create --account 1 --name "API gateway" --permissions keyhouse.verify --json
npx keyhouse app create --email ada@example.com --name "Invoice reader" --redirect-uri https://reader.example.com/callback --public
npx keyhouse backup /backups/keyhouse-2026-11-23.db
\`\`\`
`;

/** Markdown: what holds for all, then a section for each command with the very text of its \`--help\`. */
export function renderReference(): string {
  const sections = leavesOf(createProgram()).map(({ path, command }) => {
    const help = helpOf(command).trimEnd();
    return `## keyhouse ${path}\n\n\`\`\`\n${help}\n\`\`\`\n`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

/** The commands that do something, in the order of the program's own help. */
export function leavesOf(program: Command, above = ''): readonly { path: string; command: Command }[] {
  return program.commands.flatMap((command) => {
    const path = `${above}${command.name()}`;
    return command.commands.length === 0 ? [{ path, command }] : leavesOf(command, `${path} `);
  });
}

/** As \`--help\` prints it, without regard to the width of a terminal. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
