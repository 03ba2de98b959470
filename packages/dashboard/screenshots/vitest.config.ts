import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * `npm run screenshots`: the pictures of docs/screenshots; `npm run speed:forms`: how long forms take. Both with the test
 * harness.
 */
export default defineConfig({
  root: resolve(import.meta.dirname, '../../..'),
  test: {
    include: ['packages/dashboard/screenshots/{take,speed}.ts'],
    globalSetup: ['test/shared-things.ts'],
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
