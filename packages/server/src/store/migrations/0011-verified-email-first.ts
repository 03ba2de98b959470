/** A new installation that can send mail requires a verified address before the first key; one with users is not changed. */
import type { Migration } from './migration.ts';

export const verifiedEmailFirst: Migration = {
  name: '0011-verified-email-first',
  statements: () => [
    `INSERT INTO settings (name, value)
      SELECT 'verified_email_first', CASE WHEN EXISTS (SELECT 1 FROM users) THEN 'off' ELSE 'on' END`,
  ],
};
