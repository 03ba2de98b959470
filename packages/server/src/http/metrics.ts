/**
 * What `/metrics` shows, in the Prometheus text format, on a port of its own. Counted in plain maps, because a labelled counter
 * costs more than the rest of a cached check; prom-client, which takes 20 MB, is loaded for the first reader.
 */
import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

export interface Metrics {
  countRequest(route: string, method: string, status: number): void;
  countVerification(outcome: string): void;
  /** Milliseconds since the list of changes was last read to its end, asked at each scrape. */
  watchLag(lagMs: () => number): void;
  text(): Promise<{ contentType: string; body: string }>;
}

interface RequestCount {
  readonly labels: { readonly route: string; readonly method: string; readonly status: string };
  count: number;
}

interface Counts {
  readonly verifications: Map<string, number>;
  readonly requests: Map<string, RequestCount>;
  lagMs: () => number;
}

export function createMetrics(): Metrics {
  const counts: Counts = { verifications: new Map(), requests: new Map(), lagMs: () => 0 };
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
    help: 'Judged credentials by outcome: accepted, or the reason of the refusal.',
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
    help: 'Seconds since the list of changes was last read to its end; above 1.5 nothing cached is trusted.',
    registers: [registry],
    collect() {
      this.set(counts.lagMs() / 1000);
    },
  });
  return registry;
}

/** `GET /metrics` and nothing else. */
export function createMetricsServer(metrics: Metrics): Server {
  return createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      ({ contentType, body }) => response.writeHead(200, { 'Content-Type': contentType }).end(body),
      () => response.writeHead(500).end(),
    );
  });
}
