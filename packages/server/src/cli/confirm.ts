/**
 * Questions to a person. They are printed on standard error, so that standard output is only the result; without a terminal
 * nothing is asked.
 */
import { refusal, wrongUsage } from './failure.ts';

export interface ConfirmOptions {
  readonly yes?: boolean;
}

/**
 * Before what cannot be undone. Fails at once (exit 2) if nobody could answer and `--yes` was not given; the returned function
 * asks and fails (exit 1) if the answer is no.
 */
export function confirmation({ yes }: ConfirmOptions): (question: string) => Promise<void> {
  if (yes === true) return async () => {};
  if (!isTerminal()) throw wrongUsage('This cannot be undone, and there is no terminal to confirm it. Add --yes.');
  return async (question) => {
    const { confirm } = await import('@clack/prompts');
    // Anything but a plain yes, Ctrl-C included, is a no.
    const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
    if (answer !== true) throw refusal('not_confirmed', 'Nothing was changed.');
  };
}

export interface PasswordOptions {
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

/** The password from the option, from the first line of standard input, or from a prompt. */
export async function readPassword({ password, passwordStdin }: PasswordOptions): Promise<string> {
  if (password !== undefined && passwordStdin === true) throw wrongUsage('Give --password or --password-stdin, not both.');
  if (password !== undefined) return password;
  if (passwordStdin === true) return (await readInput()).replace(/\r?\n[\s\S]*$/, '');
  if (!isTerminal())
    throw wrongUsage('A password is missing. Use --password-stdin and send it on standard input, or use --password.');
  const prompts = await import('@clack/prompts');
  const ask = async (message: string): Promise<string> => {
    const answer = await prompts.password({ message, output: process.stderr });
    if (typeof answer !== 'string') throw refusal('not_confirmed', 'Nothing was changed.');
    return answer;
  };
  const first = await ask('Password');
  if ((await ask('Repeat the password')) !== first)
    throw refusal('not_the_same', 'The two passwords are not the same. Nothing was changed.');
  return first;
}

/** All of standard input as text. */
export async function readInput(): Promise<string> {
  const { text } = await import('node:stream/consumers');
  return text(process.stdin);
}

const isTerminal = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;
