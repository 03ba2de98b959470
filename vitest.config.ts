import { defineConfig } from 'vitest/config';
import { PATIENCE_MS, TEST_PATIENCE_MS } from './test/patience.ts';

export default defineConfig({
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', '{test,examples/test,conformance}/**/*.test.ts'],
    globalSetup: ['packages/server/test/global-setup.ts', 'packages/dashboard/test/global-setup.ts'],
    testTimeout: TEST_PATIENCE_MS,
    hookTimeout: TEST_PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    // Most of a test's time is waiting: for a browser, a disk, another process.
    maxWorkers: 2,
  },
});
