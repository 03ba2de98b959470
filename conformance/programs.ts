/** Programs of the machine that tests run: where they are, starting them, and ending them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { SystemUser } from '../packages/server/test/system-user.ts';

/** Debian keeps some of them where only the administrator looks. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

export const findProgram = (program: string): string | undefined =>
  FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));

export interface RunningProgram {
  readonly pid: number;
  /** What it has written so far, to both of its outputs. */
  output(): string;
  hasEnded(): boolean;
  /** With its exit code; null: a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end, and makes it after a while. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export function startProgram(
  path: string,
  args: readonly string[],
  {
    cwd,
    env,
    user = {},
  }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>>; readonly user?: SystemUser },
): RunningProgram {
  const child = spawn(path, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], ...user });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  let hasEnded = false;
  // All of its output has been read by then.
  const ended = once(child, 'close').then(([code]) => {
    hasEnded = true;
    return code;
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    hasEnded: () => hasEnded,
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      const impatient = setTimeout(() => child.kill('SIGKILL'), 3000);
      await ended;
      clearTimeout(impatient);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Until it listens: on a port of the loopback address, or on a socket with this path. `log`: what the error shows when it never does. */
export const untilOpen = (listens: number | string, program: RunningProgram, log = program.output): Promise<void> =>
  untilReady(() => isOpen(listens), program, log);

export async function untilReady(
  isReady: () => boolean | Promise<boolean>,
  program: RunningProgram,
  log = program.output,
): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const wasOver = program.hasEnded();
    if (await isReady()) return;
    if (wasOver) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`The program did not start:\n${log()}`);
}

const isOpen = (listens: number | string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(typeof listens === 'number' ? { port: listens, host: '127.0.0.1' } : { path: listens });
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
