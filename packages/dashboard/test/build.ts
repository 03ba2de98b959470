/** The build that the tests of the pages use; built again when the sources have changed. */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');
export const BUILD = join(root, 'packages/dashboard/dist');

export async function ensureBuild(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build-dashboard.ts')], { cwd: root });
}
