/** Puts load on subjects in turn and tells requests a second and processor time a request. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Load, Orders } from './load.ts';
import { coresOfOthers, cpuOfAll, pinned } from './machine.ts';
import { here, say } from './say.ts';
import { median } from './statistics.ts';

export interface Subject {
  readonly name: string;
  readonly pid: number;
  readonly orders: Orders;
  /** Whose figures it is held against in the same table, besides the floor. */
  readonly against?: string;
}

export interface Sample extends Load {
  /** Microseconds of processor time a request, of the whole process; null where the system does not tell. */
  readonly cpuMicros: number | null;
  /** Cores that strangers kept busy meanwhile. */
  readonly others: number;
}

export interface Figures extends Omit<Sample, 'secondBySecond'> {
  readonly rounds: readonly number[];
  /** Rounds in which strangers took more than `DISTURBANCE`, although they were tried again. */
  readonly disturbed: number;
}

/** A share of a core; above it a round is done again, whatever it showed, and at most `TRIES` times. */
const DISTURBANCE = 0.1;
const TRIES = 3;

/** One load on core 1 against one subject. */
export async function measure({ pid, orders }: Subject): Promise<Sample> {
  const [program = '', ...rest] = pinned(1, [process.execPath, here('load.ts'), JSON.stringify(orders)]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const marks = new Map<unknown, ReadonlyMap<number, number>>();
  child.on('message', (message) => marks.set(message, cpuOfAll()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The load ended with ${code}.`);
  const load = JSON.parse(output) as Load;
  const [before, after] = [marks.get('measuring') ?? new Map(), marks.get('measured') ?? new Map()];
  const ours = new Set([pid, child.pid ?? 0, process.pid]);
  const [cpuBefore, cpuAfter] = [before.get(pid), after.get(pid)];
  return {
    ...load,
    cpuMicros: cpuBefore === undefined || cpuAfter === undefined ? null : ((cpuAfter - cpuBefore) * 1e6) / load.requests,
    others: coresOfOthers(before, after, { ours, seconds: load.seconds }),
  };
}

/**
 * Subjects in turn, round by round, so that a drift of the machine hits all alike; the median of each. Whoever is not being
 * measured is stopped: what a server has put off (counts of use, for instance) is paid for in its own time and not a rival's.
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

/** Does it again while strangers are busy; the last try counts even so, and is told as disturbed. */
export async function undisturbed<Result extends { readonly others: number }>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const result = await run();
    if (result.others <= DISTURBANCE || attempt === TRIES) return result;
  }
}

export const isDisturbed = ({ others }: { readonly others: number }): boolean => others > DISTURBANCE;

function describe(sample: Sample): string {
  const parts = [`${Math.round(sample.perSecond)}/s`, `p99 ${sample.p99Ms.toFixed(2)} ms`];
  if (sample.cpuMicros !== null) parts.push(`${sample.cpuMicros.toFixed(1)} µs of processor`);
  if (sample.failures > 0) parts.push(`${sample.failures} FAILURES`);
  if (isDisturbed(sample)) parts.push(`DISTURBED: others used ${sample.others.toFixed(2)} cores`);
  return parts.join(', ');
}

function medians(samples: readonly Sample[]): Figures {
  const of = (pick: (sample: Sample) => number): number => median(samples.map(pick));
  const cpu = samples.flatMap(({ cpuMicros }) => (cpuMicros === null ? [] : [cpuMicros]));
  return {
    requests: of((s) => s.requests),
    seconds: of((s) => s.seconds),
    failures: samples.reduce((sum, s) => sum + s.failures, 0),
    perSecond: of((s) => s.perSecond),
    p50Ms: of((s) => s.p50Ms),
    p99Ms: of((s) => s.p99Ms),
    cpuMicros: cpu.length === 0 ? null : median(cpu),
    others: of((s) => s.others),
    rounds: samples.map((s) => Math.round(s.perSecond)),
    disturbed: samples.filter(isDisturbed).length,
  };
}
