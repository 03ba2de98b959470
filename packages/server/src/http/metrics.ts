/** What `/metrics` shows, in the Prometheus text format, on a port of its own. */
import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface Metrics {
  countRequest(route: string, method: string, status: number): void;
  countVerification(outcome: string): void;
  /** Milliseconds since the list of changes was last read to its end, asked at each scrape. */
  watchLag(lagMs: () => number): void;
  text(): Promise<{ contentType: string; body: string }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  // Counted in a plain map: a labelled counter costs more than the rest of a cached check.
  const verifications = new Map<string, number>();
  const requests = new Counter({
    name: 'keyhouse_http_requests_total',
    help: 'Answered requests by route, method and status; /verify is counted by keyhouse_verifications_total.',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
  });
  new Counter({
    name: 'keyhouse_verifications_total',
    help: 'Judged credentials by outcome: accepted, or the reason of the refusal.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [outcome, count] of verifications) this.inc({ outcome }, count);
    },
  });
  let lag = (): number => 0;
  new Gauge({
    name: 'keyhouse_changes_lag_seconds',
    help: 'Seconds since the list of changes was last read to its end; above 1.5 nothing cached is trusted.',
    registers: [registry],
    collect() {
      this.set(lag() / 1000);
    },
  });

  let defaults = false;
  return {
    countRequest: (route, method, status) => requests.inc({ route, method, status }),
    countVerification: (outcome) => void verifications.set(outcome, (verifications.get(outcome) ?? 0) + 1),
    watchLag: (lagMs) => {
      lag = lagMs;
    },
    text: async () => {
      // Watching the event loop costs a timer; it begins with the first reader.
      if (!defaults) collectDefaultMetrics({ register: registry });
      defaults = true;
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
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
