import type { Migration } from './migration.ts';

/** Which badges an application lost and why, and from which sign-in a grant or a session was given. */
export const badgesAndOrigins: Migration = {
  name: '0009-badges-and-origins',
  statements: ({ integer, text, nowMs }) => [
    // JSON: which badges a change took away, what has changed since the operator looked, and when. NULL: none was lost.
    `ALTER TABLE applications ADD COLUMN lost_badges ${text}`,
    // First-party belongs to the operator's account alone.
    `UPDATE applications
      SET lost_badges = '{"badges":["first_party"],"changed":["owner"],"atMs":' || CAST(${nowMs} AS ${text}) || '}', is_first_party = 0
      WHERE is_first_party = 1 AND account_id NOT IN (SELECT id FROM accounts WHERE kind = 'operator')`,
    // The sign-in that gave it last something new. No foreign key: sign-ins are swept, and their ids are never reused.
    `ALTER TABLE grants ADD COLUMN sign_in_id ${integer}`,
    `ALTER TABLE sessions ADD COLUMN sign_in_id ${integer}`,
  ],
};
