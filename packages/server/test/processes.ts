/** The processes that a program has started, and a connection to each of its workers. */
import { readFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { PATIENCE_MS } from '../../../test/patience.ts';

export interface ChildOfProgram {
  readonly pid: number;
  /** Such as `keyhouse worker 1`; empty until it has given itself a name. */
  readonly name: string;
}

/** Only on Linux. */
export function childrenOf(pid: number): readonly ChildOfProgram[] {
  return textOf(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((text) => text !== '')
    .map((child) => ({ pid: Number(child), name: nameOf(child) }));
}

/** The title that a process gives itself is its first argument. */
function nameOf(pid: string): string {
  const [name = ''] = textOf(`/proc/${pid}/cmdline`).split('\0');
  return name.startsWith('keyhouse') ? name.trim() : '';
}

export function isAlive(pid: number): boolean {
  // A process that has ended, and that nobody has asked for its exit code, is still listed.
  return /^State:\s+[^ZX]/m.test(textOf(`/proc/${pid}/status`));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export interface WorkerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Untyped: the expectations of the tests are the check. */
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface WorkerRequest {
  readonly method?: string;
  readonly bearer?: string;
  readonly body?: object;
}

/** One connection, which stays open: always the same worker answers. Null: it was cut, or not made. */
export interface Line {
  /** Which worker: the same text for all its connections. */
  readonly worker: string;
  ask(path: string, asked?: WorkerRequest): Promise<WorkerAnswer | null>;
  close(): void;
}

/** One line to each of so many workers, as soon as all of them answer. The program gives each new connection to the next. */
export async function linesTo(origin: string, workers: number): Promise<readonly Line[]> {
  const lines = new Map<string, Line>();
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  while (lines.size < workers) {
    if (performance.now() > giveUpAtMs) throw new Error(`Only ${lines.size} of ${workers} workers answer.`);
    const line = await openLine(origin);
    if (line !== null && !lines.has(line.worker)) lines.set(line.worker, line);
    else {
      line?.close();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return [...lines.values()];
}

async function openLine(origin: string): Promise<Line | null> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask: Line['ask'] = (path, { method, bearer, body } = {}) =>
    new Promise((resolve) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
      };
      const sent = request(
        origin + path,
        { agent, headers, method: method ?? (text === undefined ? 'GET' : 'POST') },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', () => resolve(null));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              json: parse(Buffer.concat(chunks).toString()),
            }),
          );
        },
      );
      sent.on('error', () => resolve(null));
      sent.end(text);
    });
  const hello = await ask('/healthz');
  // Request IDs of one process begin in the same way.
  const worker = String(hello?.headers['x-request-id'] ?? '').slice(0, 16);
  if (worker !== '') return { worker, ask, close: () => agent.destroy() };
  agent.destroy();
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
