/** What the writer does with one operation of each kind: prepared statements, flat messages, no more rows than the contract asks. */
import { hash, randomBytes } from 'node:crypto';
import type SQLite from 'better-sqlite3';

/** How many active JWTs one key may have; the skeleton counts them as Keyhouse does. */
const MAX_JWTS_PER_KEY = 1_000_000;

/** Columns of what was used since the last write, in the order of the table. */
export interface Uses {
  readonly day: number;
  readonly ids: Float64Array;
  readonly counts: Uint32Array;
  readonly timesMs: Float64Array;
  readonly addresses: readonly string[];
  readonly userAgents: readonly string[];
}

export function prepareUses(database: SQLite.Database): (uses: Uses) => void {
  database.exec(`CREATE TABLE IF NOT EXISTS skeleton_use (
    credential_id INTEGER NOT NULL, day INTEGER NOT NULL, requests INTEGER NOT NULL, last_used_at_ms INTEGER NOT NULL,
    last_address TEXT, last_user_agent TEXT, PRIMARY KEY (credential_id, day)) WITHOUT ROWID`);
  const add = database.prepare(`INSERT INTO skeleton_use VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (credential_id, day) DO UPDATE SET requests = requests + excluded.requests,
      last_used_at_ms = excluded.last_used_at_ms, last_address = excluded.last_address, last_user_agent = excluded.last_user_agent`);
  return ({ day, ids, counts, timesMs, addresses, userAgents }) => {
    for (let i = 0; i < ids.length; i++) add.run(ids[i], day, counts[i], timesMs[i], addresses[i], userAgents[i]);
  };
}

/** Flat, because the names of members would be copied with each message. `details` and `person` are JSON, for the audit log. */
export type MintWrite = readonly [
  jti: Buffer,
  keyId: number,
  accountId: number,
  permissions: string,
  issuedAtMs: number,
  expiresAtMs: number,
  requestId: string,
  details: string,
  person: string,
];

/** Recorded, listed by its key, counted, and on a chained audit log. */
export function prepareMints(database: SQLite.Database): (mint: MintWrite) => 'recorded' | 'too_many' {
  database.exec(`CREATE TABLE jwts (
      jti BLOB PRIMARY KEY, key_id INTEGER NOT NULL, subject TEXT, permissions TEXT NOT NULL, signing_key INTEGER NOT NULL,
      issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER) WITHOUT ROWID;
    CREATE INDEX jwts_key ON jwts (key_id, expires_at);
    CREATE TABLE events (
      id INTEGER PRIMARY KEY, event TEXT NOT NULL, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, account_id INTEGER,
      credential_id INTEGER, request_id TEXT, details TEXT NOT NULL, person TEXT, salt BLOB, hash BLOB NOT NULL);
    CREATE INDEX events_account ON events (account_id, id);`);
  const record = database.prepare('INSERT INTO jwts VALUES (?, ?, NULL, ?, 1, ?, ?, NULL)');
  const tell = database.prepare(`INSERT INTO events
    (event, at_ms, actor, account_id, credential_id, request_id, details, person, salt, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const counts = new Map<number, number>();
  let head = Buffer.alloc(32);
  return ([jti, keyId, accountId, permissions, issuedAtMs, expiresAtMs, requestId, details, person]) => {
    const count = (counts.get(keyId) ?? 0) + 1;
    if (count > MAX_JWTS_PER_KEY) return 'too_many';
    counts.set(keyId, count);
    record.run(jti, keyId, permissions, issuedAtMs, expiresAtMs);
    const salt = randomBytes(16);
    const actor = `key:${keyId}`;
    const ofPerson = hash('sha256', salt.toString('hex') + person, 'hex');
    const text = JSON.stringify(['jwt.minted', issuedAtMs, actor, accountId, keyId, requestId, details, ofPerson]);
    head = hash('sha256', head.toString('latin1') + text, 'buffer');
    tell.run('jwt.minted', issuedAtMs, actor, accountId, keyId, requestId, details, person, salt, head);
    return 'recorded';
  };
}

export type RefreshWrite = readonly [
  id: string,
  counter: number,
  nowMs: number,
  address: string | undefined,
  userAgent: string | undefined,
];

/** One statement decides: the counter of the session is still that of the token that was presented. */
export function prepareRefreshes(database: SQLite.Database): (refresh: RefreshWrite) => boolean {
  const move = database.prepare(`UPDATE sessions
    SET counter = counter + 1, moved_at_ms = ?, last_used_at_ms = ?, last_address = ?, last_user_agent = ?
    WHERE id = ? AND counter = ? AND ended_at_ms IS NULL`);
  return ([id, counter, nowMs, address, userAgent]) => move.run(nowMs, nowMs, address, userAgent, id, counter).changes === 1;
}
