/** The reference page of the command line, generated from the commands themselves so that it is always correct. */
import type { Command } from 'commander';
import { createProgram } from './program.ts';

const WIDTH = 110;

const INTRODUCTION = `# The command line

\`npx keyhouse …\` is the command line for the operator. The commands run on your machine and work on the database in the
\`KEYHOUSE_…\` settings. A server can run at the same time. It applies the changes within a second.

- **Output.** Results go to standard output, everything else to standard error. The default format is aligned columns with
  readable dates (UTC). With \`--json\`, the result is one JSON object on one line, with times as in RFC 3339. Lists are paged:
  use the value of \`next\` with \`--before\` or \`--after\`. It is \`null\` at the end.
- **Errors.** Standard error gets one sentence, or with \`--json\` one object \`{"error": "already_revoked", "message": "…"}\`.
  It never contains a stack trace or a secret.
- **Exit code.** 0: done. 1: refused or failed, which includes wrong settings, a database that cannot be reached and a server
  that cannot start. 2: wrong usage (an unknown option, a missing argument, a malformed value, or no terminal to confirm at);
  nothing was changed.
- **Confirmation.** Commands ask before they do something that cannot be undone. \`--yes\` confirms it. Without \`--yes\` and
  without a terminal, the command is refused.
- **Optional packages.** \`import\` needs \`@keyhouse/import\` and \`permission import\` needs \`@keyhouse/openapi\`. They are used once, so
  they are not installed with the server. This repository contains them. If one is missing, the command changes nothing and says
  in one line how to install it.
- **Secrets.** An API key and a client secret are printed once, when they are created or rotated. Others on the machine can see
  a password on the command line while the command runs. Let the command ask for it, or use \`--password-stdin\`.

\`\`\`
npx keyhouse user create --email ada@example.com --administrator
npx keyhouse key create --email ada@example.com --name ERP --permissions invoices.read,invoices.write --expires 90d
npx keyhouse key create --account 1 --name "API gateway" --permissions keyhouse.verify --json
npx keyhouse app create --email ada@example.com --name "Invoice reader" --redirect-uri https://reader.example.com/callback --public
npx keyhouse backup /backups/keyhouse-2026-11-23.db
\`\`\`
`;

/** Markdown: what applies to all, then a section for each command with the exact text of its \`--help\`. */
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
