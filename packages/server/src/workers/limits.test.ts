/** What one worker takes, no other has; and a worker that ends keeps nobody waiting. */
import { expect, it } from 'vitest';
import { MAX_FAILURES } from '../core/sign-ins/sign-in-limits.ts';
import { openMemoryLimiter } from '../store/limiter.ts';
import { type LimitDesk, openLimitDesk, openRemoteLimits, type RemoteLimits } from './limits.ts';

function open(members: number): { desk: LimitDesk; workers: readonly RemoteLimits[] } {
  const desk = openLimitDesk(openMemoryLimiter);
  const workers = Array.from({ length: members }, (_, member) => {
    desk.expect(member);
    const limits: RemoteLimits = openRemoteLimits((id, question) => {
      void desk.answer(member, question).then((answer) => limits.settle(id, answer));
    });
    return limits;
  });
  return { desk, workers };
}

/** As many attempts as there are points to take, and more, at the workers in turn. */
const attempt = (workers: readonly RemoteLimits[], count: number, result: 'failed' | 'not_failed'): Promise<readonly boolean[]> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => workers[index % workers.length])
      .flatMap((worker) => worker ?? [])
      .map(async ({ signIns }) => {
        const point = await signIns.take('user:a');
        if (point.ok) await signIns.release('user:a', result);
        return point.ok;
      }),
  );

it('counts the failures of all workers together', async () => {
  const { workers } = open(3);
  const admitted = await attempt(workers, 3 * MAX_FAILURES, 'failed');
  expect(admitted.filter(Boolean)).toHaveLength(MAX_FAILURES);
});

it('lets all in who arrive together and are right, whichever worker they come to', async () => {
  const { workers } = open(3);
  const admitted = await attempt(workers, 3 * MAX_FAILURES, 'not_failed');
  expect(admitted).toEqual(admitted.map(() => true));
});

it('counts what a worker had not decided when it ended as failed, and lets no other wait for it', async () => {
  const { desk, workers } = open(2);
  const [ending, other] = workers;
  for (let point = 0; point < MAX_FAILURES; point++) expect(await ending?.signIns.take('user:a')).toEqual({ ok: true });
  const waiting = other?.signIns.take('user:a');
  await desk.forget(0);
  expect(await waiting).toMatchObject({ ok: false });
});

it('takes no point for a worker that ended while it waited', async () => {
  const { desk, workers } = open(2);
  const [holding, ending] = workers;
  for (let point = 0; point < MAX_FAILURES; point++) await holding?.signIns.take('user:a');
  void ending?.signIns.take('user:a');
  await new Promise((resolve) => setImmediate(resolve));
  await desk.forget(1);
  for (let point = 0; point < MAX_FAILURES; point++) await holding?.signIns.release('user:a', 'not_failed');
  for (let point = 0; point < MAX_FAILURES; point++) expect(await holding?.signIns.take('user:a')).toEqual({ ok: true });
});

it('counts unknown credentials of all workers together, and clears what is to be cleared', async () => {
  const { workers } = open(2);
  const taken: boolean[] = [];
  for (let look = 0; look < 2 * MAX_FAILURES; look++)
    taken.push((await workers[look % 2]?.unknown.take('unknown:192.0.2.1'))?.ok ?? false);
  expect(taken).toEqual([...Array(MAX_FAILURES).fill(true), ...Array(MAX_FAILURES).fill(false)]);
  await attempt(workers, MAX_FAILURES, 'failed');
  await workers[1]?.signIns.clear('user:a');
  expect(await workers[0]?.signIns.take('user:a')).toEqual({ ok: true });
});
