/**
 * What `/metrics` shows, in the Prometheus text format, on a separate port. Counted in plain maps, because a labelled counter
 * costs more than the rest of a cached check; prom-client, which takes 20 MB, is loaded at the first scrape.
 */

import { once } from 'node:events';
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
  /** The same figures as plain data, for the process that adds up those of several. */
  figures(): MetricsFigures;
}

/** What one process has counted; plain data. */
export interface MetricsFigures {
  readonly verifications: ReadonlyMap<string, number>;
  readonly requests: ReadonlyMap<string, RequestCount>;
  readonly lagMs: number;
  readonly feed: FeedFigures | null;
  readonly droppedLines: number;
}

export interface FeedFigures {
  readonly streams: number;
  readonly messages: number;
  readonly position: number;
  /** How many of each kind are revoked and have not expired. */
  readonly revocations: Readonly<Record<string, number>>;
}

export interface RequestCount {
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
    figures: () => figuresOf(counts),
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
      registry ??= openRegistry(() => figuresOf(counts)).then(withProcess);
      const { contentType, metrics } = await registry.then((opened) => ({
        contentType: opened.contentType,
        metrics: opened.metrics(),
      }));
      return { contentType, body: await metrics };
    },
  };
}

const figuresOf = ({ verifications, requests, lagMs, feed, droppedLines }: Counts): MetricsFigures => ({
  ...{ verifications, requests, lagMs: lagMs(), feed: feed?.() ?? null, droppedLines: droppedLines() },
});

/** Adds those of the Node process. */
async function withProcess(registry: Registry): Promise<Registry> {
  const { collectDefaultMetrics } = await import('prom-client');
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Our own metrics, as `figures` says at each scrape. */
export async function openRegistry(figures: () => MetricsFigures): Promise<Registry> {
  const { Counter, Gauge, Registry: PrometheusRegistry } = await import('prom-client');
  const registry = new PrometheusRegistry();
  new Counter({
    name: 'keyhouse_verifications_total',
    help: 'Checked credentials by outcome: accepted, or the reason for the refusal.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of figures().verifications) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'keyhouse_http_requests_total',
    help: 'Answered requests by route, method and status; /verify is counted by keyhouse_verifications_total.',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of figures().requests.values()) this.inc({ ...labels }, count);
    },
  });
  new Gauge({
    name: 'keyhouse_changes_lag_seconds',
    help: 'Seconds since the list of changes was last read completely. Above 1.5, cached results are not used.',
    registers: [registry],
    collect() {
      this.set(figures().lagMs / 1000);
    },
  });
  new Counter({
    name: 'keyhouse_log_lines_dropped_total',
    help: 'Log lines that were lost because the log could not be written.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(figures().droppedLines);
    },
  });
  watchFeed(() => figures().feed, registry, { Counter, Gauge });
  return registry;
}

function watchFeed(
  feed: () => FeedFigures | null,
  registry: Registry,
  { Counter, Gauge }: Pick<typeof import('prom-client'), 'Counter' | 'Gauge'>,
): void {
  new Gauge({
    name: 'keyhouse_feed_streams',
    help: 'Open streams of the revocation feed.',
    registers: [registry],
    collect() {
      this.set(feed()?.streams ?? 0);
    },
  });
  new Counter({
    name: 'keyhouse_feed_messages_total',
    help: 'Messages sent to streams of the revocation feed, heartbeats included.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(feed()?.messages ?? 0);
    },
  });
  new Gauge({
    name: 'keyhouse_changes_position',
    help: 'Number of the newest change that this server has read.',
    registers: [registry],
    collect() {
      this.set(feed()?.position ?? 0);
    },
  });
  new Gauge({
    name: 'keyhouse_revocations',
    help: 'Revoked credentials that would otherwise still be valid, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      for (const [kind, size] of Object.entries(feed()?.revocations ?? {})) this.set({ kind }, size);
    },
  });
}

/** Serves them if there is a port for them; returns a function that stops it. */
export async function openMetricsServer(
  metrics: Pick<Metrics, 'text'>,
  { metricsPort, host }: { readonly metricsPort: number | null; readonly host: string },
): Promise<() => Promise<void>> {
  if (metricsPort === null) return async () => {};
  const server = createMetricsServer(metrics).listen(metricsPort, host);
  await once(server, 'listening');
  return async () => {
    server.close();
    server.closeAllConnections();
  };
}

/** `GET /metrics` and nothing else. Refusals are JSON, as everywhere. */
export function createMetricsServer(metrics: Pick<Metrics, 'text'>): Server {
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
