/**
 * Where the microseconds of a row go: `npm run bench:profile -- mint`, or several rows, or none for all of them. Measures
 * processor time by thread first without the profiler, then with it, and spreads the former over what the latter saw. Tables in
 * Markdown, for docs/profile.md; `--functions` adds the functions that took most.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type CpuMicros, measure, type Subject } from '../measure.ts';
import { undisturbed } from '../quiet.ts';
import { here, say } from '../say.ts';

if (!existsSync(here('node_modules'))) {
  say('Installing the peers (once) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here('.'), stdio: ['ignore', 'ignore', 'inherit'] });
}

const { cleanUp, stopServers } = await import('../servers.ts');
const { ROWS } = await import('./rows.ts');
const { connectProfiler } = await import('./profiler.ts');
const { sharesOf } = await import('./groups.ts');

const SHOWN_FUNCTIONS = 25;
const INSPECTOR_PORT = 28_700;
/** Below this it is noise. */
const LEAST_MICROS = 0.1;
/** Long enough for the compiler to have done its work, and for uses to be written. */
const LENGTH = { seconds: 10, warmupSeconds: 5 };

process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const asked = process.argv.slice(2).filter((argument) => argument in ROWS);
for (const name of asked.length === 0 ? Object.keys(ROWS) : asked) {
  await profileRow(name);
  stopServers();
}

async function profileRow(name: string): Promise<void> {
  const port = INSPECTOR_PORT + Object.keys(ROWS).indexOf(name);
  const asked = await ROWS[name]?.({ NODE_OPTIONS: `--inspect=127.0.0.1:${port}` });
  if (asked === undefined) throw new Error(`There is no row ${name}.`);
  const subject = { ...asked, orders: { ...asked.orders, ...LENGTH } };
  const { cpu, perSecond, others } = await undisturbed(() => measure(subject));
  if (cpu === null) throw new Error('This system does not report processor time.');
  const { main, writer } = await takeProfiles(subject, port);
  keep(`${name}-main`, main);
  if (writer !== null) keep(`${name}-writer`, writer);
  const ofMain = sharesOf(main);
  const ofWriter = writer === null ? null : sharesOf(writer);
  say(`\n### ${name}\n`);
  say(
    `${cpu.total.toFixed(1)} µs of processor a request (${Math.round(perSecond)} requests a second${others > 0.1 ? `; DISTURBED: others used ${others.toFixed(1)} cores` : ''}).\n`,
  );
  say(tableOf(cpu, ofMain.groups, ofWriter?.groups ?? new Map()));
  if (process.argv.includes('--functions')) {
    sayFunctions('main thread', ofMain.functions, cpu.main);
    if (ofWriter !== null) sayFunctions('writer', ofWriter.functions, cpu.writer);
  }
}

async function takeProfiles(subject: Subject, port: number) {
  const profiler = await connectProfiler(port);
  let profiles: ReturnType<typeof profiler.stop> | null = null;
  await measure(subject, (mark) => {
    if (mark === 'measuring') void profiler.start();
    else profiles = profiler.stop();
  });
  if (profiles === null) throw new Error('The load did not say when it measured.');
  return await (profiles as ReturnType<typeof profiler.stop>);
}

/** To be opened in the developer tools of a browser. */
function keep(name: string, profile: unknown): void {
  mkdirSync(here('results'), { recursive: true });
  writeFileSync(here(`results/${name}.cpuprofile`), JSON.stringify(profile));
}

function tableOf(cpu: CpuMicros, ofMain: ReadonlyMap<string, number>, ofWriter: ReadonlyMap<string, number>): string {
  const lines = [...new Set([...ofMain.keys(), ...ofWriter.keys()])]
    .map((group) => ({ group, main: (ofMain.get(group) ?? 0) * cpu.main, writer: (ofWriter.get(group) ?? 0) * cpu.writer }))
    .filter(({ main, writer }) => main + writer >= LEAST_MICROS)
    .sort((a, b) => b.main + b.writer - a.main - a.writer)
    .map(
      ({ group, main, writer }) => `| ${group} | ${micros(main)} | ${micros(writer)} | ${percent((main + writer) / cpu.total)} |`,
    );
  return [
    '| µs a request | main thread | writer | share |',
    '| --- | ---: | ---: | ---: |',
    ...lines,
    `| **whole thread** | **${cpu.main.toFixed(1)}** | **${cpu.writer.toFixed(1)}** | |`,
    `| helper threads | ${cpu.helpers.toFixed(1)} | | ${percent(cpu.helpers / cpu.total)} |`,
  ].join('\n');
}

function micros(value: number): string {
  return value < LEAST_MICROS / 2 ? '' : value.toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function sayFunctions(thread: string, functions: ReadonlyMap<string, number>, whole: number): void {
  say(`\n${thread}, by function:`);
  for (const [title, share] of [...functions].slice(0, SHOWN_FUNCTIONS)) say(`  ${(share * whole).toFixed(2)} µs  ${title}`);
}
