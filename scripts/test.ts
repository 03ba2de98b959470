/**
 * `npm test`: the checks, as many at once as there are cores, and then the tests. It stops after the checks if one of them fails.
 * The last step is the test runner, whose own summary comes at the end, followed by one line that a program can read.
 *
 * Arguments go to the test runner: `npm test -- packages/protocol` runs the checks and that folder's tests, `npm run check` the
 * checks and the tests that need no server.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const LEAST_NODE_MAJOR = 24;

interface Step {
  readonly heading: string;
  /** A script within the repository, run by the same Node that runs this one. */
  readonly script: string;
  readonly arguments: readonly string[];
  readonly advice: string;
}

/** What has not changed since the last time is not read again. */
const types = (project: string): readonly string[] => [
  ...['--project', project, '--noEmit', '--incremental'],
  ...['--tsBuildInfoFile', `node_modules/.cache/keyhouse/types-${project.replace(/\W+/g, '-')}.json`],
];

/** Those that take longest first. */
const CHECKS: readonly Step[] = [
  {
    heading: 'Types',
    script: 'node_modules/typescript/bin/tsc',
    arguments: types('.'),
    advice: 'The types do not agree; the lines above say where.',
  },
  {
    heading: 'Types of the examples and the conformance tests',
    script: 'node_modules/typescript/bin/tsc',
    arguments: types('examples'),
    advice: 'The types do not agree; the lines above say where.',
  },
  {
    heading: 'Types of the pages',
    script: 'node_modules/typescript/bin/tsc',
    arguments: types('packages/dashboard'),
    advice: 'The types do not agree; the lines above say where.',
  },
  {
    heading: 'Lint and format',
    script: 'node_modules/@biomejs/biome/bin/biome',
    arguments: ['ci', '--error-on-warnings', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.'],
    advice: "Run 'npm run fix' for what can be mended by itself.",
  },
  {
    heading: 'Regular expressions',
    script: 'scripts/check-regexps.ts',
    arguments: [],
    advice: 'Somebody who chooses the text could make each of these take as long as they like.',
  },
  {
    heading: 'Lock file',
    script: 'scripts/check-lock.ts',
    arguments: [],
    advice: "Lock anew: 'npm run lock', then 'npm ci'.",
  },
];

refuseOldNode();
if (await runChecks()) runTests();
else process.exitCode = 1;

/** Whether all of them passed. */
async function runChecks(): Promise<boolean> {
  const waiting = [...CHECKS];
  let areGood = true;
  const lane = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) areGood = (await runCheck(check)) && areGood;
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return areGood;
}

/** Its output is shown when it has ended: several run at once. */
async function runCheck({ heading, script, arguments: rest, advice }: Step): Promise<boolean> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(root, script), ...rest], { cwd: root, env: environment() });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('error', (error) => (said += error.message)).on('close', (...end) => resolve(end)),
  );
  console.log(`\n── ${heading} (${secondsSince(startedAt)} s)\n${said.trim()}`.trimEnd());
  if (signal !== null) console.error(`It was ended by ${signal}.`);
  if (status !== 0) console.error(`${heading}: ${advice}`);
  return status === 0;
}

function runTests(): void {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-test-'));
  const path = join(folder, 'report.json');
  try {
    const startedAt = performance.now();
    const tests: Step = {
      heading: 'Tests',
      script: 'node_modules/vitest/vitest.mjs',
      arguments: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${path}`, ...process.argv.slice(2)],
      advice: 'Not every test passed; the lines above say which.',
    };
    const status = run(tests);
    const report = readReport(path);
    // Both must report success: a library may end the process with 0 whatever the tests reported, and without a report nothing
    // has passed.
    const passed = status === 0 && report?.success === true;
    if (!passed) console.error(`\nTests: ${tests.advice}`);
    if (report !== null) {
      if (report.skipped !== null) console.log(`\n${report.skipped}`);
      const checks = (startedAt / 1000).toFixed(0);
      console.log(`\nThe checks took ${checks} s, the tests ${secondsSince(startedAt)} s, both ${secondsSince(0)} s.`);
      console.log(`\n${report.line}`);
    }
    process.exitCode = passed ? 0 : status || 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `line` is `N passed, N failed` and, if there were any, `, N skipped`; null if the runner left no report. */
function readReport(path: string): { success: boolean; line: string; skipped: string | null } | null {
  try {
    const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const skipped = numberOf(report, 'numPendingTests') + numberOf(report, 'numTodoTests');
    const line = `${numberOf(report, 'numPassedTests')} passed, ${numberOf(report, 'numFailedTests')} failed`;
    return {
      success: memberOf(report, 'success') === true,
      line: skipped === 0 ? line : `${line}, ${skipped} skipped`,
      skipped: skipped === 0 ? null : skippedLine(report),
    };
  } catch (error) {
    console.error(`The report of the tests cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** What was not run and why, in one line. A test that may be skipped begins its name, or that of its group, with `[needs …]`. */
function skippedLine(report: unknown): string {
  const counts = new Map<string, number>();
  for (const file of listOf(report, 'testResults'))
    for (const test of listOf(file, 'assertionResults')) {
      if (!['pending', 'skipped', 'todo'].includes(String(memberOf(test, 'status')))) continue;
      // The innermost is the most exact: a group that has what it needs may contain a test that lacks something else.
      const needs = [...String(memberOf(test, 'fullName')).matchAll(/\[(needs [^\]]+)\]/g)];
      const reason = needs.at(-1)?.[1] ?? 'no reason is given';
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  return `Skipped: ${[...counts].map(([reason, count]) => `${count} (${reason})`).join(', ')}.`;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
}

function numberOf(report: unknown, name: string): number {
  const value = memberOf(report, name);
  if (typeof value !== 'number') throw new Error(`it has no ${name}.`);
  return value;
}

function memberOf(report: unknown, name: string): unknown {
  return typeof report === 'object' && report !== null ? Reflect.get(report, name) : undefined;
}

function run({ heading, script, arguments: rest }: Step): number {
  console.log(`\n── ${heading}`);
  const { status, error, signal } = spawnSync(process.execPath, [join(root, script), ...rest], {
    cwd: root,
    env: environment(),
    stdio: 'inherit',
  });
  if (error !== undefined) console.error(error.message);
  if (signal !== null) console.error(`It was ended by ${signal}.`);
  return status ?? 1;
}

function environment(): NodeJS.ProcessEnv {
  return { ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }), ...temporaryFolder(), ...process.env };
}

/**
 * The tests commit thousands of times, and each commit waits for the disk. If memory can serve as a disk and has room, temporary
 * files are there. A process that is killed loses nothing by that; TMPDIR chooses another folder.
 */
function temporaryFolder(): NodeJS.ProcessEnv {
  const MIN_FREE = 8 * 1024 ** 3;
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    accessSync('/dev/shm', constants.W_OK);
    return Math.min(bavail * bsize, freemem()) < MIN_FREE ? {} : { TMPDIR: '/dev/shm' };
  } catch {
    return {};
  }
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0);
}

/** npm puts the repository's own Node first; the script says so if it was started with another one. */
function refuseOldNode(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LEAST_NODE_MAJOR) return;
  console.error(
    `This is Node ${process.versions.node}; the repository brings ${LEAST_NODE_MAJOR}. Run 'npm ci', then 'npm test'.`,
  );
  process.exit(1);
}
