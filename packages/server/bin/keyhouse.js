#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

// Plain JavaScript that any Node of the last years can read: if the program is started with an old one, it says so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// A published package has a bundle, and no sources.
const isCheckout = existsSync(new URL('../src/cli/main.ts', import.meta.url));

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `Keyhouse needs Node 22.13 or later, and this is ${process.versions.node}. In a checkout, 'npx keyhouse' brings its own.`,
  );
  process.exitCode = 1;
} else if (isCheckout && !process.features.typescript) {
  console.error(
    `A checkout of Keyhouse needs Node 22.18 or later, and this is ${process.versions.node}. 'npx keyhouse' brings its own.`,
  );
  process.exitCode = 1;
} else {
  await keepCompiled();
  await import(isCheckout ? '../src/cli/main.ts' : '../dist/main.js');
}

/**
 * What Node has compiled once, including stripped TypeScript, is read from disk at the next start: a third of the time and 30 MB
 * less. Kept inside node_modules, which the user who runs us trusts already, never in the shared temporary folder. If it cannot
 * be written, only time is lost.
 */
async function keepCompiled() {
  const { enableCompileCache } = await import('node:module');
  const here = dirname(fileURLToPath(import.meta.url));
  const modules = here.includes(`${sep}node_modules${sep}`)
    ? join(here, '..', '..')
    : join(here, '..', '..', '..', 'node_modules');
  // By the variable, so that the writer thread finds it too.
  process.env.NODE_COMPILE_CACHE ??= join(modules, '.cache', 'keyhouse');
  enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}
