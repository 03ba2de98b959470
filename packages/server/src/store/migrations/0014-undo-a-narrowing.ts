/**
 * What the last narrowing of a credential took away, for a day; and since when a credential holds the permissions that it holds.
 */
import type { Migration } from './migration.ts';

export const undoANarrowing: Migration = {
  name: '0014-undo-a-narrowing',
  statements: ({ integer, text, end }) => [
    // NULL: since it was created.
    `ALTER TABLE credentials ADD COLUMN permissions_changed_at_ms ${integer}`,
    `CREATE TABLE narrowings (
      credential_id ${integer} PRIMARY KEY REFERENCES credentials (id),
      permissions ${text},
      addresses ${text},
      narrowed_at_ms ${integer} NOT NULL,
      ends_at_ms ${integer} NOT NULL
    )${end}`,
    'CREATE INDEX narrowings_by_end ON narrowings (ends_at_ms)',
  ],
};
