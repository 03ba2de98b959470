/** The search of the log. It is in the address of the page, so that it can be sent to somebody. */

import type { Api } from 'keyhouse/dashboard-api';
import { entryOf } from '../lib/entry-of.ts';

export const RANGES = ['any', '1h', '24h', '7d', '30d', 'days'] as const;
export type Range = (typeof RANGES)[number];
const HOURS: Readonly<Record<string, number>> = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };

export interface Filter {
  readonly event?: string;
  readonly actor?: string;
  readonly credential?: string;
  readonly request_id?: string;
  readonly range?: Range;
  /** Days in the reader's zone, `2027-11-22`. */
  readonly from?: string;
  readonly to?: string;
  /** Only for the server audit log. */
  readonly account?: string;
  readonly user?: string;
}

const NAMES = ['event', 'actor', 'credential', 'request_id', 'from', 'to', 'account', 'user'] as const;

/** From the search part of an address, where numbers arrive as numbers. Unknown members are left out. */
export function readFilter(search: Readonly<Record<string, unknown>>): Filter {
  const filter: Record<string, string> = {};
  for (const name of NAMES) {
    const value = search[name];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') filter[name] = String(value);
  }
  const range = RANGES.find((each) => each === search.range);
  return { ...filter, ...(range === undefined || range === 'any' ? {} : { range }) };
}

type Query = Omit<Api['GET /operator/audit']['query'], 'before' | 'limit'>;

export function queryOf({ range, from, to, ...rest }: Filter, nowMs = Date.now()): Query {
  const hours = entryOf(HOURS, range ?? '');
  if (hours !== undefined) return { ...rest, since: new Date(nowMs - hours * 3_600_000).toISOString() };
  if (range !== 'days') return rest;
  const since = from === undefined ? null : startOf(from, 0);
  const until = to === undefined ? null : startOf(to, 1);
  return { ...rest, ...(since === null ? {} : { since }), ...(until === null ? {} : { until }) };
}

/** The beginning of a day of the reader, or of one of those that follow. */
function startOf(day: string, later: number): string | null {
  const date = new Date(`${day}T00:00`);
  if (Number.isNaN(date.getTime())) return null;
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

/** In addition to the request ID, which has a page of its own. */
export const isFiltered = ({ request_id: _, ...rest }: Filter): boolean => Object.keys(rest).length > 0;
