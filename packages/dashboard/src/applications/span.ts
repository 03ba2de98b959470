/** Spans of seconds as people say them. */
import { words } from './words.ts';

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** In the largest unit in which it is a whole number: `30 days`, `90 minutes`. */
export function spanOf(seconds: number): string {
  const [size, unit] = UNITS.find(([each]) => seconds % each === 0) ?? [1, 'second'];
  return words.units[unit](seconds / size);
}

const COMMON = [3600, 86_400, 7 * 86_400, 30 * 86_400, 90 * 86_400, 365 * 86_400];

/** What is offered, and the current value if it is something else. `''` is never. */
export function spanChoices(now: string): readonly { readonly value: string; readonly label: string }[] {
  const seconds = [...new Set([...COMMON, ...(now === '' ? [] : [Number(now)])])].sort((a, b) => a - b);
  return [{ value: '', label: words.never }, ...seconds.map((each) => ({ value: String(each), label: spanOf(each) }))];
}

export function policySummary(idle: number | null, absolute: number | null): string {
  const parts = [
    ...(idle === null ? [] : [words.idleSummary(spanOf(idle))]),
    ...(absolute === null ? [] : [words.absoluteSummary(spanOf(absolute))]),
  ];
  return parts.length === 0 ? words.policyNever : parts.join(', ');
}
