/**
 * The server as it is published, bundled once for a run. The tests that start the program start this one: it is what people
 * install, and it starts in half the time that the sources need.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const SERVER = join(ROOT, 'packages/server');
/** Below the repository's node_modules, where it finds the packages that are not in the bundle. */
const PARENT = join(ROOT, 'node_modules/.cache/keyhouse');

interface Program {
  readonly folder: string;
  readonly isBuilt: Promise<void>;
}

// The configuration and the set-up of a run each load this module, in one process.
const run = globalThis as { keyhouseProgram?: Program };

/** Its folder, as npm installs it: `bin`, `dist`, `package.json`. Built at the first call. */
export async function programOfTheRun(): Promise<string> {
  run.keyhouseProgram ??= startBuilding();
  await run.keyhouseProgram.isBuilt;
  return run.keyhouseProgram.folder;
}

export function removeProgram(): void {
  if (run.keyhouseProgram !== undefined) rmSync(run.keyhouseProgram.folder, { recursive: true, force: true });
  delete run.keyhouseProgram;
}

function startBuilding(): Program {
  mkdirSync(PARENT, { recursive: true });
  const folder = mkdtempSync(join(PARENT, 'program-'));
  for (const part of ['bin', 'package.json']) cpSync(join(SERVER, part), join(folder, part), { recursive: true });
  // Where the pages are built later, if a test asks for them.
  symlinkSync(join(ROOT, 'packages/dashboard/dist'), join(folder, 'dashboard'));
  return { folder, isBuilt: build(folder) };
}

async function build(folder: string): Promise<void> {
  const { bundleServer } = await import('../scripts/bundle.ts');
  await bundleServer(join(folder, 'dist'));
}
