/**
 * Which JWTs of a session, or of an application, were revoked when something was taken away from it: those issued at or before
 * this moment.
 */
import type { Migration } from './migration.ts';

export const narrowing: Migration = {
  name: '0008-narrowing',
  statements: ({ integer }) => [
    `ALTER TABLE sessions ADD COLUMN jwts_after_ms ${integer} NOT NULL DEFAULT 0`,
    `ALTER TABLE applications ADD COLUMN jwts_after_ms ${integer} NOT NULL DEFAULT 0`,
  ],
};
