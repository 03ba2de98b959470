import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', '{test,examples/test,conformance}/**/*.test.ts'],
    globalSetup: ['packages/server/test/global-setup.ts', 'packages/dashboard/test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most of a test's time is waiting: for a browser, a disk, another process.
    maxWorkers: 2,
  },
});
