/**
 * The master secret if the operator gives none: on SQLite it is created once and kept in the folder of the database file,
 * readable only by its owner. During a rotation the previous one is in the same folder.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface SecretFiles {
  readonly current: string;
  readonly previous: string;
}

export const secretFiles = (databasePath: string): SecretFiles => {
  const folder = dirname(databasePath);
  return { current: join(folder, 'secret'), previous: join(folder, 'secret.previous') };
};

export interface KeptSecret {
  readonly secret: string;
  /** During a rotation. */
  readonly previous: string | null;
}

/** The secret next to a database; null if none is kept there. */
export function readSecretFile(databasePath: string): KeptSecret | null {
  const files = secretFiles(databasePath);
  if (!existsSync(files.current)) return null;
  return { secret: readSecret(files.current), previous: existsSync(files.previous) ? readSecret(files.previous) : null };
}

/**
 * Call before the database is opened, which creates one if there is none. A kept secret without its database is not a new
 * installation: the database was lost, or its path is wrong, and a new empty one would refuse every credential without saying
 * why.
 * @throws Error that says what to do.
 */
export function refuseLostDatabase(databasePath: string): void {
  const { current } = secretFiles(databasePath);
  if (!existsSync(current)) return;
  const bytes = statSync(databasePath, { throwIfNoEntry: false })?.size;
  if (bytes !== undefined && bytes > 0) return;
  throw new Error(
    `The database ${databasePath} ${bytes === 0 ? 'is empty' : 'is missing'}, but ${current}, which was created with it, exists. Put the database back. To start with a new one, choose another folder, or move that file away if no other database here uses it.`,
  );
}

/**
 * The secret next to a database, which is created when the database is new. `isInUse`: whether the database has a master secret
 * already.
 * @throws Error if the database has one and the file is missing.
 */
export async function readOrMakeSecretFile(databasePath: string, isInUse: () => Promise<boolean>): Promise<KeptSecret> {
  const { current } = secretFiles(databasePath);
  if (!existsSync(current) && !(await isInUse())) makeOnce(current);
  // Read now: another process that starts at the same moment creates the file before its database knows of a secret.
  const kept = readSecretFile(databasePath);
  if (kept !== null) return kept;
  throw new Error(`${current} is missing, but the database was created with it. Put it back, or set KEYHOUSE_SECRET.`);
}

/** Replaces the kept secret by a new one; the old one becomes the previous secret until `forgetPrevious`. */
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

/** Of two processes that start at once the first one's secret stays: a link never replaces. */
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
