/** The small C libraries of this folder, compiled where a test runs, and the switches that they read. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What every file that preloads needs, as the end of `[needs …]`; null: it is there. */
export const missingCompiler = (): string | null =>
  process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0 ? null : 'cc on Linux';

export interface Preload {
  /** Variables of a process that is to have it. */
  readonly variables: Readonly<Record<string, string>>;
  /** From this moment on, in every process that has it. */
  set(...values: readonly number[]): void;
  close(): void;
}

/** Writes and syncs of files whose names contain `files` fail with these numbers of errno; 0: they work. */
export const DISK = { EIO: 5, ENOSPC: 28 } as const;

export function preloadDisk(folder: string, files: string): Preload {
  const { library, file } = build(folder, 'disk', Buffer.alloc(8));
  return preload({ LD_PRELOAD: library, FAULT_SWITCH: file, FAULT_FILES: files }, file, (values) =>
    Buffer.from(Int32Array.from([values[0] ?? 0, values[1] ?? 0]).buffer),
  );
}

/** The wall clock is this many milliseconds ahead. */
export function preloadClock(folder: string): Preload {
  const { library, file } = build(folder, 'clock', Buffer.alloc(8));
  return preload({ LD_PRELOAD: library, CLOCK_SWITCH: file }, file, (values) =>
    Buffer.from(BigInt64Array.from([BigInt(values[0] ?? 0)]).buffer),
  );
}

function build(folder: string, name: string, initial: Buffer): { library: string; file: string } {
  const library = join(folder, `${name}.so`);
  const source = join(import.meta.dirname, `${name}.c`);
  const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, source, '-ldl']);
  if (compiled.status !== 0) throw new Error(`${name}.c could not be compiled:\n${compiled.stderr}`);
  const file = join(folder, `${name}.switch`);
  writeFileSync(file, initial);
  return { library, file };
}

function preload(
  variables: Readonly<Record<string, string>>,
  file: string,
  encode: (values: readonly number[]) => Buffer,
): Preload {
  const descriptor = openSync(file, 'r+');
  return {
    variables,
    set: (...values) => void writeSync(descriptor, encode(values), 0, undefined, 0),
    close: () => closeSync(descriptor),
  };
}
