/** A process that ends is replaced; one that ends again and again is given up, with a reason. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { KeptProcess } from './kept-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyhouse-kept-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WELL = `process.on('message', ({ kind }) => kind === 'stop' ? process.exit(0) : kind === 'start' && process.send({ kind: 'ready', port: 7 }));`;
const FAILING = `process.on('message', () => process.send({ kind: 'failed', error: { name: 'Error', message: 'The file is missing.', stack: '', details: { code: 'ENOENT' } } }, () => process.exit(1)));`;
const DEAF = `process.on('message', ({ kind }) => kind === 'start' && process.send({ kind: 'ready' })); setInterval(() => {}, 1000);`;

let kept: KeptProcess | null = null;
afterEach(async () => {
  await kept?.stop({ drain: false, withinMs: 0 });
  kept = null;
});

function keep(...programs: readonly string[]) {
  const launched: ChildProcess[] = [];
  const log: string[] = [];
  const ended: number[] = [];
  const given: Error[] = [];
  const note = (_: unknown, message: string): void => void log.push(message);
  kept = new KeptProcess({
    name: 'worker 1',
    launch: () => {
      const text = programs[launched.length] ?? programs.at(-1) ?? '';
      const file = join(folder, `program-${launched.length}.js`);
      writeFileSync(file, text);
      const child = fork(file, { serialization: 'advanced', execArgv: [] });
      launched.push(child);
      return child;
    },
    describe: (member) => ({ kind: 'worker', version: '0', place: 1, member, socketPath: null }),
    nextMember: () => launched.length,
    onEnd: (member) => void ended.push(member),
    onGiveUp: (error) => void given.push(error),
    log: { info: note, warn: note, error: note },
  });
  return { kept, launched, log, ended, given };
}

it('starts one, replaces it when it is killed, and ends it when it is told to', async () => {
  const { kept: process, launched, log, ended } = keep(WELL);
  expect(await process.start()).toBe(7);
  expect(process.member).toBe(1);
  launched[0]?.kill('SIGKILL');
  await expect.poll(() => process.member).toBe(2);
  expect(ended).toEqual([1]);
  expect(log).toEqual(['A process of the server ended. Another one takes its place.']);
  await process.stop({ drain: false, withinMs: 60_000 });
  expect([launched[1]?.exitCode, process.member]).toEqual([0, null]);
  expect(launched).toHaveLength(2);
});

it('kills one that does not end', async () => {
  const { kept: process, launched } = keep(DEAF);
  await process.start();
  await process.stop({ drain: false, withinMs: 100 });
  expect(launched[0]?.signalCode).toBe('SIGKILL');
});

it('reports why the first could not start, and tries no other', async () => {
  const { kept: process, launched, given } = keep(FAILING);
  await expect(process.start()).rejects.toMatchObject({ message: 'The file is missing.', code: 'ENOENT' });
  expect([launched.length, given.length]).toEqual([1, 0]);
});

it('gives up when one after the other ends right after its start, and says why', async () => {
  const { kept: process, launched, given } = keep(WELL, FAILING);
  await process.start();
  launched[0]?.kill('SIGKILL');
  await expect.poll(() => given.length).toBe(1);
  expect(given[0]?.message).toMatch(/^The worker 1 ended \d times in a row .*The file is missing\.$/);
  expect(launched.length).toBeGreaterThan(3);
});
