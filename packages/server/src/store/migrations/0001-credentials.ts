/** Accounts, credentials, JWTs, permissions, changes and the audit log. */
import type { Migration } from './migration.ts';

export const credentials: Migration = {
  name: '0001-credentials',
  statements: ({ id, integer, text, bytes, nowMs, end, endClustered }) => [
    `CREATE TABLE settings (name ${text} NOT NULL PRIMARY KEY, value ${text} NOT NULL)${end}`,
    `CREATE TABLE counters (name ${text} NOT NULL PRIMARY KEY, value ${integer} NOT NULL)${end}`,
    `INSERT INTO counters (name, value) VALUES ('changes', 0), ('audit', 0)`,
    `INSERT INTO settings (name, value) VALUES ('audit_head_hash', '${'0'.repeat(64)}')`,

    `CREATE TABLE users (
      id ${id},
      email ${text} NOT NULL,
      email_key ${text} NOT NULL UNIQUE,
      password_hash ${text} NOT NULL,
      display_name ${text} NOT NULL,
      first_name ${text} NOT NULL,
      last_name ${text} NOT NULL,
      is_administrator ${integer} NOT NULL CHECK (is_administrator IN (0, 1)),
      disabled_at_ms ${integer},
      created_at_ms ${integer} NOT NULL,
      updated_at_ms ${integer} NOT NULL
    )${end}`,
    `CREATE TABLE accounts (
      id ${id},
      kind ${text} NOT NULL CHECK (kind IN ('operator', 'personal', 'team')),
      name ${text} NOT NULL,
      user_id ${integer} UNIQUE REFERENCES users (id),
      created_at_ms ${integer} NOT NULL,
      CHECK ((kind = 'personal') = (user_id IS NOT NULL))
    )${end}`,
    `CREATE UNIQUE INDEX accounts_one_operator ON accounts (kind) WHERE kind = 'operator'`,
    // The first account, and so number 1, in every database.
    `INSERT INTO accounts (kind, name, user_id, created_at_ms) VALUES ('operator', 'Operator', NULL, ${nowMs})`,
    `CREATE TABLE known_addresses (
      user_id ${integer} NOT NULL REFERENCES users (id),
      address_hash ${text} NOT NULL,
      last_signed_in_at_ms ${integer} NOT NULL,
      PRIMARY KEY (user_id, address_hash)
    )${endClustered}`,

    `CREATE TABLE credentials (
      id ${id},
      kind ${text} NOT NULL CHECK (kind IN ('token', 'key')),
      environment ${text} NOT NULL CHECK (environment IN ('live', 'test')),
      account_id ${integer} NOT NULL REFERENCES accounts (id),
      user_id ${integer} REFERENCES users (id),
      name ${text} NOT NULL,
      source ${text} NOT NULL CHECK (source IN ('login', 'register', 'dashboard', 'command-line')),
      permissions ${text},
      addresses ${text},
      hash ${bytes} NOT NULL UNIQUE,
      previous_hash ${bytes},
      previous_ends_at_ms ${integer},
      created_at_ms ${integer} NOT NULL,
      rotated_at_ms ${integer},
      expires_at_ms ${integer},
      revoked_at_ms ${integer},
      CHECK ((kind = 'token') = (user_id IS NOT NULL)),
      CHECK ((previous_hash IS NULL) = (previous_ends_at_ms IS NULL))
    )${end}`,
    `CREATE UNIQUE INDEX credentials_previous_hash ON credentials (previous_hash) WHERE previous_hash IS NOT NULL`,
    `CREATE INDEX credentials_account ON credentials (account_id, kind, id)`,
    `CREATE INDEX credentials_user ON credentials (user_id, id) WHERE user_id IS NOT NULL`,
    // Apart from the credentials, whose rows are read by every check and hardly ever written. No foreign key: it would be
    // looked up for every use, and credentials are never deleted.
    `CREATE TABLE credential_use (
      credential_id ${integer} NOT NULL,
      day ${integer} NOT NULL,
      requests ${integer} NOT NULL,
      last_used_at_ms ${integer} NOT NULL,
      last_address ${text},
      last_user_agent ${text},
      previous_requests ${integer} NOT NULL,
      previous_last_used_at_ms ${integer},
      PRIMARY KEY (credential_id, day)
    )${endClustered}`,

    `CREATE TABLE signing_keys (
      kid ${text} NOT NULL PRIMARY KEY,
      algorithm ${text} NOT NULL CHECK (algorithm IN ('ES256', 'RS256')),
      public_jwk ${text} NOT NULL,
      sealed_private_key ${text} NOT NULL,
      state ${text} NOT NULL CHECK (state IN ('next', 'current', 'retired')),
      created_at_ms ${integer} NOT NULL,
      signing_since_ms ${integer},
      retired_at_ms ${integer},
      last_jwt_ends_at_ms ${integer}
    )${end}`,
    `CREATE UNIQUE INDEX signing_keys_one_of_a_state ON signing_keys (state) WHERE state IN ('next', 'current')`,
    `CREATE TABLE jwts (
      jti ${text} NOT NULL PRIMARY KEY,
      key_id ${integer} NOT NULL REFERENCES credentials (id),
      account_id ${integer} NOT NULL REFERENCES accounts (id),
      subject ${text},
      permissions ${text} NOT NULL,
      signing_key_id ${text} NOT NULL,
      issued_at_ms ${integer} NOT NULL,
      expires_at_ms ${integer} NOT NULL,
      revoked_at_ms ${integer}
    )${endClustered}`,
    `CREATE INDEX jwts_key ON jwts (key_id, expires_at_ms)`,
    `CREATE INDEX jwts_signing_key ON jwts (signing_key_id, expires_at_ms)`,
    `CREATE TABLE jwt_counts (
      key_id ${integer} NOT NULL PRIMARY KEY REFERENCES credentials (id),
      upper_bound ${integer} NOT NULL
    )${end}`,

    `CREATE TABLE permissions (name ${text} NOT NULL PRIMARY KEY, sentence ${text} NOT NULL)${end}`,
    `CREATE TABLE routes (position ${integer} NOT NULL PRIMARY KEY, pattern ${text} NOT NULL, resource ${text})${end}`,

    `CREATE TABLE changes (
      number ${integer} NOT NULL PRIMARY KEY,
      kind ${text} NOT NULL,
      subject_id ${text} NOT NULL,
      before_ms ${integer},
      ends_at_ms ${integer},
      at_ms ${integer} NOT NULL
    )${end}`,
    `CREATE INDEX changes_revocations ON changes (ends_at_ms) WHERE before_ms IS NOT NULL`,

    `CREATE TABLE audit_events (
      id ${id},
      event ${text} NOT NULL,
      at_ms ${integer} NOT NULL,
      actor ${text} NOT NULL,
      account_id ${integer},
      user_id ${integer},
      credential_id ${integer},
      request_id ${text},
      reason ${text},
      details ${text} NOT NULL,
      person_hash ${text},
      number ${integer},
      hash ${text}
    )${end}`,
    `CREATE INDEX audit_events_unchained ON audit_events (id) WHERE number IS NULL`,
    `CREATE UNIQUE INDEX audit_events_number ON audit_events (number) WHERE number IS NOT NULL`,
    `CREATE INDEX audit_events_account ON audit_events (account_id, id) WHERE account_id IS NOT NULL`,
    `CREATE INDEX audit_events_user ON audit_events (user_id, id) WHERE user_id IS NOT NULL`,
    `CREATE INDEX audit_events_request ON audit_events (request_id) WHERE request_id IS NOT NULL`,
    `CREATE TABLE audit_persons (
      event_id ${integer} NOT NULL PRIMARY KEY REFERENCES audit_events (id),
      salt ${text} NOT NULL,
      data ${text} NOT NULL
    )${end}`,

    `CREATE TABLE leases (job ${text} NOT NULL PRIMARY KEY, holder ${text} NOT NULL, until_ms ${integer} NOT NULL)${end}`,
    // SQLite keeps its limits in memory.
    `CREATE TABLE limits (key ${text} NOT NULL PRIMARY KEY, points ${integer} NOT NULL DEFAULT 0, expire ${integer})${end}`,
  ],
};
