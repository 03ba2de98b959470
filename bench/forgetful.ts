/**
 * A copy of the built server that remembers two credentials instead of 50,000, so that reads can be compared with reads in a
 * small table too. One constant of the bundle is another one; the server has no setting for it.
 */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bundler writes the path of a source above it. */
const CONSTANT = /(?<=^\/\/ src\/core\/credentials\/cache\.ts\nconst MAX_ENTRIES(?:\$\d+)? = )5e4(?=;)/m;
const REMEMBERED = '2';

export function forgetfulCopy(program: string, copy: string): string {
  if (existsSync(copy)) return copy;
  cpSync(program, copy, { recursive: true, verbatimSymlinks: true });
  const dist = join(copy, 'dist');
  const changed = readdirSync(dist).filter((file) => file.endsWith('.js') && changeConstant(join(dist, file)));
  if (changed.length !== 1) throw new Error('The size of the cache of credentials was not found in the bundle.');
  return copy;
}

function changeConstant(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  if (!CONSTANT.test(text)) return false;
  writeFileSync(file, text.replace(CONSTANT, REMEMBERED));
  return true;
}
