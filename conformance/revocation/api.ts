/**
 * A small API of its own process behind `@keyhouse/guard`: whoever may read invoices gets 200. Its argument says as JSON what it has to know; the
 * port that it listens on is its first line. It ends with its standard input.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGuard } from '@keyhouse/guard';

export interface Known {
  readonly issuer: string;
  /** A key with `keyhouse.verify`. */
  readonly key: string;
  /** The server that this API asks, as behind a balancer. */
  readonly at: string;
}

const { issuer, key, at } = JSON.parse(process.argv[2] ?? '{}') as Known;
const throughBalancer: typeof fetch = (input, init) => fetch(String(input).replace(issuer, at), init);
const guard = createGuard({ issuer, key, fetch: throughBalancer });

const server = createServer((request, response) => {
  const { method = '', url = '', rawHeaders: headers, socket } = request;
  const peer = { address: socket.remoteAddress ?? null, isEncrypted: false };
  Promise.resolve(guard.judge({ method, target: url, headers, peer })).then(
    (decision) => response.writeHead(decision.ok ? 200 : decision.status).end(),
    () => response.writeHead(500).end(),
  );
});

await guard.ready();
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on('end', () => process.exit(0));
