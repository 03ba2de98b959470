/**
 * The long versions: `npm run conformance:faults -- --cycles 500 --only kill,kill-postgres`. Each prints what it did in figures, and its faults; ends with 1
 * when there was one. What a fault needs and this machine lacks is a line of its own: NOT RUN.
 */
import { parseArgs } from 'node:util';
import { postgresDatabase, type TestDatabase } from '../../packages/server/test/databases.ts';
import { havePgBouncer } from '../../packages/server/test/pgbouncer.ts';
import { startPostgres } from '../../packages/server/test/postgres.ts';
import { HAPROXY, isInstalled } from '../gateways/gateway.ts';
import { setClocks } from './clock.ts';
import { failDisk } from './disk.ts';
import { trickFiles } from './files.ts';
import { killAgainAndAgain } from './kill.ts';
import { failOver } from './patroni.ts';
import { missingForPatroni } from './patroni-cluster.ts';
import { killPooler } from './pooler.ts';
import { missingCompiler } from './preload.ts';
import { restartInTurn } from './rolling-restart.ts';
import type { Told } from './scene.ts';
import { setBack } from './set-back.ts';
import { stallDatabase } from './stall.ts';
import { killOneOfSeveral } from './workers.ts';

interface Long {
  readonly name: string;
  /** How many cycles of it there are for each of `--cycles`: some take much longer than a kill. */
  readonly share: number;
  /** What is missing here; null: nothing. */
  readonly needs?: () => string | null;
  run(cycles: number): Promise<Told>;
}

const say = (line: string): void => console.log(line);

const FAULTS: readonly Long[] = [
  { name: 'kill', share: 1, run: (cycles) => killAgainAndAgain(cycles, { say }) },
  { name: 'kill-one-of-several', share: 1, run: (cycles) => killOneOfSeveral(cycles, { say }) },
  {
    name: 'kill-postgres',
    share: 0.2,
    run: (cycles) => onPostgres(({ url }) => killAgainAndAgain(cycles, { databaseUrl: url, say })),
  },
  { name: 'clock', share: 0.1, needs: missingCompiler, run: (cycles) => setClocks(cycles, { say }) },
  { name: 'disk', share: 0.2, needs: missingCompiler, run: (cycles) => failDisk(cycles, say) },
  { name: 'files', share: 0.1, run: (cycles) => trickFiles(cycles, { say }) },
  {
    name: 'stall',
    share: 0.1,
    run: (cycles) => onPostgres(({ url }) => stallDatabase(cycles, { databaseUrl: url, say })),
  },
  { name: 'set-back', share: 0.03, run: (cycles) => setBack(cycles, { say }) },
  {
    name: 'pooler',
    share: 0.1,
    needs: () => (havePgBouncer ? null : 'PgBouncer'),
    run: (cycles) => onPostgres(({ url }) => killPooler(cycles, { databaseUrl: url, say })),
  },
  {
    name: 'patroni',
    share: 0.02,
    needs: missingForPatroni,
    run: (cycles) => failOver(cycles, { replication: 'synchronous', say }),
  },
  {
    name: 'patroni-asynchronous',
    share: 0.02,
    needs: missingForPatroni,
    run: (cycles) => failOver(cycles, { replication: 'asynchronous', say }),
  },
  {
    name: 'drain',
    share: 20,
    needs: () => (isInstalled(HAPROXY) ? null : 'HAProxy'),
    run: (requests) => onPostgres((database) => drain(database, requests)),
  },
];

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '500' }, only: { type: 'string' } },
});
const cycles = Number(values.cycles);
const chosen = values.only?.split(',') ?? FAULTS.map(({ name }) => name);
const unknown = chosen.filter((name) => !FAULTS.some((fault) => fault.name === name));
if (!Number.isInteger(cycles) || cycles < 1 || unknown.length > 0) {
  console.error(`--cycles is a whole number above 0, --only a list of: ${FAULTS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

for (const { name, share, needs, run } of FAULTS.filter((fault) => chosen.includes(fault.name))) {
  const missing = needs?.() ?? null;
  if (missing !== null) {
    say(`${name}: NOT RUN, it needs ${missing}.`);
    continue;
  }
  const startedAtMs = performance.now();
  const { faults, figures } = await run(Math.max(1, Math.round(cycles * share)));
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  say(`${name}: ${figures}; ${seconds} s; ${faults.length === 0 ? 'every promise kept' : `${faults.length} faults`}`);
  for (const fault of faults.slice(0, 20)) console.error(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

/** In a database of its own. */
async function onPostgres(run: (database: TestDatabase) => Promise<Told>): Promise<Told> {
  const postgres = await startPostgres();
  try {
    const database = await postgresDatabase(postgres.url);
    try {
      return await run(database);
    } finally {
      await database.drop();
    }
  } finally {
    await postgres.stop();
  }
}

/** Behind HAProxy, which passes on requests or connections; ten thousand requests of each for 500 cycles. */
async function drain(database: TestDatabase, requests: number): Promise<Told> {
  const told = await restartInTurn(database, { requests, pauseMs: 5, drainSeconds: 5 });
  const figures = `${told.requests} requests over a rolling restart of three servers`;
  return { faults: told.failures, acknowledged: told.requests, figures };
}
