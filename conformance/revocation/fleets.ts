/** What the two programs that measure in full share: how often, on which servers, and how a line of figures reads. */
import { parseArgs } from 'node:util';
import { postgresDatabase, sqliteDatabase } from '../../packages/server/test/databases.ts';
import { startPostgres } from '../../packages/server/test/postgres.ts';
import { type Fleet, startFleet } from '../fleet.ts';
import { closeDoors } from './doors.ts';
import { percentile } from './trial.ts';

export const P99_MS = 1000;
export const WORST_MS = 2000;

/** `--rounds`; ends the program with 2 when it is no number of them. */
export function readRounds(byDefault: number): number {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: String(byDefault) } } });
  const rounds = Number(values.rounds);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  console.error('--rounds must be a whole number above 0.');
  process.exit(2);
}

/** One server on SQLite, then four on one PostgreSQL. */
export async function onEachFleet(rounds: number, measure: (fleet: Fleet) => Promise<void>): Promise<void> {
  const postgres = await startPostgres();
  const on = async (name: string, open: () => Promise<Fleet>): Promise<void> => {
    console.log(`\n${name}, ${rounds} revocations`);
    const fleet = await open();
    try {
      await measure(fleet);
    } finally {
      await fleet.stop();
    }
  };
  try {
    await on('SQLite, one server', () => startFleet(sqliteDatabase(), 1));
    await on('PostgreSQL, four servers', async () => startFleet(await postgresDatabase(postgres.url), 4));
  } finally {
    closeDoors();
    await postgres.stop();
  }
}

/** Says median, p99 and worst of some latencies, and gives the last two. */
export function tell(
  name: string,
  latencies: Parameters<typeof percentile>[0],
): { readonly p99: number; readonly worst: number } {
  const [median, p99, worst] = [percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(latencies, 1)];
  console.log(`  ${name.padEnd(18)} median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`);
  return { p99, worst };
}
