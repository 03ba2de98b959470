/** What the operating system tells about processes: processor time, memory, and who else is using the machine. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const TICKS_PER_SECOND = 100;

const canPin = availableParallelism() > 1 && existsSync('/usr/bin/taskset');
export const pinned = (core: number, command: readonly string[]): readonly string[] =>
  canPin ? ['taskset', '-c', String(core), ...command] : command;

/** User and system time of a whole process (proc(5), fields 14 and 15); null where the system does not tell. */
export function cpuSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

/** Processor time of every process, by pid; empty where there is no /proc. */
export function cpuOfAll(): Map<number, number> {
  const all = new Map<number, number>();
  if (!existsSync('/proc/self/stat')) return all;
  for (const name of readdirSync('/proc')) {
    const seconds = /^\d+$/.test(name) ? cpuSeconds(Number(name)) : null;
    if (seconds !== null) all.set(Number(name), seconds);
  }
  return all;
}

/** Cores that processes other than `ours` kept busy between two looks, on average. */
export function coresOfOthers(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  { ours, seconds }: { ours: ReadonlySet<number>; seconds: number },
): number {
  let sum = 0;
  for (const [pid, used] of after) if (!ours.has(pid)) sum += used - (before.get(pid) ?? 0);
  return sum / seconds;
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
