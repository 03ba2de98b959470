/** Puts load on subjects in turn and reports requests per second and processor time per request. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Load, Orders } from './load.ts';
import { busySeconds, type CpuSeconds, cpuSeconds, cpuSecondsByThread, pinned } from './machine.ts';
import { isDisturbed, isInTurmoil, undisturbed } from './quiet.ts';
import { here, say } from './say.ts';
import { median } from './statistics.ts';

export interface Subject {
  readonly name: string;
  readonly pid: number;
  readonly orders: Orders;
}

/** Microseconds of processor time per request: of the whole process, and by what its threads are for. */
export interface CpuMicros {
  readonly total: number;
  readonly main: number;
  readonly writer: number;
  readonly helpers: number;
}

export interface Sample extends Load {
  /** Null if the system does not report it. */
  readonly cpu: CpuMicros | null;
  /** Cores that other processes kept busy during that time. */
  readonly others: number;
}

/** Medians over the rounds. */
export interface Figures extends Omit<Sample, 'secondBySecond'> {
  readonly rounds: readonly { readonly perSecond: number; readonly cpuMicros: number }[];
  /** Rounds that other processes disturbed, although they were repeated. */
  readonly disturbed: number;
  /** Those of them that were disturbed so much that nothing can be said. */
  readonly inTurmoil: number;
}

/** One load on core 1 against one subject. `onMark` is told when measuring begins and when it has ended. */
export async function measure({ pid, orders }: Subject, onMark?: (mark: 'measuring' | 'measured') => void): Promise<Sample> {
  const [program = '', ...rest] = pinned(1, [process.execPath, here('load.ts'), JSON.stringify(orders)]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const marks = new Map<unknown, Mark>();
  child.on('message', (message: 'measuring' | 'measured') => {
    marks.set(message, mark(pid, child.pid ?? 0));
    onMark?.(message);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The load ended with ${code}.`);
  const load = JSON.parse(output) as Load;
  const [before, after] = [marks.get('measuring'), marks.get('measured')];
  if (before === undefined || after === undefined) throw new Error('The load did not say when it measured.');
  const server = after.server.total - before.server.total;
  const others = after.busy - before.busy - server - (after.load - before.load) - (after.bench - before.bench);
  return {
    ...load,
    cpu: Number.isNaN(server) ? null : cpuOfRequest(before.server, after.server, load.requests),
    others: Number.isNaN(others) ? 0 : Math.max(0, others / load.seconds),
  };
}

/** Seconds of processor time; NaN if the system does not report it. */
interface Mark {
  readonly server: CpuSeconds;
  readonly load: number;
  readonly bench: number;
  readonly busy: number;
}

/** Everything busy that is not ours belongs to other processes, including those that came and went in the meantime. */
const mark = (server: number, load: number): Mark => ({
  server: cpuSecondsByThread(server),
  load: cpuSeconds(load),
  bench: cpuSeconds(process.pid),
  busy: busySeconds(),
});

function cpuOfRequest(before: CpuSeconds, after: CpuSeconds, requests: number): CpuMicros {
  const micros = (part: keyof CpuSeconds): number => ((after[part] - before[part]) * 1e6) / requests;
  return { total: micros('total'), main: micros('main'), writer: micros('writer'), helpers: micros('helpers') };
}

/**
 * Subjects in turn, round by round, so that a drift of the machine affects all alike; the median of each. Subjects that are not
 * being measured are stopped: what a server has put off (counts of use, for instance) is done in its own time and not a rival's.
 */
export async function measureInTurn(subjects: readonly Subject[], rounds: number): Promise<Map<string, Figures>> {
  const samples = new Map<string, Sample[]>(subjects.map(({ name }) => [name, []]));
  const pids = new Set(subjects.map(({ pid }) => pid));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      process.kill(subject.pid, 'SIGCONT');
      const sample = await undisturbed(() => measure(subject));
      process.kill(subject.pid, 'SIGSTOP');
      samples.get(subject.name)?.push(sample);
      say(`  ${round}/${rounds} ${subject.name}: ${describe(sample)}`);
    }
  }
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  return new Map([...samples].map(([name, list]) => [name, medians(list)]));
}

function describe(sample: Sample): string {
  const parts = [`${Math.round(sample.perSecond)}/s`, `p99 ${sample.p99Ms.toFixed(2)} ms`];
  if (sample.cpu !== null) parts.push(describeCpu(sample.cpu));
  if (sample.failures > 0) parts.push(`${sample.failures} FAILURES`);
  if (isDisturbed(sample)) parts.push(`DISTURBED: others used ${sample.others.toFixed(2)} cores`);
  return parts.join(', ');
}

const describeCpu = ({ total, main, writer, helpers }: CpuMicros): string =>
  `${total.toFixed(1)} µs of processor (main ${main.toFixed(1)}, writer ${writer.toFixed(1)}, helpers ${helpers.toFixed(1)})`;

function medians(samples: readonly Sample[]): Figures {
  const of = (pick: (sample: Sample) => number): number => median(samples.map(pick));
  const cpus = samples.flatMap(({ cpu }) => (cpu === null ? [] : [cpu]));
  const ofCpu = (part: keyof CpuMicros): number => median(cpus.map((cpu) => cpu[part]));
  return {
    requests: of((s) => s.requests),
    seconds: of((s) => s.seconds),
    failures: samples.reduce((sum, s) => sum + s.failures, 0),
    perSecond: of((s) => s.perSecond),
    p50Ms: of((s) => s.p50Ms),
    p99Ms: of((s) => s.p99Ms),
    cpu:
      cpus.length === 0
        ? null
        : { total: ofCpu('total'), main: ofCpu('main'), writer: ofCpu('writer'), helpers: ofCpu('helpers') },
    others: of((s) => s.others),
    rounds: samples.map((s) => ({ perSecond: Math.round(s.perSecond), cpuMicros: s.cpu?.total ?? Number.NaN })),
    disturbed: samples.filter(isDisturbed).length,
    inTurmoil: samples.filter(isInTurmoil).length,
  };
}
