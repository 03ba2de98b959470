/**
 * How long a revocation takes through nginx, which asks about each request, and through nginx that remembers for a second: `node
 * conformance/revocation/nginx.ts --rounds 60`. One server on SQLite and four on one PostgreSQL. Ends with 1 when one took longer than the guide states.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../gateways/api.ts';
import { type Gateway, isInstalled, NGINX, NGINX_CACHED, startGateway } from '../gateways/gateway.ts';
import type { Door } from './doors.ts';
import { onEachFleet, P99_MS, readRounds, tell, WORST_MS } from './fleets.ts';
import { runTrial } from './trial.ts';

/** Two whole seconds of nginx, and the way there and back. */
const CACHED_MS = WORST_MS + 100;
const PROMISES = [
  [NGINX, { p99: P99_MS, worst: WORST_MS }],
  [NGINX_CACHED, { p99: CACHED_MS, worst: CACHED_MS }],
] as const;

const rounds = readRounds(60);
if (!isInstalled(NGINX)) {
  console.error('There is no nginx on this machine.');
  process.exit(2);
}

await onEachFleet(rounds, async (fleet) => {
  const api = await startApi();
  const stops: (() => Promise<void>)[] = [() => api.stop()];
  try {
    for (const [gateway, promised] of PROMISES) {
      const doors: Door[] = [];
      // Each beside a server of its own, so that most revocations are asked for at another one.
      for (const origin of fleet.origins) doors.push(await openDoor(gateway, origin, api.port));
      stops.push(...doors.map(({ stop }) => stop));
      const { p99, worst } = tell(gateway.name, await runTrial(fleet, doors, rounds));
      if (p99 > promised.p99 || worst > promised.worst) process.exitCode = 1;
    }
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
});

async function openDoor(gateway: Gateway, origin: string, apiPort: number): Promise<Door> {
  const running = await startGateway(withoutTls(gateway), { apiPort, keyhousePort: Number(new URL(origin).port) });
  return { name: gateway.name, port: running.port, stop: () => running.stop() };
}

/** The doors are knocked at over plain HTTP; nothing else of the file is another. */
function withoutTls(gateway: Gateway): Gateway {
  return {
    ...gateway,
    prepare: (place) => {
      const prepared = gateway.prepare(place);
      const path = join(place.folder, 'site.conf');
      const site = readFileSync(path, 'utf8')
        .replace(' ssl http2;', ';')
        .replace(/^ *ssl_certificate.*$/gm, '');
      writeFileSync(path, site);
      return prepared;
    },
  };
}
