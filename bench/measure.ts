/** Starts servers on one core and the load on the other, and tells requests a second and processor time a request. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Load, Orders } from './load.ts';

export interface Subject {
  readonly name: string;
  readonly pid: number;
  readonly orders: Orders;
}

export interface Sample extends Load {
  /** Microseconds of processor time a request, of the whole process; null where the system does not tell. */
  readonly cpuMicros: number | null;
}

const canPin = availableParallelism() > 1 && existsSync('/usr/bin/taskset');
const pinned = (core: number, command: readonly string[]): readonly string[] =>
  canPin ? ['taskset', '-c', String(core), ...command] : command;
export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** A server on core 0; resolves when its port answers. `kill` ends it and waits for its end. */
export async function startServer(
  file: string,
  args: readonly string[],
  { port, env = {}, patienceMs = 60_000 }: { port: number; env?: Record<string, string>; patienceMs?: number },
): Promise<{ pid: number; readyMs: number; kill(): Promise<void> }> {
  const startedAt = performance.now();
  const [program = '', ...rest] = pinned(0, [process.execPath, file, ...args]);
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
  const readyMs = await untilAnswers(port, child, startedAt, patienceMs);
  return {
    pid: child.pid ?? 0,
    readyMs,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilAnswers(port: number, child: ChildProcess, startedAt: number, patienceMs: number): Promise<number> {
  while (performance.now() - startedAt < patienceMs) {
    if (child.exitCode !== null) throw new Error(`A server on port ${port} ended with ${child.exitCode} before it answered.`);
    const answered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    );
    if (answered) return performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Nothing answers on port ${port}.`);
}

/** One load on core 1 against one subject. */
export async function measure({ pid, orders }: Subject): Promise<Sample> {
  const [program = '', ...rest] = pinned(1, [process.execPath, here('load.ts'), JSON.stringify(orders)]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const marks = new Map<unknown, number | null>();
  child.on('message', (message) => marks.set(message, cpuSeconds(pid)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The load ended with ${code}.`);
  const load = JSON.parse(output) as Load;
  const [before, after] = [marks.get('measuring') ?? null, marks.get('measured') ?? null];
  const cpuMicros = before === null || after === null ? null : ((after - before) * 1e6) / load.requests;
  return { ...load, cpuMicros };
}

/** Subjects in turn, round by round, so that a drift of the machine hits all alike; the median of each. */
export async function measureInTurn(
  subjects: readonly Subject[],
  rounds: number,
  progress: (text: string) => void,
): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      const sample = await measure(subject);
      samples.get(subject.name)?.push(sample);
      progress(
        `  ${round}/${rounds} ${subject.name}: ${Math.round(sample.perSecond)}/s, p99 ${sample.p99Ms.toFixed(2)} ms${sample.failures > 0 ? `, ${sample.failures} FAILURES` : ''}`,
      );
    }
  }
  return new Map([...samples].map(([name, list]) => [name, medianSample(list)]));
}

function medianSample(samples: readonly Sample[]): Sample {
  const of = (pick: (sample: Sample) => number | null): number => median(samples.map((sample) => pick(sample) ?? Number.NaN));
  const cpu = of((sample) => sample.cpuMicros);
  return {
    requests: of((s) => s.requests),
    seconds: of((s) => s.seconds),
    failures: samples.reduce((sum, s) => sum + s.failures, 0),
    perSecond: of((s) => s.perSecond),
    p50Ms: of((s) => s.p50Ms),
    p99Ms: of((s) => s.p99Ms),
    cpuMicros: Number.isNaN(cpu) ? null : cpu,
  };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const TICKS_PER_SECOND = 100;

/** User and system time of the whole process (proc(5), fields 14 and 15). */
function cpuSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

/** Resident memory in MB. */
export function residentMb(pid: number): number | null {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return null;
  }
}
