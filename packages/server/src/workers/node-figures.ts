/** The figures of one Node process, and one text of those of several. */
import type { Registry } from 'prom-client';

let registry: Promise<Registry> | null = null;

/** `name`: the value of the label `process`. prom-client is loaded at the first call. */
export async function nodeFigures(name: string): Promise<readonly object[]> {
  registry ??= open(name);
  return await (await registry).getMetricsAsJSON();
}

async function open(name: string): Promise<Registry> {
  const { collectDefaultMetrics, Registry: PrometheusRegistry } = await import('prom-client');
  const opened = new PrometheusRegistry();
  collectDefaultMetrics({ register: opened, labels: { process: name } });
  return opened;
}

/** None are added up: each process has its own label. */
export async function textOf(processes: readonly (readonly object[])[]): Promise<string> {
  const { AggregatorRegistry } = await import('prom-client');
  // Some would be left out where several are added up.
  const kept = processes.map((metrics) => metrics.map((metric) => ({ ...metric, aggregator: 'first' })));
  return await AggregatorRegistry.aggregate(kept).metrics();
}
