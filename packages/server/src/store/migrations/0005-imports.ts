/** What was imported: credentials that keep their secrets, and the users they speak for. */
import type { Migration } from './migration.ts';

export const imports: Migration = {
  name: '0005-imports',
  statements: ({ integer, text, bytes, end, endClustered }) => [
    // Apart from the credential, whose `source` is a closed list. The hash finds it while the imported secret is valid.
    `CREATE TABLE imports (
      credential_id ${integer} NOT NULL PRIMARY KEY REFERENCES credentials (id),
      origin ${text} NOT NULL,
      foreign_id ${text},
      hash ${bytes} NOT NULL UNIQUE,
      starts_with ${text} NOT NULL,
      imported_at_ms ${integer} NOT NULL,
      UNIQUE (origin, foreign_id)
    )${end}`,
    // The user here for a user of the source: a second run finds them, and creates nobody twice.
    `CREATE TABLE imported_users (
      origin ${text} NOT NULL,
      foreign_id ${text} NOT NULL,
      user_id ${integer} NOT NULL REFERENCES users (id),
      /* Of the address that they had there: another person with the same number must not be taken for them. */
      address_hash ${bytes},
      imported_at_ms ${integer} NOT NULL,
      PRIMARY KEY (origin, foreign_id)
    )${endClustered}`,
    `CREATE INDEX imported_users_user ON imported_users (user_id)`,
  ],
};
