/**
 * The master secret where the operator gives none: on SQLite it is made once and kept beside the database file, readable by
 * its owner alone. During a rotation the one before stands beside it.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface SecretFiles {
  readonly current: string;
  readonly previous: string;
}

export const secretFiles = (databasePath: string): SecretFiles => {
  const folder = dirname(databasePath);
  return { current: join(folder, 'secret'), previous: join(folder, 'secret.previous') };
};

/** Reads the kept secret, or makes it when there is no database yet that an other one would belong to. */
export function readOrMakeSecret(databasePath: string): { secret: string; previous: string | null } {
  const files = secretFiles(databasePath);
  mkdirSync(dirname(databasePath), { recursive: true });
  if (!existsSync(files.current)) {
    if (existsSync(databasePath)) {
      throw new Error(`${files.current} is missing, and the database was made with it. Put it back, or set KEYHOUSE_SECRET.`);
    }
    makeOnce(files.current);
  }
  const previous = existsSync(files.previous) ? readSecret(files.previous) : null;
  return { secret: readSecret(files.current), previous };
}

/** Puts a fresh secret in place of the kept one, which becomes the previous one until `forgetPrevious`. */
export function replaceSecret(databasePath: string): { secret: string; previous: string } {
  const files = secretFiles(databasePath);
  const previous = readSecret(files.current);
  const secret = randomSecret();
  writePrivately(files.previous, previous);
  const fresh = `${files.current}.new`;
  writePrivately(fresh, secret);
  renameSync(fresh, files.current);
  return { secret, previous };
}

export const forgetPrevious = (databasePath: string): void => rmSync(secretFiles(databasePath).previous, { force: true });

/** Of two processes that start at once the first one's secret stands: a link never replaces. */
function makeOnce(path: string): void {
  const fresh = `${path}.${process.pid}.new`;
  writePrivately(fresh, randomSecret());
  try {
    linkSync(fresh, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

const randomSecret = (): string => randomBytes(32).toString('hex');

const readSecret = (path: string): string => readFileSync(path, 'utf8').trim();

function writePrivately(path: string, text: string): void {
  // On disk before anything is sealed under it: the database would survive a power cut, and the secret must too.
  writeFileSync(path, `${text}\n`, { mode: 0o600, flush: true });
  chmodSync(path, 0o600);
}
