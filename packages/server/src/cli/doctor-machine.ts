/** What the doctor can check without opening the database. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import { secretFiles } from '../secret-file.ts';
import { sqliteFile } from './with-keyhouse.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'note' | 'wrong';
  readonly finding: string;
  /** What to do about it. */
  readonly todo?: string;
}

export const good = (name: string, finding: string): Check => ({ name, state: 'ok', finding });
export const noteworthy = (name: string, finding: string, todo: string): Check => ({ name, state: 'note', finding, todo });
export const wrong = (name: string, finding: string, todo: string): Check => ({ name, state: 'wrong', finding, todo });

const MB = 1_000_000;
/** With less than this SQLite may fail in the middle of the day. */
const LEAST_FREE_MB = 100;
const GOOD_FREE_MB = 1000;

/** `bin/keyhouse.js` has refused anything older than 22.13 by now. */
export const checkNode = (): Check => good('node', `${process.versions.node}. Keyhouse needs 22.13 or later.`);

export function checkUrl({ url }: Config): Check {
  const { protocol, hostname } = new URL(url);
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname) || hostname.endsWith('.localhost');
  if (protocol === 'https:' || isLoopback) return good('url', url);
  return wrong(
    'url',
    `${url} is plain HTTP, so credentials would be sent unencrypted.`,
    'Put TLS in front and set KEYHOUSE_URL to https://….',
  );
}

export function checkSecretFile(config: Config): Check {
  const file = sqliteFile(config);
  if (file === null || config.secret !== null) return good('secret', 'It is set in KEYHOUSE_SECRET.');
  const { current, previous } = secretFiles(file);
  if (!existsSync(current)) {
    return existsSync(file)
      ? wrong('secret', `${current} is missing, but the database was created with it.`, 'Put it back, or set KEYHOUSE_SECRET.')
      : noteworthy('secret', 'There is no master secret yet.', 'The first start of the server creates it.');
  }
  if (!existsSync(file))
    return wrong(
      'secret',
      `The database ${file} is missing, but ${current}, which was created with it, exists.`,
      'Put the database back. To start with a new one, choose another folder, or move that file away if no other database here uses it.',
    );
  const open = [current, previous].filter((each) => existsSync(each) && (statSync(each).mode & 0o077) !== 0);
  if (open.length > 0)
    return wrong('secret', `Others on this machine can read ${open.join(' and ')}.`, `Run: chmod 600 ${open.join(' ')}`);
  if (existsSync(previous))
    return noteworthy('secret', 'A rotation was interrupted.', "Run 'keyhouse secret rotate' again to finish it.");
  return good('secret', `${current}, which only its owner can read.`);
}

export function checkDisk(config: Config): Check {
  const file = sqliteFile(config);
  if (file === null) return good('disk', 'The database is on the PostgreSQL server.');
  const folder = nearestFolder(dirname(file));
  const { bavail, bsize } = statfsSync(folder);
  const freeMb = Math.floor((bavail * bsize) / MB);
  const finding = `${folder} has ${freeMb} MB of free space.`;
  if (freeMb < LEAST_FREE_MB)
    return wrong('disk', finding, 'Free some space. If the disk is full, nothing can be written and requests get 503.');
  return freeMb < GOOD_FREE_MB ? noteworthy('disk', finding, 'Free some space soon.') : good('disk', finding);
}

/** The folder itself, or the closest parent that exists. */
const nearestFolder = (folder: string): string => (existsSync(folder) ? folder : nearestFolder(dirname(folder)));
