/** Attack vectors stand beside the repository, or where KEYHOUSE_VECTORS says; they are read, never copied. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

export const vectorsFolder = resolve(ROOT, process.env.KEYHOUSE_VECTORS ?? '../shared/vectors');

/** False when the folder is missing; then it says so in one plain line, and the test that asked skips. */
export function haveVectors(folder: string): boolean {
  const found = existsSync(resolve(vectorsFolder, folder));
  if (!found) console.info(`Skipped: no attack vectors at ${folder}; set KEYHOUSE_VECTORS to the folder that holds them.`);
  return found;
}
