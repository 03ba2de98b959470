/** What the operating system reports about processes: processor time, by thread, and memory. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const TICKS_PER_SECOND = 100;

const canPin = availableParallelism() > 1 && existsSync('/usr/bin/taskset');
export const pinned = (core: number, command: readonly string[]): readonly string[] =>
  canPin ? ['taskset', '-c', String(core), ...command] : command;

/** Seconds of processor time of a process, by what its threads are for. `helpers`: compiling, collecting garbage, files, names. */
export interface CpuSeconds {
  readonly total: number;
  readonly main: number;
  readonly writer: number;
  readonly helpers: number;
}

/**
 * User and system time of a whole process (proc(5), fields 14 and 15); 0 if the process does not exist, NaN if the system does
 * not report it.
 */
export function cpuSeconds(pid: number): number {
  if (pid === 0) return 0;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** The same, by thread. A thread that has ended is only in the total. */
export function cpuSecondsByThread(pid: number): CpuSeconds {
  const found = { main: 0, writer: 0, helpers: 0 };
  try {
    for (const tid of readdirSync(`/proc/${pid}/task`)) found[roleOf(pid, tid)] += threadSeconds(pid, tid);
  } catch {
    return { total: cpuSeconds(pid), main: Number.NaN, writer: Number.NaN, helpers: Number.NaN };
  }
  return { total: cpuSeconds(pid), ...found };
}

/**
 * From the name that Node gives a thread. A thread that runs JavaScript is `WorkerThread` or has a name of its own; in what is
 * measured here only the writer does.
 */
function roleOf(pid: number, tid: string): 'main' | 'writer' | 'helpers' {
  if (tid === String(pid)) return 'main';
  const name = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim();
  return HELPERS.test(name) ? 'helpers' : 'writer';
}

/** Node before 24 calls every thread `node`. */
const HELPERS = /^(V8Worker|DelayedTaskSche|SignalInspector|libuv-worker|node)/;

/** In nanoseconds where the scheduler keeps account of them, otherwise in ticks. */
function threadSeconds(pid: number, tid: string): number {
  const schedule = `/proc/${pid}/task/${tid}/schedstat`;
  if (existsSync(schedule)) return Number(readFileSync(schedule, 'utf8').split(' ')[0]) / 1e9;
  return cpuSeconds(Number(tid));
}

/** User and system time of a program that ends by itself, on core 0: the mean of some runs. */
export function childCpuSeconds(command: readonly string[], runs: number, env: NodeJS.ProcessEnv = process.env): number {
  const script = `i=0; while [ $i -lt ${runs} ]; do "$@" > /dev/null || exit 1; i=$((i+1)); done; times`;
  const [program = '', ...rest] = pinned(0, ['sh', '-c', script, 'sh', ...command]);
  const ofChildren = execFileSync(program, rest, { env, encoding: 'utf8' }).trim().split('\n').at(-1) ?? '';
  const seconds = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return seconds.reduce((sum, one) => sum + one, 0) / runs;
}

/** Seconds that all cores together were busy, since the start of the machine; NaN if the system does not report it. */
export function busySeconds(): number {
  try {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
      /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
    )
      .split(' ')
      .map(Number);
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory in MB, and how much of it is pages of files, the mapped database among them. */
export function memoryMb(pid: number): { resident: number; ofFiles: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    return { resident: read('VmRSS'), ofFiles: read('RssFile') };
  } catch {
    return null;
  }
}
