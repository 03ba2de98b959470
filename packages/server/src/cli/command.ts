/** How a command is added, so that all of them look alike. */
import type { Command } from 'commander';

/** A command with `--json`. */
export function addCommand(parent: Command, usage: string, description: string): Command {
  return parent.command(usage).description(description).option('--json', 'print the result as one JSON object');
}

/** The same for what cannot be undone. */
export function addFinalCommand(parent: Command, usage: string, description: string): Command {
  return addCommand(parent, usage, description).option('--yes', 'do not ask for confirmation');
}

/** A noun that has verbs. */
export function addGroup(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).helpCommand(false);
}
