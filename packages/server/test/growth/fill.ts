/**
 * A database with very much of everything that can grow, written by SQL: one user, team, key and application have all of it.
 * Indices are created after the rows, which takes a fraction of the time.
 */
import type SQLite from 'better-sqlite3';

const DAY_MS = 86_400_000;
/** As many as one account or user may have (`CEILINGS`), where a ceiling keeps their number low. */
const LIVE_KEYS = 1000;
const LIVE_JWTS = 10_000;
const LIVE_SIGN_INS = 99;
const LIVE_APPLICATIONS = 100;
const PERMISSIONS = 100;

/** What has everything. */
export interface Heavy {
  readonly nowMs: number;
  readonly userId: number;
  /** The personal account of the user. */
  readonly accountId: number;
  readonly teamId: number;
  readonly keyId: number;
  readonly tokenId: number;
  readonly applicationId: number;
  readonly clientId: string;
  readonly lastEventId: number;
}

/**
 * `size` of each thing. The file was created by the store before, and nobody else uses it. The user is an administrator, so that
 * every page can be opened.
 */
export function fillGrowth(database: SQLite.Database, size: number, nowMs = Date.now()): Heavy {
  database.pragma('foreign_keys = OFF');
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.pragma('temp_store = MEMORY');
  const indices = database
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    .all() as readonly { readonly name: string; readonly sql: string }[];
  for (const { name } of indices) database.exec(`DROP INDEX ${name}`);
  const heavy = fillTables(database, size, nowMs);
  for (const { sql } of indices) database.exec(sql);
  database.pragma('journal_mode = WAL');
  return heavy;
}

