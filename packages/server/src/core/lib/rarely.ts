/**
 * Reports something that may happen a thousand times a second at most once in `everyMs`: the first at once, and each later report
 * with the number of those left out before it. `monotonicMs`: milliseconds that only go forward.
 */
export function rarely<Fact extends readonly unknown[]>(
  everyMs: number,
  monotonicMs: () => number,
  report: (omitted: number, ...fact: Fact) => void,
): (...fact: Fact) => void {
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  let omitted = 0;
  return (...fact) => {
    const nowMs = monotonicMs();
    if (nowMs - reportedAtMs < everyMs) {
      omitted++;
      return;
    }
    report(omitted, ...fact);
    reportedAtMs = nowMs;
    omitted = 0;
  };
}
