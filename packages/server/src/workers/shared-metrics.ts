/**
 * What `/metrics` shows for several workers: the sum of what they counted, and where a sum would be wrong, the value of the one
 * that is furthest behind. Figures of the Node processes are not added up; they have the label `process`.
 */
import type { Registry } from 'prom-client';
import { type FeedFigures, type MetricsFigures, openRegistry, type RequestCount } from '../http/metrics.ts';
import type { ProcessFigures } from './messages.ts';
import { nodeFigures, textOf } from './node-figures.ts';

/** A process that does not answer within this is shown as it was at the last scrape. */
export const FIGURES_WITHIN_MS = 1000;

export interface Asked {
  /** No other process ever has the same. */
  readonly member: number;
  figures(): Promise<ProcessFigures | null>;
}

export interface SharedMetrics {
  text(): Promise<{ contentType: string; body: string }>;
  /** A process has ended: what it had counted at its last scrape stays in the sums, so that they never go back. */
  forget(member: number): void;
}

export interface SharedMetricsPorts {
  /** The processes that can be asked now. */
  readonly running: () => readonly Asked[];
  /** Of this process. */
  readonly droppedLines: () => number;
}

export function createSharedMetrics({ running, droppedLines }: SharedMetricsPorts): SharedMetrics {
  const last = new Map<number, ProcessFigures>();
  let ended: MetricsFigures = NOTHING;
  let now: MetricsFigures = NOTHING;
  let registry: Promise<Registry> | null = null;

  async function ask({ member, figures }: Asked): Promise<void> {
    const answer = await figures();
    if (answer !== null && running().some((each) => each.member === member)) last.set(member, answer);
  }

  return {
    async text() {
      await Promise.all(running().map(ask));
      const all = [...last.values()];
      const own = { ...NOTHING, droppedLines: droppedLines() };
      now = sumOf([ended, own, ...all.flatMap((each) => each.own ?? [])]);
      registry ??= openRegistry(() => now);
      const ours = await registry;
      const node = await textOf([await nodeFigures('primary'), ...all.map((each) => each.node)]);
      return { contentType: ours.contentType, body: `${await ours.metrics()}\n${node}` };
    },
    forget(member) {
      const own = last.get(member)?.own ?? null;
      last.delete(member);
      // What it had now, such as open streams, is gone.
      if (own !== null) ended = sumOf([ended, { ...own, lagMs: 0, feed: own.feed === null ? null : onlyCounts(own.feed) }]);
    },
  };
}

const NOTHING: MetricsFigures = { verifications: new Map(), requests: new Map(), lagMs: 0, feed: null, droppedLines: 0 };

function sumOf(all: readonly MetricsFigures[]): MetricsFigures {
  const verifications = new Map<string, number>();
  const requests = new Map<string, RequestCount>();
  for (const figures of all) {
    for (const [outcome, count] of figures.verifications) verifications.set(outcome, (verifications.get(outcome) ?? 0) + count);
    for (const [name, { labels, count }] of figures.requests)
      requests.set(name, { labels, count: (requests.get(name)?.count ?? 0) + count });
  }
  return {
    verifications,
    requests,
    lagMs: Math.max(...all.map(({ lagMs }) => lagMs)),
    feed: sumOfFeeds(all.flatMap(({ feed }) => feed ?? [])),
    droppedLines: total(all.map((each) => each.droppedLines)),
  };
}

function sumOfFeeds(feeds: readonly FeedFigures[]): FeedFigures | null {
  if (feeds.length === 0) return null;
  const revocations: Record<string, number> = {};
  // Each worker has the whole list.
  for (const feed of feeds)
    for (const [kind, size] of Object.entries(feed.revocations)) revocations[kind] = Math.max(revocations[kind] ?? 0, size);
  return {
    streams: total(feeds.map(({ streams }) => streams)),
    messages: total(feeds.map(({ messages }) => messages)),
    position: Math.min(...feeds.map(({ position }) => position)),
    revocations,
  };
}

/** Infinity is no position: it never is the smallest. */
const onlyCounts = ({ messages }: FeedFigures): FeedFigures => ({
  ...{ streams: 0, messages, position: Number.POSITIVE_INFINITY, revocations: {} },
});

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
