/** A new installation that can send mail asks for the verified address before the first key; one with users keeps what it did. */
import type { Migration } from './migration.ts';

export const verifiedEmailFirst: Migration = {
  name: '0011-verified-email-first',
  statements: () => [
    `INSERT INTO settings (name, value)
      SELECT 'verified_email_first', CASE WHEN EXISTS (SELECT 1 FROM users) THEN 'off' ELSE 'on' END`,
  ],
};
