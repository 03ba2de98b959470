/**
 * How long a revocation takes, in full: `npm run conformance:revocation -- --rounds 300`. One server on SQLite and four on one PostgreSQL, with guards in
 * four processes, each at a server of its own. Ends with 1 when one took longer than was promised.
 */
import { parseArgs } from 'node:util';
import { postgresDatabase, sqliteDatabase } from '../../packages/server/test/databases.ts';
import { startPostgres } from '../../packages/server/test/postgres.ts';
import { type Fleet, startFleet } from '../fleet.ts';
import { closeDoors, type Door, startGuard } from './doors.ts';
import { type Latency, percentile, runTrial } from './trial.ts';

const GUARDS = 4;
const P99_MS = 1000;
const WORST_MS = 2000;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '300' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('--rounds must be a whole number above 0.');
  process.exit(2);
}

const postgres = await startPostgres();
try {
  await runAt('SQLite, one server', () => startFleet(sqliteDatabase(), 1));
  await runAt('PostgreSQL, four servers', async () => startFleet(await postgresDatabase(postgres.url), 4));
} finally {
  closeDoors();
  await postgres.stop();
}

async function runAt(name: string, open: () => Promise<Fleet>): Promise<void> {
  console.log(`\n${name}, ${GUARDS} guards, ${rounds} revocations`);
  const fleet = await open();
  const doors: Door[] = [];
  try {
    const { key } = await fleet.run('key', 'create', '--account', '1', '--name', 'guards', '--permissions', 'keyhouse.verify');
    for (let number = 0; number < GUARDS; number++) {
      const at = fleet.origins[number % fleet.origins.length] ?? fleet.issuer;
      doors.push(await startGuard(`guard ${number + 1}`, { issuer: fleet.issuer, key: String(key), at }));
    }
    tell(await runTrial(fleet, doors, rounds, console.log));
  } finally {
    for (const door of doors) await door.stop();
    await fleet.stop();
  }
}

function tell(found: readonly Latency[]): void {
  const line = (name: string, some: readonly Latency[]): void => {
    const [median, p99, worst] = [percentile(some, 0.5), percentile(some, 0.99), percentile(some, 1)];
    console.log(`  ${name.padEnd(12)} median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`);
  };
  for (const [what, some] of Map.groupBy(found, (latency) => latency.what)) line(what, some);
  for (const [door, some] of Map.groupBy(found, (latency) => latency.door)) line(door, some);
  line('all', found);
  if (percentile(found, 0.99) > P99_MS || percentile(found, 1) > WORST_MS) process.exitCode = 1;
}
