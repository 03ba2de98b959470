/** The build that the tests of the pages look at; made anew when the sources have changed. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
export const BUILD = join(root, 'packages/dashboard/dist');

export function ensureBuild(): void {
  execFileSync(process.execPath, [join(root, 'scripts/build-dashboard.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
