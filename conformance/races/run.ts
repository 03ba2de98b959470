/** The full figure: `npm run conformance:races -- --rounds 1000 --racers 100`. Ends with 1 when a promise was broken. */
import { parseArgs } from 'node:util';
import { startPostgres } from '../../packages/server/test/postgres.ts';
import { type Arena, postgresArena, sqliteArena } from './arena.ts';
import { raceRedemptions, raceRefreshes, raceReplays } from './race.ts';

const RACES = { refresh: raceRefreshes, replay: raceReplays, code: raceRedemptions };

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, racers: { type: 'string', default: '100' } },
});
const rounds = wholeNumber('rounds', values.rounds);
const racers = wholeNumber('racers', values.racers);

const postgres = await startPostgres();
try {
  for (const open of [sqliteArena, () => postgresArena(postgres.url)]) await runAt(await open());
} finally {
  await postgres.stop();
}

async function runAt(arena: Arena): Promise<void> {
  console.log(`\n${arena.name}, ${racers} at once`);
  try {
    for (const [name, race] of Object.entries(RACES)) {
      const { requests, seconds, faults } = await race(arena, rounds, racers);
      const figures = `${rounds} rounds, ${requests} requests in ${seconds.toFixed(1)} s`;
      console.log(`  ${name.padEnd(8)} ${figures}: ${faults.length === 0 ? 'every promise kept' : `${faults.length} faults`}`);
      for (const fault of faults.slice(0, 20)) console.error(`    ${fault}`);
      if (faults.length > 0) process.exitCode = 1;
    }
    if (arena.deferred() > 0) console.log(`  ${arena.deferred()} requests were told to come later, and did`);
  } finally {
    await arena.stop();
  }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} must be a whole number above 0.`);
  process.exit(2);
}
