/**
 * How long a revocation takes through nginx, which asks about each request, and through nginx that remembers for a second: `node
 * conformance/revocation/nginx.ts --rounds 60`. One server on SQLite and four on one PostgreSQL. Ends with 1 when one took longer than the guide states.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { postgresDatabase, sqliteDatabase } from '../../packages/server/test/databases.ts';
import { startPostgres } from '../../packages/server/test/postgres.ts';
import { type Fleet, startFleet } from '../fleet.ts';
import { startApi } from '../gateways/api.ts';
import { type Gateway, isInstalled, NGINX, NGINX_CACHED, startGateway } from '../gateways/gateway.ts';
import { closeDoors, type Door } from './doors.ts';
import { percentile, runTrial } from './trial.ts';

const P99_MS = 1000;
/** Two whole seconds of nginx, and the way there and back. */
const WORST_MS = 2000;
const WAY_MS = 100;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '60' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('--rounds must be a whole number above 0.');
  process.exit(2);
}
if (!isInstalled(NGINX, 'conformance/revocation/nginx.ts')) process.exit(0);

const postgres = await startPostgres();
try {
  await runAt('SQLite, one server', () => startFleet(sqliteDatabase(), 1));
  await runAt('PostgreSQL, four servers', async () => startFleet(await postgresDatabase(postgres.url), 4));
} finally {
  closeDoors();
  await postgres.stop();
}

async function runAt(name: string, open: () => Promise<Fleet>): Promise<void> {
  console.log(`\n${name}, ${rounds} revocations`);
  const fleet = await open();
  const stops: (() => Promise<void>)[] = [() => fleet.stop()];
  try {
    const api = await startApi();
    stops.push(() => api.stop());
    for (const [gateway, promised] of [
      [NGINX, { p99: P99_MS, worst: WORST_MS }],
      [NGINX_CACHED, { p99: WORST_MS + WAY_MS, worst: WORST_MS + WAY_MS }],
    ] as const) {
      const doors: Door[] = [];
      // Each beside a server of its own, so that most revocations are asked for at another one.
      for (const origin of fleet.origins) doors.push(await openDoor(gateway, origin, api.port));
      stops.push(...doors.map(({ stop }) => stop));
      const found = await runTrial(fleet, doors, rounds);
      const [median, p99, worst] = [percentile(found, 0.5), percentile(found, 0.99), percentile(found, 1)];
      console.log(
        `  ${gateway.name.padEnd(18)} median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`,
      );
      if (p99 > promised.p99 || worst > promised.worst) process.exitCode = 1;
    }
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

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
