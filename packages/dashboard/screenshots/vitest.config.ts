import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** `npm run screenshots`: the pictures of docs/screenshots, made anew with the test harness. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../../..'),
  test: {
    include: ['packages/dashboard/screenshots/take.ts'],
    globalSetup: ['packages/dashboard/test/global-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
