import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type Plugin, type TestProjectConfiguration } from 'vitest/config';
import { programOfTheRun } from './test/build-program.ts';
import { PATIENCE_MS, TEST_PATIENCE_MS } from './test/patience.ts';

// Each process of a run, and each program that a test starts, loads the same modules: compiled once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/keyhouse');

/** Servers in the process of a test take their threads from the bundle: each of a thousand threads would read 400 modules. */
function threadsOfTheProgram(): Plugin {
  return {
    name: 'keyhouse-threads',
    async transform(code, id) {
      const [, thread] = /\/store\/sqlite\/(writer|reader)-thread\.ts$/.exec(id) ?? [];
      if (thread === undefined) return null;
      const file = join(await programOfTheRun(), `dist/${thread}.js`);
      return code.replace(`new URL('./${thread}.ts', import.meta.url)`, JSON.stringify(file));
    },
  };
}

/** Without a server, a database process or a browser: `npm run check` runs these. `test/architecture.test.ts` holds them to it. */
export const UNIT = [
  'packages/{openapi,protocol}/{src,test}/**/*.test.ts',
  'packages/{client,guard,import,dashboard}/src/**/*.test.ts',
  'packages/server/src/{core,log}/**/*.test.ts',
  'packages/server/src/{config,secret-file}.test.ts',
  'test/{architecture,check-*,contract,docs,storage-locks}.test.ts',
];

/** Files that share processes are done sooner; each one puts back what it changed of what all share. */
const shared = { isolate: false, restoreMocks: true, unstubGlobals: true };

const project = (name: string, include: readonly string[], more: Partial<typeof shared> = {}): TestProjectConfiguration => ({
  extends: true,
  test: { name, include: [...include], ...more },
});

export default defineConfig({
  plugins: [threadsOfTheProgram()],
  test: {
    globalSetup: ['test/shared-things.ts'],
    testTimeout: TEST_PATIENCE_MS,
    hookTimeout: TEST_PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    // Most of a test's time is waiting: for a browser, a disk, another process.
    maxWorkers: 2 * availableParallelism() + 1,
    projects: [
      project('unit', UNIT, shared),
      project('server', [
        'packages/server/{src/{cli,http,store,workers},test}/**/*.test.ts',
        'packages/server/src/app.test.ts',
        'test/{bundle,readme,release,skeletons}.test.ts',
        'packages/{guard,client,import}/test/**/*.test.ts',
      ]),
      project('browser', ['packages/dashboard/test/**/*.test.ts'], shared),
      project('conformance', ['{conformance,examples/test}/**/*.test.ts']),
    ],
  },
});
