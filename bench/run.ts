/**
 * Measures Keyhouse and its peers in one run and prints ratios; see README.md. Options: --quick (short rounds, small tables),
 * --rows 1000,1000000, --only verify,sustained,mint,refresh,client-credentials,introspection,guard,storm,memory,start.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { wanted } from './options.ts';
import { here, say } from './say.ts';

if (!existsSync(here('node_modules'))) {
  say('Installing the peers (once) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here('.'), stdio: ['ignore', 'ignore', 'inherit'] });
}

// Only now, because the database driver that they import is the bench's own.
const { cleanUp, stopServers } = await import('./servers.ts');
const { report, save } = await import('./report.ts');
const parts = {
  verify: (await import('./parts/verify.ts')).benchVerify,
  sustained: (await import('./parts/sustained.ts')).benchSustained,
  mint: (await import('./parts/mint.ts')).benchMint,
  refresh: (await import('./parts/refresh.ts')).benchRefresh,
  guard: (await import('./parts/guard.ts')).benchGuard,
  'client-credentials': (await import('./parts/client-credentials.ts')).benchClientCredentials,
  introspection: (await import('./parts/introspection.ts')).benchIntrospection,
  storm: (await import('./parts/storm.ts')).benchStorm,
  memory: (await import('./parts/memory.ts')).benchMemory,
  start: (await import('./parts/start.ts')).benchStart,
};

process.on('exit', cleanUp);
// Not SIGHUP: a handler would undo nohup, and a run is long.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

for (const [name, bench] of Object.entries(parts)) {
  if (!wanted(name)) continue;
  say(`\n${name}`);
  await bench();
  stopServers();
  save();
}
report();
