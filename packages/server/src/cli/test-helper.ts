/** Runs the real program in a process of its own, against a temporary folder. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE_MS } from '../../../../test/patience.ts';
import { programPath } from '../../test/program.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Bench {
  readonly folder: string;
  readonly database: string;
  /** `input` is the standard input; `settings` are given without their `KEYHOUSE_`. */
  run(args: readonly string[], more?: { input?: string; settings?: Readonly<Record<string, string>> }): Promise<Ran>;
  /** The JSON of a command that must succeed. */
  json(args: readonly string[], more?: { settings?: Readonly<Record<string, string>> }): Promise<Record<string, unknown>>;
  serve(settings?: Readonly<Record<string, string>>): Promise<Served>;
  /** Ends the servers and deletes the folder. */
  clear(): Promise<void>;
}

export interface Served {
  readonly url: string;
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function openBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-cli-'));
  const database = join(folder, 'keyhouse.db');
  const servers: Served[] = [];
  // Nothing from the environment in which the tests run.
  const environment = (settings: Readonly<Record<string, string>>): Record<string, string> => ({
    KEYHOUSE_DATABASE_URL: `sqlite:${database}`,
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`KEYHOUSE_${name}`, value])),
  });

  const run: Bench['run'] = async (args, { input = '', settings = {} } = {}) => {
    const program = await programPath();
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [program, ...args],
        // A command that hangs may not outlive its test.
        { env: environment(settings), timeout: PATIENCE_MS },
        (_, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  };

  return {
    folder,
    database,
    run,
    json: async (args, more) => {
      const { exitCode, stdout, stderr } = await run([...args, '--json'], more);
      if (exitCode !== 0) throw new Error(`keyhouse ${args.join(' ')} → ${exitCode}: ${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    serve: async (settings = {}) => {
      const served = await startServing(environment({ PORT: '0', ...settings }));
      servers.push(served);
      return served;
    },
    clear: async () => {
      await Promise.all(servers.map((server) => server.stop('SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startServing(env: Record<string, string>): Promise<Served> {
  const child = spawn(process.execPath, [await programPath(), 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The server did not start: ${log}`)), PATIENCE_MS);
    const onText = (text: Buffer): void => {
      log += text.toString();
      const [, found] = /"port":(\d+)/.exec(log) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    };
    child.stdout.on('data', onText);
    child.stderr.on('data', onText);
    void exited.then(() => reject(new Error(`The server ended: ${log}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
