/** Fills databases that `keyhouse migrate` has created: with keys that can be computed from their number, or with revoked JWTs. */
import { randomBytes } from 'node:crypto';
import { makeJti } from '@keyhouse/protocol';
import SQLite from 'better-sqlite3';
import { keyText, sha256, tokenSecret } from './keys.ts';

const DAY_MS = 86_400_000;

/** `rows` credentials with the ids 1 to `rows`; all keys or all tokens of one user, full access. */
export function seedCredentials(path: string, kind: 'key' | 'token', rows: number, progress: (text: string) => void): void {
  const database = openForSeeding(path);
  const nowMs = Date.now() - DAY_MS;
  database.exec('BEGIN');
  database
    .prepare(`INSERT INTO users (id, email, email_key, password_hash, display_name, first_name, last_name, is_administrator, created_at_ms, updated_at_ms)
    VALUES (1, 'seed@example.com', 'seed@example.com', '-', 'seed', '', '', 0, ?, ?)`)
    .run(nowMs, nowMs);
  const account = database
    .prepare(`INSERT INTO accounts (kind, name, user_id, created_at_ms) VALUES ('personal', 'seed', 1, ?)`)
    .run(nowMs).lastInsertRowid;
  const insert =
    database.prepare(`INSERT INTO credentials (id, kind, environment, account_id, user_id, name, source, hash, created_at_ms)
    VALUES (?, ?, 'live', ?, ?, 'seed', 'command-line', ?, ?)`);
  for (let index = 1; index <= rows; index++) {
    const hash = sha256(kind === 'key' ? keyText(index) : tokenSecret(index));
    insert.run(index, kind, account, kind === 'token' ? 1 : null, hash, nowMs);
    if (index % 1_000_000 === 0 && rows > 1_000_000) progress(`  ${index / 1e6} of ${rows / 1e6} million rows`);
  }
  database.exec('COMMIT');
  database.pragma('journal_mode = WAL');
  database.close();
}

/** `rows` JWTs that were minted and revoked within the last day, and would be valid for a year. */
export function seedRevokedJwts(path: string, rows: number): void {
  const database = openForSeeding(path);
  const nowMs = Date.now();
  database.exec('BEGIN');
  const first = database.prepare(`SELECT value FROM counters WHERE name = 'changes'`).pluck().get() as number;
  const insert = database.prepare(
    `INSERT INTO changes (number, kind, subject_id, before_ms, ends_at_ms, at_ms) VALUES (?, 'jti', ?, ?, ?, ?)`,
  );
  for (let index = 1; index <= rows; index++) {
    const mintedAtMs = nowMs - DAY_MS + Math.floor((index / rows) * DAY_MS * 0.9);
    insert.run(first + index, makeJti(mintedAtMs, randomBytes), nowMs, nowMs + 365 * DAY_MS, nowMs);
  }
  database.prepare(`UPDATE counters SET value = ? WHERE name = 'changes'`).run(first + rows);
  database.exec('COMMIT');
  database.pragma('journal_mode = WAL');
  database.close();
}

function openForSeeding(path: string): SQLite.Database {
  const database = new SQLite(path);
  // Only for speed: a seed that breaks off is thrown away.
  database.pragma('synchronous = OFF');
  database.pragma('journal_mode = OFF');
  database.pragma('cache_size = -4000000');
  return database;
}
