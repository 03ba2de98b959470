/** Dates and numbers in the language of the pages, in the format of the reader's region, and in the reader's zone. */
import { useMemo } from 'react';
import { pageLocale } from '../lib/page-locale.ts';

const UNITS = [
  [60, 'second', 1],
  [3600, 'minute', 60],
  [86_400, 'hour', 3600],
  [86_400 * 45, 'day', 86_400],
  [86_400 * 365, 'month', 86_400 * 30.44],
  [Number.POSITIVE_INFINITY, 'year', 86_400 * 365.25],
] as const;

export function createFormat(locale: string) {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const number = new Intl.NumberFormat(locale);
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
  const utcDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  return {
    number: (value: number): string => number.format(value),
    compact: (value: number): string => compact.format(value),
    /** `14 Jan 2027`, of an RFC 3339 time, in the reader's zone. */
    date: (time: string): string => date.format(new Date(time)),
    dateTime: (time: string): string => dateTime.format(new Date(time)),
    /** To the second. */
    moment: (time: string): string => moment.format(new Date(time)),
    /** The time of day. */
    time: (at: string): string => time.format(new Date(at)),
    /** `3 hours ago`, `in 2 days`. */
    relative: (time: string, nowMs = Date.now()): string => {
      const seconds = (Date.parse(time) - nowMs) / 1000;
      for (const [below, unit, size] of UNITS)
        if (Math.abs(seconds) < below) return relative.format(Math.round(seconds / size), unit);
      return '';
    },
    /** A day that is counted in UTC. */
    utcDay: (day: Date): string => utcDay.format(day),
  };
}

export type Format = ReturnType<typeof createFormat>;

export function useFormat(): Format {
  return useMemo(() => createFormat(pageLocale(navigator.languages ?? [navigator.language])), []);
}
