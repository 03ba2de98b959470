/** Applications, grants, codes, sessions and what signs their refresh tokens. */
import type { Migration } from './migration.ts';

export const sessions: Migration = {
  name: '0003-sessions',
  statements: ({ id, integer, text, bytes, end, endClustered }) => [
    // Whether applications may ask for it; whether only verified ones may.
    `ALTER TABLE permissions ADD COLUMN grantable ${integer} NOT NULL DEFAULT 0 CHECK (grantable IN (0, 1))`,
    `ALTER TABLE permissions ADD COLUMN sensitive ${integer} NOT NULL DEFAULT 0 CHECK (sensitive IN (0, 1))`,

    `CREATE TABLE applications (
      id ${id},
      client_id ${text} NOT NULL UNIQUE,
      account_id ${integer} NOT NULL REFERENCES accounts (id),
      name ${text} NOT NULL,
      home_page ${text},
      logo ${text},
      kind ${text} NOT NULL CHECK (kind IN ('public', 'confidential')),
      redirect_uris ${text} NOT NULL,
      post_logout_redirect_uris ${text} NOT NULL,
      /* What it may ask users for; NULL: every permission that is grantable. */
      permissions ${text},
      /* Which of them people may leave out. */
      optional_permissions ${text} NOT NULL,
      /* What it may do by itself (client credentials) in the account that owns it. */
      own_permissions ${text} NOT NULL,
      idle_seconds ${integer},
      absolute_seconds ${integer},
      jwks ${text},
      is_first_party ${integer} NOT NULL CHECK (is_first_party IN (0, 1)),
      verified_at_ms ${integer},
      secret_hash ${bytes},
      secret_made_at_ms ${integer},
      previous_secret_hash ${bytes},
      previous_secret_ends_at_ms ${integer},
      created_at_ms ${integer} NOT NULL,
      updated_at_ms ${integer} NOT NULL,
      deleted_at_ms ${integer},
      CHECK ((previous_secret_hash IS NULL) = (previous_secret_ends_at_ms IS NULL))
    )${end}`,
    `CREATE INDEX applications_account ON applications (account_id, id)`,

    // What one user allowed one application to do in one account.
    `CREATE TABLE grants (
      id ${id},
      user_id ${integer} NOT NULL REFERENCES users (id),
      application_id ${integer} NOT NULL REFERENCES applications (id),
      account_id ${integer} NOT NULL REFERENCES accounts (id),
      permissions ${text} NOT NULL,
      /* Optional ones that were left out. */
      declined ${text} NOT NULL,
      scopes ${text} NOT NULL,
      created_at_ms ${integer} NOT NULL,
      updated_at_ms ${integer} NOT NULL,
      ended_at_ms ${integer}
    )${end}`,
    `CREATE UNIQUE INDEX grants_one_that_lives ON grants (user_id, application_id, account_id) WHERE ended_at_ms IS NULL`,
    `CREATE INDEX grants_application ON grants (application_id, id)`,
    `CREATE INDEX grants_account ON grants (account_id, id)`,

    `CREATE TABLE authorization_codes (
      hash ${bytes} NOT NULL PRIMARY KEY,
      grant_id ${integer} NOT NULL REFERENCES grants (id),
      /* The application, the challenge, the redirect URI and what else the redemption must fit. */
      data ${text} NOT NULL,
      created_at_ms ${integer} NOT NULL,
      ends_at_ms ${integer} NOT NULL,
      /* The session that it bought. */
      session_id ${text}
    )${endClustered}`,
    `CREATE INDEX authorization_codes_end ON authorization_codes (ends_at_ms)`,

    // One row for each session, never one for each refresh.
    `CREATE TABLE refresh_keys (id ${id}, sealed_key ${text} NOT NULL, created_at_ms ${integer} NOT NULL)${end}`,
    `CREATE TABLE sessions (
      id ${text} NOT NULL PRIMARY KEY,
      grant_id ${integer} NOT NULL REFERENCES grants (id),
      application_id ${integer} NOT NULL REFERENCES applications (id),
      user_id ${integer} NOT NULL REFERENCES users (id),
      account_id ${integer} NOT NULL REFERENCES accounts (id),
      permissions ${text} NOT NULL,
      scopes ${text} NOT NULL,
      signed_in_at_ms ${integer} NOT NULL,
      refresh_key_id ${integer} NOT NULL REFERENCES refresh_keys (id),
      salt ${bytes} NOT NULL,
      /* That of the newest refresh token; when it was moved there; how often the one before it has asked since. */
      counter ${integer} NOT NULL,
      moved_at_ms ${integer} NOT NULL,
      repeats ${integer} NOT NULL,
      /* When public clients came late with the one before it: at most three moments. */
      late_at_ms ${text} NOT NULL,
      created_at_ms ${integer} NOT NULL,
      last_used_at_ms ${integer} NOT NULL,
      last_address ${text},
      last_user_agent ${text},
      ended_at_ms ${integer},
      end_reason ${text}
    )${endClustered}`,
    `CREATE INDEX sessions_user ON sessions (user_id, created_at_ms)`,
    `CREATE INDEX sessions_application ON sessions (application_id, created_at_ms)`,
    `CREATE INDEX sessions_grant ON sessions (grant_id)`,
    `CREATE INDEX sessions_account ON sessions (account_id, user_id)`,
    `CREATE INDEX sessions_refresh_key ON sessions (refresh_key_id)`,
    `CREATE INDEX sessions_ended ON sessions (ended_at_ms) WHERE ended_at_ms IS NOT NULL`,
  ],
};
