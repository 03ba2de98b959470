import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runJobs } from './jobs.ts';

// These timers are Node's own, not the clock that core is given.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SECOND_MS = 1000;

it('never runs a job twice at once, and runs each by its own time however long another takes', async () => {
  const [slow, quick] = [{ runs: 0 }, { runs: 0 }];
  let finish = (): void => {};
  const hang = (): Promise<void> => {
    slow.runs += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  const count = async (): Promise<void> => {
    quick.runs += 1;
  };
  const jobs = [
    { name: 'slow', everyMs: SECOND_MS, run: hang },
    { name: 'quick', everyMs: SECOND_MS, run: count },
  ];
  const running = runJobs(jobs, () => {});
  expect([slow.runs, quick.runs]).toEqual([0, 0]);
  await vi.advanceTimersByTimeAsync(3 * SECOND_MS);
  expect([slow.runs, quick.runs]).toEqual([1, 3]);
  finish();
  await vi.advanceTimersByTimeAsync(SECOND_MS);
  expect([slow.runs, quick.runs]).toEqual([2, 4]);
  finish();
  await running.stop();
});

it('reports a run that failed by the name of its job, and tries again', async () => {
  const failures: unknown[] = [];
  const run = async (): Promise<void> => {
    throw new Error('away');
  };
  const running = runJobs([{ name: 'mail', everyMs: SECOND_MS, run }], (job, error) => failures.push([job, String(error)]));
  await vi.advanceTimersByTimeAsync(2 * SECOND_MS);
  expect(failures).toEqual(Array(2).fill(['mail', 'Error: away']));
  await running.stop();
});

it('begins nothing after it was stopped, and has stopped only when what runs is finished', async () => {
  const state = { runs: 0, isStopped: false };
  let finish = (): void => {};
  const run = (): Promise<void> => {
    state.runs += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  const running = runJobs([{ name: 'sweep', everyMs: SECOND_MS, run }], () => {});
  await vi.advanceTimersByTimeAsync(SECOND_MS);
  const stopped = running.stop().then(() => {
    state.isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(5 * SECOND_MS);
  expect(state).toEqual({ runs: 1, isStopped: false });
  finish();
  await stopped;
  expect(state).toEqual({ runs: 1, isStopped: true });
});
