#!/usr/bin/env node
// Plain JavaScript that any Node of the last years can read: whoever starts the program with an old one is told so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `Keyhouse needs Node 22.13 or later, and this is ${process.versions.node}. In a checkout, 'npx keyhouse' brings its own.`,
  );
  process.exitCode = 1;
} else if (!process.features.typescript) {
  console.error(
    `A checkout of Keyhouse needs Node 22.18 or later, and this is ${process.versions.node}. 'npx keyhouse' brings its own.`,
  );
  process.exitCode = 1;
} else {
  await import('../src/cli/main.ts');
}
