/** An account that has a thousand of everything, written into the database file at once: an owner would need years. */
import Database from 'better-sqlite3';
import type { Keyhouse } from '../../src/core/keyhouse.ts';

const DAY_MS = 86_400_000;
/** The numbers below a number, as rows. */
const series = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)';

/** Names in the catalogue; each key is granted a hundred of them. */
const PERMISSIONS = 1000;
const permissionNames = Array.from(
  { length: PERMISSIONS },
  (_, at) => `service${Math.floor(at / 2)}.things.${at % 2 === 0 ? 'read' : 'write'}`,
);

export async function fillCatalogue(keyhouse: Keyhouse): Promise<void> {
  const catalogue = permissionNames.map((name) => ({ name, sentence: `May use ${name}`, isGrantable: true, isSensitive: false }));
  await keyhouse.permissions.setCatalogue({ catalogue, by: { actor: 'operator', requestId: null, person: {} } });
}

/**
 * For each active one, this many inactive ones. They stay in the store and count towards no ceiling, so there may be any number
 * of them.
 */
const ENDED = 40;
/** Entries of the log for each credential, newer than the refusals. */
const NEWER_ENTRIES = 50;

/**
 * `size` keys and as many tokens, many more that have ended, ninety days of use, of ten permissions in the last thirty, refusals,
 * JWTs and sign-ins.
 */
export function crowd(file: string, { accountId, userId, size }: { accountId: number; userId: number; size: number }): void {
  const db = new Database(file);
  const nowMs = Date.now();
  const today = Math.floor(nowMs / DAY_MS);
  db.pragma('busy_timeout = 60000');
  // Refresh keys and hashes are placeholders here: these sessions are never refreshed.
  db.pragma('foreign_keys = OFF');
  db.transaction(() => {
    const insert = db.prepare(
      `INSERT INTO credentials (kind, environment, account_id, user_id, name, source, permissions, hash, created_at_ms)
       VALUES (?, 'live', ?, ?, ?, 'dashboard', ?, randomblob(32), ?)`,
    );
    fillEnded(db, { accountId, userId, size, nowMs });
    for (let at = 0; at < size; at++) {
      const held =
        at % 3 === 0
          ? null
          : JSON.stringify(Array.from({ length: 100 }, (_, each) => permissionNames[(at + each * 7) % PERMISSIONS]));
      insert.run('key', accountId, null, `Key ${at}`, held, nowMs - 100 * DAY_MS);
      insert.run('token', accountId, userId, `Token ${at}`, held, nowMs - 100 * DAY_MS);
    }
    fillEnded(db, { accountId, userId, size, nowMs });
    db.prepare(
      `${series} INSERT INTO credential_use (credential_id, day, requests, last_used_at_ms, previous_requests)
       SELECT id, ? - i, 10, ? - i * ${DAY_MS}, 0 FROM credentials, n WHERE account_id = ? AND ${ACTIVE}`,
    ).run(90, today, nowMs, accountId);
    const use = db.prepare(
      `${series} INSERT INTO permission_use (credential_id, permission, day, requests, last_used_at_ms)
       SELECT id, ?, ? - i, 1, ? - i * ${DAY_MS} FROM credentials, n WHERE account_id = ? AND ${ACTIVE}`,
    );
    for (const name of permissionNames.slice(0, 10)) use.run(30, name, today, nowMs, accountId);
    // The server itself has written some of both for the users who were active since it started.
    db.exec(
      'INSERT OR REPLACE INTO permission_last_use SELECT credential_id, permission, max(day) FROM permission_use GROUP BY credential_id, permission',
    );
    db.prepare(
      `INSERT OR REPLACE INTO account_use SELECT ?, day, sum(requests), max(last_used_at_ms), max(credential_id) FROM credential_use
       WHERE credential_id IN (SELECT id FROM credentials WHERE account_id = ?) GROUP BY day`,
    ).run(accountId, accountId);
    db.prepare(
      `${series} INSERT INTO audit_events (event, at_ms, actor, account_id, user_id, credential_id, request_id, reason, details)
       SELECT 'request.refused', ?, 'anonymous', ?, ?, (SELECT max(id) FROM credentials WHERE ${ACTIVE}) - i % 50, 'request-' || i, 'forbidden', '{"method":"GET","wanted":["a.read"]}' FROM n`,
    ).run(size * 5, nowMs, accountId, userId);
    db.prepare(
      `${series} INSERT INTO audit_events (event, at_ms, actor, account_id, credential_id, details)
       SELECT 'jwt.minted', ?, 'key:1', ?, (SELECT max(id) FROM credentials WHERE ${ACTIVE}) - i % 50, '{}' FROM n`,
    ).run(size * NEWER_ENTRIES * 2, nowMs, accountId);
    fillPeople(db, { accountId, userId, size, nowMs });
    fillSessions(db, { accountId, userId, size, nowMs });
  })();
  db.close();
}

