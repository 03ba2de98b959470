/** The full figure: `npm run conformance:rolling-restart`. Ends with 1 when a request failed. */
import { parseArgs } from 'node:util';
import { postgresDatabase } from '../../packages/server/test/databases.ts';
import { startPostgres } from '../../packages/server/test/postgres.ts';
import { restartInTurn } from './rolling-restart.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '10000' } } });
const postgres = await startPostgres();
try {
  const database = await postgresDatabase(postgres.url);
  const wish = { requests: Number(values.requests), pauseMs: 5, drainSeconds: 5 };
  const { requests, seconds, failures } = await restartInTurn(database, wish);
  console.log(`${requests} requests in ${seconds.toFixed(1)} s, ${failures.length} failed`);
  for (const failure of failures.slice(0, 20)) console.error(`  ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  await database.drop();
} finally {
  await postgres.stop();
}
