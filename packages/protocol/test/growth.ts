/**
 * How the cost of some work grows with its input, judged by processor time of this thread alone: a busy machine makes no
 * difference.
 */

const TIMES_LARGER = 8;
/** Linear work takes 8 times as long, quadratic work 64 times. */
const MOST = 24;
/** One measurement below it decides: something else may disturb a measurement, but nothing makes quadratic work look linear. */
const ATTEMPTS = 30;
/** Shorter measurements say more about the clock than about the work. */
const MIN_MICROS = 500;

/** Throws if the work grows faster than its input. `inputOf` creates an input of that size; `size` is the smaller of the two. */
export function expectLinear<Input>(work: (input: Input) => unknown, inputOf: (size: number) => Input, size: number): void {
  const [small, large] = [inputOf(size), inputOf(size * TIMES_LARGER)];
  const times = timesFor(() => work(small));
  const ratios: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ratio =
      cpuMicros(() => work(large), times) /
      Math.max(
        1,
        cpuMicros(() => work(small), times),
      );
    if (ratio < MOST) return;
    ratios.push(Math.round(ratio));
  }
  throw new Error(`An input ${TIMES_LARGER} times as large took ${ratios.join(', ')} times as long.`);
}

/** Processor time of this thread in microseconds. */
export function cpuMicros(work: () => unknown, times = 1): number {
  const before = process.threadCpuUsage();
  for (let time = 0; time < times; time++) work();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

function timesFor(work: () => unknown): number {
  let times = 1;
  while (cpuMicros(work, times) < MIN_MICROS && times < 4096) times *= 2;
  return times;
}
