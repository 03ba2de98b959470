/**
 * Measures Keyhouse, skeletons and peers in one run and prints ratios; see README.md. Options: --quick (short rounds, small
 * tables), --gate (exit code 1 if a row is worse than its limit, 2 if one could not be judged), --rows 1000,1000000, --only cached,row-read,….
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { gate, refuseUnknownParts, wanted } from './options.ts';
import { here, say } from './say.ts';

if (!existsSync(here('node_modules'))) {
  say('Installing the peers (once) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here('.'), stdio: ['ignore', 'ignore', 'inherit'] });
}

const startedAt = performance.now();
// Only now, because the database driver that they import is the bench's own.
const { cleanUp, stopServers, warnOfMemoryFolder } = await import('./servers.ts');
const { exitCodeOfGate, report, save } = await import('./report.ts');
const parts = {
  cached: (await import('./parts/cached.ts')).benchCached,
  'row-read': (await import('./parts/row-read.ts')).benchRowRead,
  growth: (await import('./parts/growth.ts')).benchGrowth,
  mint: (await import('./parts/mint.ts')).benchMint,
  refresh: (await import('./parts/refresh.ts')).benchRefresh,
  'client-credentials': (await import('./parts/client-credentials.ts')).benchClientCredentials,
  introspection: (await import('./parts/introspection.ts')).benchIntrospection,
  guard: (await import('./parts/guard.ts')).benchGuard,
  storm: (await import('./parts/storm.ts')).benchStorm,
  memory: (await import('./parts/memory.ts')).benchMemory,
  start: (await import('./parts/start.ts')).benchStart,
};
refuseUnknownParts(Object.keys(parts));

process.on('exit', cleanUp);
// Not SIGHUP: a handler would undo nohup, and a run is long.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

warnOfMemoryFolder();
for (const [name, bench] of Object.entries(parts)) {
  if (!wanted(name)) continue;
  const partStartedAt = performance.now();
  say(`\n${name}`);
  await bench();
  stopServers();
  save();
  say(`  ${name} took ${seconds(partStartedAt)} s`);
}
report();
say(`The run took ${seconds(startedAt)} s.`);
if (gate) process.exitCode = exitCodeOfGate();

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}
