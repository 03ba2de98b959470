/** Numbers per day, as a small plot and as a sentence. Days are UTC days, oldest first, today last. */

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bars side by side. A day with any request is visible: at least one unit high. An empty day has no bar. */
export function barsOf(counts: readonly number[], width: number, height: number): readonly Bar[] {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length);
  return counts.flatMap((count, index) => {
    if (count === 0) return [];
    const tall = Math.max(1, (count / most) * height);
    return [{ x: index * step, y: height - tall, width: step > 4 ? step * 0.75 : Math.max(1, step - 1), height: tall }];
  });
}

export const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** The moment at which the UTC day of `counts[index]` began. */
export function dayAt(counts: readonly number[], index: number, now: Date): Date {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  return new Date(today - (counts.length - 1 - index) * 86_400_000);
}

/** The busiest day, null if there were no requests. Of equals the latest. */
export function busiest(counts: readonly number[], now: Date): { requests: number; day: Date } | null {
  const most = Math.max(0, ...counts);
  return most === 0 ? null : { requests: most, day: dayAt(counts, counts.lastIndexOf(most), now) };
}
