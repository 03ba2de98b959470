/** Sign-ins, second factors, links by mail, teams, the outbox, and which permissions are used. */
import type { Migration } from './migration.ts';

export const dashboard: Migration = {
  name: '0002-dashboard',
  statements: ({ integer, text, bytes, bytewise, id, nowMs, end, endClustered }) => [
    `ALTER TABLE users ADD COLUMN email_verified_at_ms ${integer}`,
    `ALTER TABLE users ADD COLUMN password_changed_at_ms ${integer}`,
    // Deleted users stay as tombstones without personal data: their id is never given to anybody else.
    `ALTER TABLE users ADD COLUMN deleted_at_ms ${integer}`,
    `ALTER TABLE accounts ADD COLUMN deleted_at_ms ${integer}`,
    // Administrators search for the beginning of an address or a name, without regard to case.
    ...bytewise('users', 'email_key'),
    ...bytewise('users', 'display_name'),
    ...bytewise('accounts', 'name'),
    `CREATE INDEX users_name ON users (lower(display_name))`,
    `CREATE INDEX accounts_name ON accounts (lower(name))`,

    // A browser that is signed in. The cookie's secret is stored hashed.
    `CREATE TABLE sign_ins (
      id ${id},
      user_id ${integer} NOT NULL REFERENCES users (id),
      hash ${bytes} NOT NULL UNIQUE,
      created_at_ms ${integer} NOT NULL,
      last_seen_at_ms ${integer} NOT NULL,
      proved_at_ms ${integer} NOT NULL,
      methods ${text} NOT NULL,
      address ${text},
      user_agent ${text},
      ended_at_ms ${integer}
    )${end}`,
    `CREATE INDEX sign_ins_user ON sign_ins (user_id, id)`,
    `CREATE INDEX sign_ins_last_seen ON sign_ins (last_seen_at_ms)`,
    // A browser that a user has signed in with before, by the hash of a long-lived cookie: the user is notified of others by
    // mail.
    `CREATE TABLE known_browsers (
      user_id ${integer} NOT NULL REFERENCES users (id),
      browser_hash ${bytes} NOT NULL,
      last_signed_in_at_ms ${integer} NOT NULL,
      PRIMARY KEY (user_id, browser_hash)
    )${endClustered}`,
    `CREATE INDEX known_browsers_last ON known_browsers (last_signed_in_at_ms)`,
    `CREATE INDEX known_addresses_last ON known_addresses (last_signed_in_at_ms)`,

    // A single-use secret with a purpose and an expiry: links by mail, the second step of a log-in, challenges. Stored hashed.
    `CREATE TABLE tickets (
      hash ${bytes} NOT NULL PRIMARY KEY,
      purpose ${text} NOT NULL,
      user_id ${integer} REFERENCES users (id),
      data ${text} NOT NULL,
      created_at_ms ${integer} NOT NULL,
      ends_at_ms ${integer} NOT NULL
    )${endClustered}`,
    `CREATE INDEX tickets_user ON tickets (user_id, purpose) WHERE user_id IS NOT NULL`,
    `CREATE INDEX tickets_end ON tickets (ends_at_ms)`,

    `CREATE TABLE passkeys (
      id ${text} NOT NULL PRIMARY KEY,
      user_id ${integer} NOT NULL REFERENCES users (id),
      name ${text} NOT NULL,
      public_key ${bytes} NOT NULL,
      counter ${integer} NOT NULL,
      transports ${text} NOT NULL,
      synced ${integer} NOT NULL CHECK (synced IN (0, 1)),
      created_at_ms ${integer} NOT NULL,
      last_used_at_ms ${integer}
    )${endClustered}`,
    `CREATE INDEX passkeys_user ON passkeys (user_id)`,
    `CREATE TABLE totp_secrets (
      user_id ${integer} NOT NULL PRIMARY KEY REFERENCES users (id),
      sealed_secret ${text} NOT NULL,
      created_at_ms ${integer} NOT NULL,
      confirmed_at_ms ${integer},
      last_step ${integer} NOT NULL
    )${end}`,
    `CREATE TABLE recovery_codes (
      user_id ${integer} NOT NULL REFERENCES users (id),
      hash ${bytes} NOT NULL,
      PRIMARY KEY (user_id, hash)
    )${endClustered}`,
    `CREATE TABLE identities (
      provider ${text} NOT NULL,
      subject ${text} NOT NULL,
      user_id ${integer} NOT NULL REFERENCES users (id),
      email ${text},
      linked_at_ms ${integer} NOT NULL,
      PRIMARY KEY (provider, subject)
    )${endClustered}`,
    `CREATE INDEX identities_user ON identities (user_id)`,

    `CREATE TABLE members (
      account_id ${integer} NOT NULL REFERENCES accounts (id),
      user_id ${integer} NOT NULL REFERENCES users (id),
      role ${text} NOT NULL CHECK (role IN ('viewer', 'developer', 'admin', 'owner')),
      since_ms ${integer} NOT NULL,
      PRIMARY KEY (account_id, user_id)
    )${endClustered}`,
    `CREATE INDEX members_user ON members (user_id)`,
    // Without an account: an invitation to register where sign-up is by invitation. The link's secret is a ticket.
    `CREATE TABLE invitations (
      id ${id},
      account_id ${integer} REFERENCES accounts (id),
      email ${text} NOT NULL,
      email_key ${text} NOT NULL,
      role ${text} NOT NULL CHECK (role IN ('viewer', 'developer', 'admin', 'owner')),
      invited_by ${integer} REFERENCES users (id),
      ticket_hash ${bytes} NOT NULL UNIQUE,
      created_at_ms ${integer} NOT NULL,
      sent_at_ms ${integer} NOT NULL,
      sendings ${integer} NOT NULL,
      expires_at_ms ${integer} NOT NULL,
      ended_at_ms ${integer}
    )${end}`,
    `CREATE INDEX invitations_account ON invitations (account_id, id)`,
    `CREATE INDEX invitations_inviter ON invitations (invited_by, sent_at_ms) WHERE invited_by IS NOT NULL`,

    // Written in the act that it reports. The body contains links, so it is sealed, and deleted once it was sent.
    `CREATE TABLE mails (
      id ${id},
      kind ${text} NOT NULL,
      recipient ${text} NOT NULL,
      user_id ${integer} REFERENCES users (id),
      subject ${text} NOT NULL,
      sealed_body ${text},
      created_at_ms ${integer} NOT NULL,
      next_try_at_ms ${integer},
      tries ${integer} NOT NULL,
      sent_at_ms ${integer},
      error ${text}
    )${end}`,
    `CREATE INDEX mails_user ON mails (user_id) WHERE user_id IS NOT NULL`,
    `CREATE INDEX mails_due ON mails (next_try_at_ms) WHERE next_try_at_ms IS NOT NULL`,
    `CREATE TABLE reminders (
      credential_id ${integer} NOT NULL,
      kind ${text} NOT NULL,
      /* What it was about (an end, the making of a secret): another one is reminded of anew. */
      about_ms ${integer} NOT NULL,
      reminded_at_ms ${integer} NOT NULL,
      PRIMARY KEY (credential_id, kind)
    )${endClustered}`,
    `CREATE INDEX credentials_expiring ON credentials (expires_at_ms) WHERE expires_at_ms IS NOT NULL AND revoked_at_ms IS NULL`,

    // Which permissions of a credential are used, by day. No foreign key, as in credential_use.
    `CREATE TABLE permission_use (
      credential_id ${integer} NOT NULL,
      permission ${text} NOT NULL,
      day ${integer} NOT NULL,
      requests ${integer} NOT NULL,
      last_used_at_ms ${integer} NOT NULL,
      PRIMARY KEY (credential_id, permission, day)
    )${endClustered}`,
    `CREATE INDEX permission_use_day ON permission_use (day)`,
    `INSERT INTO settings (name, value) VALUES ('permissions_observed_since_ms', CAST(${nowMs} AS ${text}))`,
    // From where the old secret was used during an overlap.
    `ALTER TABLE credential_use ADD COLUMN previous_last_address ${text}`,
    `ALTER TABLE credential_use ADD COLUMN previous_last_user_agent ${text}`,
    // Every JWT of the key issued until then was revoked at once.
    `ALTER TABLE jwt_counts ADD COLUMN revoked_before_ms ${integer} NOT NULL DEFAULT 0`,
    `CREATE INDEX jwts_account ON jwts (account_id, issued_at_ms)`,
    // By whom, for the log's filter and for erasing a person.
    `CREATE INDEX audit_events_actor ON audit_events (actor, id)`,
    `CREATE INDEX audit_events_credential ON audit_events (credential_id, id) WHERE credential_id IS NOT NULL`,
  ],
};
