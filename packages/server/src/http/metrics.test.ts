import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createMetrics, createMetricsServer } from './metrics.ts';

describe('/metrics', () => {
  it('shows what was counted, on a port of its own, and nothing else is there', async () => {
    const metrics = createMetrics();
    metrics.countRequest('/auth', 'POST', 200);
    metrics.countRequest('/auth', 'POST', 200);
    metrics.countVerification('revoked');
    metrics.watchLag(() => 1500);
    metrics.watchFeed(() => ({ streams: 3, messages: 40, position: 12, revocations: { jti: 5, user: 0 } }));
    metrics.watchLog(() => 7);
    const server = createMetricsServer(metrics).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      // Twice: a scrape must not count anything twice.
      await (await fetch(`${origin}/metrics`)).text();
      const scrape = await fetch(`${origin}/metrics`);
      const text = await scrape.text();
      expect([scrape.status, scrape.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
      expect(text).toContain('keyhouse_http_requests_total{route="/auth",method="POST",status="200"} 2');
      expect(text).toContain('keyhouse_verifications_total{outcome="revoked"} 1');
      expect(text).toContain('keyhouse_changes_lag_seconds 1.5');
      expect(text).toContain('keyhouse_feed_streams 3');
      expect(text).toContain('keyhouse_feed_messages_total 40');
      expect(text).toContain('keyhouse_changes_position 12');
      expect(text).toContain('keyhouse_log_lines_dropped_total 7');
      expect(text).toContain('keyhouse_revocations{kind="jti"} 5');
      for (const [path, method, status, message] of [
        ['/', 'GET', 404, 'Not found.'],
        ['/metrics', 'POST', 405, 'This method is not allowed here.'],
      ] as const) {
        const refused = await fetch(origin + path, { method });
        expect([refused.status, await refused.json()]).toEqual([status, { message }]);
        expect(refused.headers.get('x-request-id')).toMatch(/^[\w-]{16,}$/);
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