const ACTIVE = 'revoked_at_ms IS NULL AND expires_at_ms IS NULL';

/** Half of them revoked, the others expired. */
function fillEnded(db: Database.Database, { accountId, userId, size, nowMs }: Filled): void {
  for (const [kind, user] of [
    ['key', null],
    ['token', userId],
  ])
    db.prepare(
      `${series} INSERT INTO credentials (kind, environment, account_id, user_id, name, source, hash, created_at_ms, expires_at_ms, revoked_at_ms)
       SELECT ?, 'live', ?, ?, 'Ended ' || i, 'dashboard', randomblob(32), ?, CASE WHEN i % 2 = 0 THEN ? END, CASE WHEN i % 2 = 1 THEN ? END FROM n`,
    ).run((size * ENDED) / 2, kind, accountId, user, nowMs - 90 * DAY_MS, nowMs - 80 * DAY_MS, nowMs - 80 * DAY_MS);
}

interface Filled {
  readonly accountId: number;
  readonly userId: number;
  readonly size: number;
  readonly nowMs: number;
}

/** `size` members of a team, and nothing else. */
export function crowdOfMembers(file: string, { accountId, size }: { accountId: number; size: number }): void {
  const db = new Database(file);
  db.pragma('busy_timeout = 60000');
  db.transaction(() => fillMembers(db, { accountId, size, nowMs: Date.now() }))();
  db.close();
}

function fillMembers(db: Database.Database, { accountId, size, nowMs }: Omit<Filled, 'userId'>): void {
  db.prepare(
    `${series} INSERT INTO users (email, email_key, password_hash, display_name, first_name, last_name, is_administrator, created_at_ms, updated_at_ms)
     SELECT 'crowd' || i || '@example.com', 'crowd' || i || '@example.com', 'x', 'Member ' || i, '', '', 0, ?, ? FROM n`,
  ).run(size, nowMs, nowMs);
  db.prepare(
    `INSERT INTO members (account_id, user_id, role, since_ms) SELECT ?, id, 'viewer', ? FROM users WHERE email LIKE 'crowd%'`,
  ).run(accountId, nowMs);
}

function fillPeople(db: Database.Database, { accountId, userId, size, nowMs }: Filled): void {
  fillMembers(db, { accountId, size, nowMs });
  db.prepare(
    `${series} INSERT INTO sign_ins (user_id, hash, created_at_ms, last_seen_at_ms, proved_at_ms, methods, address, user_agent)
     SELECT ?, randomblob(32), ?, ?, ?, '["password"]', '203.0.113.7', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0' FROM n`,
  ).run(size, userId, nowMs, nowMs, nowMs);
}

function fillSessions(db: Database.Database, { accountId, userId, size, nowMs }: Filled): void {
  const [application] = db.prepare('SELECT id FROM applications WHERE account_id = ?').all(accountId) as { id: number }[];
  if (application === undefined) throw new Error('The account has no application.');
  const permissions = JSON.stringify(permissionNames.slice(0, 100));
  const { lastInsertRowid: grant } = db
    .prepare(
      `INSERT INTO grants (user_id, application_id, account_id, permissions, declined, scopes, created_at_ms, updated_at_ms)
       VALUES (?, ?, ?, ?, '[]', '[]', ?, ?)`,
    )
    .run(userId, application.id, accountId, permissions, nowMs, nowMs);
  db.prepare(
    `${series} INSERT INTO sessions (id, grant_id, application_id, user_id, account_id, permissions, scopes, signed_in_at_ms, refresh_key_id, salt,
       counter, moved_at_ms, repeats, late_at_ms, created_at_ms, last_used_at_ms)
     SELECT 'session' || i, ?, ?, ?, ?, ?, '[]', ?, 1, randomblob(16), 1, ?, 0, '[]', ?, ? FROM n`,
  ).run(size, grant, application.id, userId, accountId, permissions, nowMs, nowMs, nowMs, nowMs);
  db.prepare(
    `${series} INSERT INTO jwts (jti, key_id, account_id, permissions, signing_key_id, issued_at_ms, expires_at_ms)
     SELECT 'jwt' || i, (SELECT max(id) FROM credentials WHERE kind = 'key'), ?, ?, 'kid', ?, ? FROM n`,
  ).run(size, accountId, permissions, nowMs, nowMs + DAY_MS);
}
