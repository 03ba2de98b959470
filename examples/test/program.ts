/** An example as `npm start` runs it: in a separate process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PATIENCE_MS } from '../../test/patience.ts';

const EXAMPLES = join(import.meta.dirname, '..');

/** What every process needs; an example gets nothing else of this one's environment. */
export const PATHS = { PATH: process.env.PATH, HOME: process.env.HOME };

export interface Program {
  readonly origin: string;
  stop(): Promise<void>;
}

/** It listens as soon as it prints where. */
export async function startProgram(script: string[], folder: string, env: Record<string, string>): Promise<Program> {
  const child = spawn(process.execPath, script, {
    cwd: join(EXAMPLES, folder),
    env: { ...PATHS, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const origin = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${folder} ${why}:\n${output}`));
    const timer = setTimeout(() => {
      child.kill();
      fail('does not start');
    }, PATIENCE_MS);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const found = /http:\/\/localhost:\d+/.exec(output)?.[0];
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      });
    child.once('exit', () => fail('ended'));
    child.once('error', (error) => fail(error.message));
  });
  return { origin, stop: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