function fillTables(database: SQLite.Database, size: number, nowMs: number): Heavy {
  const today = Math.floor(nowMs / DAY_MS);
  const insert = (sql: string, ...values: readonly unknown[]): number =>
    Number(database.prepare(sql).run(...values).lastInsertRowid);
  const known: Record<string, number> = { now: nowMs, day: DAY_MS, today, size };
  /** One transaction. `select` may use `i`, from 0 to below `count`, and what is known by its name. */
  const fill = (table: string, columns: string, select: string, count = size): void => {
    // Numbers would be bound as floating point.
    const names = Object.fromEntries(Object.entries({ ...known, count }).map(([name, value]) => [name, BigInt(value)]));
    database
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @count)
         INSERT INTO ${table} (${columns}) SELECT ${select} FROM n`,
      )
      .run(names);
  };
  const firstId = (table: string): number =>
    (database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(table) as number | undefined) ?? 0;

  // In the same order as the numbers, so that neighbours stay neighbours however many there are.
  const id = `printf('%08d', i)`;

  // People and accounts.
  const person =
    'email, email_key, password_hash, display_name, first_name, last_name, is_administrator, created_at_ms, updated_at_ms';
  known.u = insert(
    `INSERT INTO users (${person}, email_verified_at_ms) VALUES (?, ?, '', 'Heavy', '', '', 1, 1, 1, 1)`,
    HEAVY,
    HEAVY,
  );
  known.a = insert(`INSERT INTO accounts (kind, name, user_id, created_at_ms) VALUES ('personal', 'Heavy', ?, 1)`, known.u);
  known.t = insert(`INSERT INTO accounts (kind, name, created_at_ms) VALUES ('team', 'Heavy team', 1)`);
  known.crowd = firstId('users') + 1;
  fill('users', person, `'grow' || i || '@example.com', 'grow' || i || '@example.com', '', 'Grow ' || i, '', '', 0, @now, @now`);
  known.crowdAccount = firstId('accounts') + 1;
  fill('accounts', 'kind, name, user_id, created_at_ms', `'personal', 'Grow ' || i, @crowd + i, @now`);
  known.team = firstId('accounts') + 1;
  fill('accounts', 'kind, name, created_at_ms', `'team', 'Team ' || i, @now`);
  insert(`INSERT INTO members (account_id, user_id, role, since_ms) VALUES (?, ?, 'owner', 1)`, known.t, known.u);
  fill('members', 'account_id, user_id, role, since_ms', `@t, @crowd + i, 'viewer', @now + i`);
  fill('members', 'account_id, user_id, role, since_ms', `@team + i, @u, 'developer', @now`);
  fill('known_addresses', 'user_id, address_hash, last_signed_in_at_ms', `@u, 'address' || i, @now`);
  fill('known_browsers', 'user_id, browser_hash, last_signed_in_at_ms', `@u, randomblob(32), @now`);
  const signIn = 'user_id, hash, created_at_ms, last_seen_at_ms, proved_at_ms, methods, ended_at_ms';
  fill('sign_ins', signIn, `@u, randomblob(32), @now - 1000, @now - i, @now - 1000, '["password"]', @now`);
  fill('sign_ins', signIn, `@u, randomblob(32), @now - 1000, @now - i, @now - 1000, '["password"]', NULL`, LIVE_SIGN_INS);
  fill(
    'tickets',
    'hash, purpose, user_id, data, created_at_ms, ends_at_ms',
    `randomblob(32), 'used', NULL, '{}', @now, @now + @day`,
  );
  const invitation =
    'account_id, email, email_key, role, invited_by, ticket_hash, created_at_ms, sent_at_ms, sendings, expires_at_ms, ended_at_ms';
  const invited = `'guest' || i || '@example.com', 'guest' || i || '@example.com', 'viewer', @u, randomblob(32)`;
  fill('invitations', invitation, `@t, ${invited}, 1, 1, 1, @now + @day, @now`);
  fill('invitations', invitation, `NULL, ${invited}, 1, 1, 1, @now + @day, NULL`);
  fill(
    'mails',
    'kind, recipient, user_id, subject, created_at_ms, tries, sent_at_ms',
    `'reminder', 'grow' || i || '@example.com', CASE i % 2 WHEN 0 THEN @u END, 'Reminder', @now, 1, @now`,
  );
  fill('mail_limits', 'mailbox, kind, mails, ends_at_ms', `randomblob(32), 'reminder', 1, @now + @day`);

  // Tokens, keys, their use and their JWTs.
  fill('permissions', 'name, sentence', `'service' || i || '.read', 'May read ' || i`, PERMISSIONS);
  fill('routes', 'position, pattern, resource', `i + 1, '/service' || i, 'service' || i`, PERMISSIONS);
  const credential =
    'kind, environment, account_id, user_id, name, source, hash, permissions, created_at_ms, expires_at_ms, revoked_at_ms';
  known.ended = firstId('credentials') + 1;
  fill(
    'credentials',
    credential,
    `'token', 'live', @a, @u, 'Revoked ' || i, 'login', randomblob(32), NULL, @now - 90 * @day, NULL, @now`,
  );
  fill(
    'credentials',
    credential,
    `'key', 'live', @a, NULL, 'Expired ' || i, 'dashboard', randomblob(32), NULL, 1, @now - @day, NULL`,
  );
  known.k = firstId('credentials') + 1;
  const held = `'["service1.read","service2.read"]', @now - 100 * @day, NULL, NULL`;
  fill('credentials', credential, `'key', 'live', @a, NULL, 'Key ' || i, 'dashboard', randomblob(32), ${held}`, LIVE_KEYS);
  known.token = firstId('credentials') + 1;
  fill('credentials', credential, `'token', 'live', @a, @u, 'Token', 'dashboard', randomblob(32), ${held}`, 1);
  const use = 'credential_id, day, requests, last_used_at_ms, previous_requests';
  fill('credential_use', use, `@ended + i, @today - 1, 1, @now - @day, 0`);
  fill('credential_use', use, `@k, @today - i, 1, @now - i * @day, 0`, 400);
  fill('account_use', 'account_id, day, requests, last_used_at_ms, last_credential_id', `@crowdAccount + i, @today, 1, @now, @k`);
  fill('account_use', 'account_id, day, requests, last_used_at_ms, last_credential_id', `@a, @today - i, 1, @now, @k`, 400);
  fill(
    'permission_use',
    'credential_id, permission, day, requests, last_used_at_ms',
    `@k + i / ${PERMISSIONS}, 'service' || (i % ${PERMISSIONS}) || '.read', @today - 1, 1, @now`,
  );
  fill(
    'permission_last_use',
    'credential_id, permission, day',
    `@k + i / ${PERMISSIONS}, 'service' || (i % ${PERMISSIONS}) || '.read', @today - 1`,
  );
  fill('narrowings', 'credential_id, narrowed_at_ms, ends_at_ms', `@ended + i, @now, @now + @day`);
  fill('reminders', 'credential_id, kind, about_ms, reminded_at_ms', `@ended + i, 'unused', 1, @now`);
  fill(
    'imports',
    'credential_id, origin, foreign_id, hash, starts_with, imported_at_ms',
    `@ended + i, 'csv', i, randomblob(32), '', @now`,
  );
  fill('imported_users', 'origin, foreign_id, user_id, imported_at_ms', `'csv', i, @crowd + i, @now`);
  const jwt = 'jti, key_id, account_id, subject, permissions, signing_key_id, issued_at_ms, expires_at_ms, revoked_at_ms';
  const of = `@k, @a, 'user ' || (i % 100), '["service1.read"]', 'kid-1'`;
  fill('jwts', jwt, `'expired-' || ${id}, ${of}, @now - 2 * @day, @now - @day - i, NULL`);
  fill('jwts', jwt, `'revoked-' || ${id}, ${of}, @now - i, @now + @day - i, @now`);
  fill('jwts', jwt, `'active-' || ${id}, ${of}, @now - i, @now + @day, NULL`, LIVE_JWTS);
  fill('jwt_counts', 'key_id, upper_bound', `@k, ${LIVE_JWTS}`, 1);
  const before = database.prepare("SELECT value FROM counters WHERE name = 'changes'").pluck().get() as number;
  known.change = before + 1;
  const change = 'number, kind, subject_id, before_ms, ends_at_ms, at_ms';
  fill('changes', change, `@change + i, 'credential', CAST(@ended + i AS TEXT), NULL, NULL, @now`);
  fill('changes', change, `@change + @size + i, 'jti', 'revoked-' || ${id}, @now, @now + @day, @now`);
  database.prepare("UPDATE counters SET value = ? WHERE name = 'changes'").run(before + 2 * size);

  // Applications, grants, sessions.
  const application = `client_id, account_id, name, kind, redirect_uris, post_logout_redirect_uris, optional_permissions, own_permissions,
    is_first_party, created_at_ms, updated_at_ms, deleted_at_ms`;
  const settings = `'public', '[]', '[]', '[]', '[]', 0, 1, 1`;
  known.app = firstId('applications') + 1;
  fill('applications', application, `'app_ended' || i, @a, 'App ' || i, ${settings}, @now`);
  fill('applications', application, `'app_other' || i, @crowdAccount + i, 'App ' || i, ${settings}, NULL`);
  known.x = firstId('applications') + 1;
  fill('applications', application, `'app_heavy' || i, @a, 'Heavy ' || i, ${settings}, NULL`, LIVE_APPLICATIONS);
  const grant = 'user_id, application_id, account_id, permissions, declined, scopes, created_at_ms, updated_at_ms, ended_at_ms';
  known.mine = firstId('grants') + 1;
  fill('grants', grant, `@u, @app + @size + i, @a, '["service1.read"]', '[]', '[]', @now, @now, NULL`);
  known.theirs = firstId('grants') + 1;
  fill('grants', grant, `@crowd + i, @x, @crowdAccount + i, '["service1.read"]', '[]', '[]', @now, @now, NULL`);
  fill('grants', grant, `@u, @x, @a, '["service1.read"]', '[]', '[]', @now, @now, @now`);
  fill(
    'authorization_codes',
    'hash, grant_id, data, created_at_ms, ends_at_ms',
    `randomblob(32), @theirs + i, '{}', @now, @now + @day`,
  );
  known.refresh = insert(`INSERT INTO refresh_keys (sealed_key, created_at_ms) VALUES ('', 1)`);
  const session = `id, grant_id, application_id, user_id, account_id, permissions, scopes, signed_in_at_ms, refresh_key_id, salt, counter,
    moved_at_ms, repeats, late_at_ms, created_at_ms, last_used_at_ms, ended_at_ms`;
  const state = `'["service1.read"]', '[]', @now, @refresh, randomblob(16), 1, @now, 0, '[]'`;
  fill(
    'sessions',
    session,
    `'of-user-' || ${id}, @mine + i, @app + @size + i, @u, @a, ${state}, @now - i, @now - i % 1000, NULL`,
  );
  fill(
    'sessions',
    session,
    `'of-app-' || ${id}, @theirs + i, @x, @crowd + i, @crowdAccount + i, ${state}, @now - i, @now - i % 1000, NULL`,
  );
  fill('sessions', session, `'ended-' || ${id}, @mine, @x, @u, @a, ${state}, @now, @now, @now - @day`);

  // The log.
  const number = database.prepare("SELECT value FROM counters WHERE name = 'audit'").pluck().get() as number;
  known.number = number + 1;
  known.event = firstId('audit_events') + 1;
  const event = 'event, at_ms, actor, account_id, user_id, credential_id, request_id, reason, details, number, hash';
  const about = `@a, @u, @k, 'request-' || (i % 1000), 'forbidden', '{}'`;
  fill('audit_events', event, `'jwt.minted', @now - @day, 'user:' || @u, ${about}, @number + i, ''`);
  fill('audit_events', event, `'request.refused', @now - i, 'anonymous', ${about}, @number + @size + i, ''`);
  fillPersons(database, fill);
  database.prepare("UPDATE counters SET value = ? WHERE name = 'audit'").run(number + 2 * size);

  const { u = 0, a = 0, t = 0, k = 0, token = 0, x = 0, event: firstEvent = 0 } = known;
  return {
    ...{ nowMs, userId: u, accountId: a, teamId: t, keyId: k, tokenId: token },
    ...{ applicationId: x, clientId: 'app_heavy0', lastEventId: firstEvent + 2 * size - 1 },
  };
}

const HEAVY = 'heavy@example.com';

/** Every other event has personal data. Until migration 0020 it is in a table of its own. */
function fillPersons(database: SQLite.Database, fill: (table: string, columns: string, select: string) => void): void {
  if (hasTable(database, 'audit_persons')) fill('audit_persons', 'event_id, salt, data', `@event + i, '', '{}'`);
  else database.exec(`UPDATE audit_events SET person_salt = '', person_data = '{}' WHERE event = 'jwt.minted'`);
}

const hasTable = (database: SQLite.Database, name: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !== undefined;
