/**
 * What `/metrics` shows, in the Prometheus text format, on a separate port. Counted in plain maps, because a labelled counter
 * costs more than the rest of a cached check; prom-client, which takes 20 MB, is loaded at the first scrape.
 */

import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';
import { type Answer, answerRefusal, INTERNAL } from './errors.ts';
import { requestIds } from './request-id.ts';

export interface Metrics {
  countRequest(route: string, method: string, status: number): void;
  countVerification(outcome: string): void;
  /** Milliseconds since the list of changes was last read to its end, read at each scrape. */
  watchLag(lagMs: () => number): void;
  /** Of the revocation feed, read at each scrape. */
  watchFeed(figures: () => FeedFigures): void;
  /** How many log lines were dropped, read at each scrape. */
  watchLog(dropped: () => number): void;
  text(): Promise<{ contentType: string; body: string }>;
}

export interface FeedFigures {
  readonly streams: number;
  readonly messages: number;
  readonly position: number;
  /** How many of each kind are revoked and have not expired. */
  readonly revocations: Readonly<Record<string, number>>;
}

interface RequestCount {
  readonly labels: { readonly route: string; readonly method: string; readonly status: string };
  count: number;
}

interface Counts {
  readonly verifications: Map<string, number>;
  readonly requests: Map<string, RequestCount>;
  lagMs: () => number;
  feed: (() => FeedFigures) | null;
  droppedLines: () => number;
}

export function createMetrics(): Metrics {
  const counts: Counts = { verifications: new Map(), requests: new Map(), lagMs: () => 0, feed: null, droppedLines: () => 0 };
  let registry: Promise<Registry> | null = null;
  return {
    countRequest: (route, method, status) => {
      const name = `${method} ${status} ${route}`;
      const known = counts.requests.get(name);
      if (known !== undefined) known.count += 1;
      else counts.requests.set(name, { labels: { route, method, status: String(status) }, count: 1 });
    },
    countVerification: (outcome) => void counts.verifications.set(outcome, (counts.verifications.get(outcome) ?? 0) + 1),
    watchLag: (lagMs) => {
      counts.lagMs = lagMs;
    },
    watchFeed: (figures) => {
      counts.feed = figures;
    },
    watchLog: (dropped) => {
      counts.droppedLines = dropped;
    },
    text: async () => {
      registry ??= openRegistry(counts);
      const { contentType, metrics } = await registry.then((opened) => ({
        contentType: opened.contentType,
        metrics: opened.metrics(),
      }));
      return { contentType, body: await metrics };
    },
  };
}

async function openRegistry(counts: Counts): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry: PrometheusRegistry } = await import('prom-client');
  const registry = new PrometheusRegistry();
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'keyhouse_verifications_total',
    help: 'Checked credentials by outcome: accepted, or the reason for the refusal.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of counts.verifications) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'keyhouse_http_requests_total',
    help: 'Answered requests by route, method and status; /verify is counted by keyhouse_verifications_total.',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of counts.requests.values()) this.inc({ ...labels }, count);
    },
  });
  new Gauge({
    name: 'keyhouse_changes_lag_seconds',
    help: 'Seconds since the list of changes was last read completely. Above 1.5, cached results are not used.',
    registers: [registry],
    collect() {
      this.set(counts.lagMs() / 1000);
    },
  });
  new Counter({
    name: 'keyhouse_log_lines_dropped_total',
    help: 'Log lines that were lost because the log could not be written.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(counts.droppedLines());
    },
  });
  watchFeed(counts, registry, { Counter, Gauge });
  return registry;
}

function watchFeed(
  counts: Counts,
  registry: Registry,
  { Counter, Gauge }: Pick<typeof import('prom-client'), 'Counter' | 'Gauge'>,
): void {
  new Gauge({
    name: 'keyhouse_feed_streams',
    help: 'Open streams of the revocation feed.',
    registers: [registry],
    collect() {
      this.set(counts.feed?.().streams ?? 0);
    },
  });
  new Counter({
    name: 'keyhouse_feed_messages_total',
    help: 'Messages sent to streams of the revocation feed, heartbeats included.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(counts.feed?.().messages ?? 0);
    },
  });
  new Gauge({
    name: 'keyhouse_changes_position',
    help: 'Number of the newest change that this server has read.',
    registers: [registry],
    collect() {
      this.set(counts.feed?.().position ?? 0);
    },
  });
  new Gauge({
    name: 'keyhouse_revocations',
    help: 'Revoked credentials that would otherwise still be valid, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      for (const [kind, size] of Object.entries(counts.feed?.().revocations ?? {})) this.set({ kind }, size);
    },
  });
}

/** `GET /metrics` and nothing else. Refusals are JSON, as everywhere. */
export function createMetricsServer(metrics: Metrics): Server {
  const nextRequestId = requestIds();
  return createServer((request, response) => {
    const requestId = nextRequestId();
    const refuse = ({ status, headers, body }: Answer): void => {
      response.writeHead(status, { ...headers, 'Content-Type': 'application/json; charset=utf-8', 'X-Request-Id': requestId });
      response.end(JSON.stringify(body));
    };
    if (request.url?.split('?', 1)[0] !== '/metrics') return refuse(answerRefusal({ code: 'not_found' }));
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(answerRefusal({ code: 'method_not_allowed', allow: ['GET', 'HEAD'] }));
    metrics.text().then(
      ({ contentType, body }) => response.writeHead(200, { 'Content-Type': contentType, 'X-Request-Id': requestId }).end(body),
      () => refuse(INTERNAL),
    );
  });
}
