/** What the operating system reports about processes: processor time and memory. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const TICKS_PER_SECOND = 100;

const canPin = availableParallelism() > 1 && existsSync('/usr/bin/taskset');
export const pinned = (core: number, command: readonly string[]): readonly string[] =>
  canPin ? ['taskset', '-c', String(core), ...command] : command;

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
