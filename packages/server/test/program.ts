/** The real program in a separate process: what an operator starts, and what a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The path of `keyhouse`: in a run of tests the one that is published, bundled once for the run; elsewhere the sources. */
export async function programPath(): Promise<string> {
  if (process.env.VITEST === undefined) return join(import.meta.dirname, '..', 'bin', 'keyhouse.js');
  const { builtProgram } = await import('../../../test/shared-things.ts');
  return await builtProgram();
}

export interface RunningProgram {
  readonly pid: number;
  readonly origin: string;
  /** From the start of the process to the line that says it serves. */
  readonly startedInMs: number;
  /** Everything that it wrote so far. */
  output(): string;
  isRunning(): boolean;
  /** SIGKILL: nothing is flushed or reported. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/**
 * `keyhouse serve` on a free port, over the database that the settings name. `fileKilobytes`: none of its files can grow larger,
 * which looks like a full disk to the program.
 */
export async function startProgram(
  settings: Readonly<Record<string, string>>,
  { fileKilobytes }: { fileKilobytes?: number } = {},
): Promise<RunningProgram> {
  const program = await programPath();
  const startedAtMs = performance.now();
  // `ulimit` counts blocks of 512 bytes; the signal that comes with it would end the process.
  const limited = `trap '' XFSZ; ulimit -S -f ${(fileKilobytes ?? 0) * 2}; exec "$0" "$@"`;
  const start = fileKilobytes === undefined ? [] : ['sh', '-c', limited];
  const [command = '', ...rest] = [...start, process.execPath, program, 'serve'];
  const child = spawn(command, rest, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, KEYHOUSE_PORT: '0', KEYHOUSE_DRAIN_SECONDS: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const found = /"port":(\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('exit', () => reject(new Error(`The program ended:\n${output}`)));
  });
  return {
    pid: child.pid ?? 0,
    origin: `http://127.0.0.1:${port}`,
    startedInMs: performance.now() - startedAtMs,
    output: () => output,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: async () => void (await end(child, 'SIGKILL')),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
}
