/**
 * How long a revocation takes, in full: `npm run conformance:revocation -- --rounds 300`. One server on SQLite and four on one PostgreSQL, with guards in
 * four processes, each at a server of its own. Ends with 1 when one took longer than was promised.
 */
import { type Door, startGuard } from './doors.ts';
import { onEachFleet, P99_MS, readRounds, tell, WORST_MS } from './fleets.ts';
import { runTrial } from './trial.ts';

const GUARDS = 4;
const rounds = readRounds(300);

await onEachFleet(rounds, async (fleet) => {
  const doors: Door[] = [];
  try {
    const { key } = await fleet.run('key', 'create', '--account', '1', '--name', 'guards', '--permissions', 'keyhouse.verify');
    for (let number = 0; number < GUARDS; number++) {
      const at = fleet.origins[number % fleet.origins.length] ?? fleet.issuer;
      doors.push(await startGuard(`guard ${number + 1}`, { issuer: fleet.issuer, key: String(key), at }));
    }
    const found = await runTrial(fleet, doors, rounds, console.log);
    for (const [what, some] of Map.groupBy(found, (latency) => latency.what)) tell(what, some);
    for (const [door, some] of Map.groupBy(found, (latency) => latency.door)) tell(door, some);
    const { p99, worst } = tell('all', found);
    if (p99 > P99_MS || worst > WORST_MS) process.exitCode = 1;
  } finally {
    for (const door of doors) await door.stop();
  }
});
