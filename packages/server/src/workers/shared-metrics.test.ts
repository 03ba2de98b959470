/** One scrape shows what all workers have counted, and no sum ever goes back. */
import { expect, it } from 'vitest';
import type { MetricsFigures } from '../http/metrics.ts';
import { createSharedMetrics } from './shared-metrics.ts';

const figuresOf = (accepted: number, more: Partial<MetricsFigures> = {}): MetricsFigures => ({
  verifications: new Map([['accepted', accepted]]),
  requests: new Map([['GET 200 /healthz', { labels: { route: '/healthz', method: 'GET', status: '200' }, count: accepted }]]),
  lagMs: 0,
  feed: null,
  droppedLines: 1,
  ...more,
});
const feed = { streams: 2, messages: 5, position: 7, revocations: { jti: 3 } };

function open() {
  const workers = new Map<number, MetricsFigures | null>();
  const metrics = createSharedMetrics({
    running: () =>
      [...workers].map(([member, own]) => ({ member, figures: async () => (own === null ? null : { own, node: [] }) })),
    droppedLines: () => 10,
  });
  const scrape = async () => (await metrics.text()).body;
  return { workers, metrics, scrape };
}

it('adds up what is counted, and shows the worker that is furthest behind', async () => {
  const { workers, scrape } = open();
  workers.set(1, figuresOf(4, { lagMs: 20, feed }));
  workers.set(2, figuresOf(6, { lagMs: 900, feed: { ...feed, position: 6, revocations: { jti: 2, user: 1 } } }));
  const body = await scrape();
  for (const line of [
    'keyhouse_verifications_total{outcome="accepted"} 10',
    'keyhouse_http_requests_total{route="/healthz",method="GET",status="200"} 10',
    'keyhouse_changes_lag_seconds 0.9',
    'keyhouse_log_lines_dropped_total 12',
    'keyhouse_feed_streams 4',
    'keyhouse_feed_messages_total 10',
    'keyhouse_changes_position 6',
    'keyhouse_revocations{kind="jti"} 3',
    'keyhouse_revocations{kind="user"} 1',
  ])
    expect(body.split('\n')).toContain(line);
  expect(body).toMatch(/^process_resident_memory_bytes\{process="primary"\} \d+$/m);
});

it('keeps what a worker had counted that has ended, or does not answer', async () => {
  const { workers, metrics, scrape } = open();
  workers.set(1, figuresOf(4, { feed }));
  workers.set(2, figuresOf(6));
  await scrape();
  workers.set(1, null);
  expect(await scrape()).toContain('keyhouse_verifications_total{outcome="accepted"} 10\n');
  workers.delete(1);
  metrics.forget(1);
  workers.set(3, figuresOf(1));
  const body = await scrape();
  expect(body).toContain('keyhouse_verifications_total{outcome="accepted"} 11\n');
  expect(body).toContain('keyhouse_feed_messages_total 5\n');
  expect(body).toContain('keyhouse_feed_streams 0\n');
});
