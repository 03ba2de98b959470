/**
 * Reads what was typed into checked values. A fault is wrong usage (exit 2) and names the option; the text itself is not
 * repeated, because people paste secrets into wrong places.
 */
import { wrongUsage } from './failure.ts';

const DAY_MS = 86_400_000;
const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };
/** The last moment that a JavaScript date can write with a four-digit year. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/** A whole number from `min` to `max`; `what` begins the sentence. */
export function wholeNumber(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`;
    throw wrongUsage(`${what} must be ${range}.`);
  };
}

export const idNumber = (what: string): ((text: string) => number) => wholeNumber(what, 1, Number.MAX_SAFE_INTEGER);

/** How many entries a list shows at once. */
export const pageLimit = wholeNumber('--limit', 1, 500);

/** Items between commas; at least one. */
export function list(what: string): (text: string) => readonly string[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim());
    if (items.some((item) => item === '')) throw wrongUsage(`${what} must be a list separated by commas, without empty items.`);
    return items;
  };
}

export function oneOf<Choice extends string>(what: string, choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const chosen = choices.find((choice) => choice === text);
    if (chosen === undefined) throw wrongUsage(`${what} must be one of ${choices.join(', ')}.`);
    return chosen;
  };
}

/** `2027-01-31` (its first moment in UTC) or `2027-01-31T12:00:00Z`: milliseconds. */
export function moment(what: string): (text: string) => number {
  return (text) => {
    const ms = readMoment(text);
    if (ms === null) throw wrongUsage(`${what} must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z.`);
    return ms;
  };
}

/** Any number of them, each after its own option: a URI may contain a comma. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** `none` means that there is none, where leaving the option out means "unchanged". */
export const NONE = 'none';

/** A span such as `30d`, `12h`, `90m` in seconds, or `never` unchanged. */
export function spanOrNever(what: string): (text: string) => number | 'never' {
  return (text) => {
    if (text === 'never') return text;
    const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
    if (count === undefined) throw wrongUsage(`${what} must be a duration such as 30d, 12h or 90m, or never.`);
    return (Number(count) * (UNITS_MS[unit] ?? 0)) / 1000;
  };
}

/** A moment in the future, or a span from now on such as `90d`, `12h`, `30m`: milliseconds. */
export function end(what: string): (text: string) => number {
  return (text) => {
    const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
    const ms = count === undefined ? readMoment(text) : Date.now() + Number(count) * (UNITS_MS[unit] ?? 0);
    if (ms === null || ms > LATEST_MS)
      throw wrongUsage(`${what} must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z, or a duration such as 90d or 12h.`);
    if (ms <= Date.now()) throw wrongUsage(`${what} must be in the future.`);
    return ms;
  };
}

function readMoment(text: string): number | null {
  const [, day, time = 'T00:00:00Z'] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  if (day === undefined) return null;
  // `Date` would make 3 March of 31 February.
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return null;
  const ms = Date.parse(day + time);
  return Number.isNaN(ms) ? null : ms;
}
