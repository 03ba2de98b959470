/** Doors to an API that a credential may open: guards in processes of their own, and whatever else asks Keyhouse. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { Known } from './api.ts';

export interface Door {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

export async function startGuard(name: string, known: Known): Promise<Door> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'api.ts'), JSON.stringify(known)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { name, port: await portOf(child), stop: () => end(child) };
}

async function portOf(child: ChildProcess): Promise<number> {
  const port = new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    child.once('exit', (code) => reject(new Error(`A guard ended with ${code} before it was ready.`)));
  });
  return await port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}

const agent = new Agent({ keepAlive: true });

/** What a door answers to whoever comes with this. */
export function knock({ port }: Door, credential: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${credential}` };
    const asked = request({ agent, host: '127.0.0.1', port, path: '/api/invoices', headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', reject);
    asked.end();
  });
}

export const closeDoors = (): void => agent.destroy();
