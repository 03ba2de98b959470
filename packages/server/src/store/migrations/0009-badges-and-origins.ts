/** Which badges an application lost and why, and from which sign-in a grant or a session was given. */
import type { Migration } from './migration.ts';

/** What a badge vouches for, as the log names it when it changes. */
const VOUCHED = [
  'name',
  'homePage',
  'logo',
  'redirectUris',
  'postLogoutRedirectUris',
  'permissions',
  'optionalPermissions',
  'ownPermissions',
  'jwks',
];

/** An expression: what an owner changed since the application was verified, such as `,"name","logo"`; empty: nothing. */
const changedSince = VOUCHED.map(
  (what) => `CASE WHEN EXISTS (
    SELECT 1 FROM audit_events
    WHERE audit_events.account_id = applications.account_id AND event = 'application.updated' AND actor != 'operator'
      AND at_ms > applications.verified_at_ms
      AND details LIKE '%"client_id":"' || applications.client_id || '"%' AND details LIKE '%"changed":[%"${what}"%'
  ) THEN ',"${what}"' ELSE '' END`,
).join(' || ');

export const badgesAndOrigins: Migration = {
  name: '0009-badges-and-origins',
  statements: ({ integer, text, jsonString, nowMs }) => [
    // JSON: which badges a change took away, what has changed since the operator looked, and when. NULL: none was lost.
    `ALTER TABLE applications ADD COLUMN lost_badges ${text}`,
    // The operator did not look at what has changed since.
    `UPDATE applications
      SET lost_badges = '{"badges":["verified"' || CASE is_first_party WHEN 1 THEN ',"first_party"' ELSE '' END || '],"changed":['
          || substr(${changedSince}, 2) || CASE is_first_party WHEN 1 THEN ',"owner"' ELSE '' END || '],"atMs":' || CAST(${nowMs} AS ${text}) || '}',
        verified_at_ms = NULL, is_first_party = 0
      WHERE verified_at_ms IS NOT NULL AND deleted_at_ms IS NULL
        AND account_id NOT IN (SELECT id FROM accounts WHERE kind = 'operator') AND ${changedSince} != ''`,
    // Only applications of the operator's account can be first-party.
    `UPDATE applications
      SET lost_badges = '{"badges":["first_party"],"changed":["owner"],"atMs":' || CAST(${nowMs} AS ${text}) || '}', is_first_party = 0
      WHERE is_first_party = 1 AND account_id NOT IN (SELECT id FROM accounts WHERE kind = 'operator')`,
    // The log says why, as it does when a change takes one away.
    `INSERT INTO audit_events (event, at_ms, actor, account_id, details)
      SELECT 'application.badges_lost', ${nowMs}, 'server', account_id,
        '{"application":' || ${jsonString('name')} || ',"client_id":"' || client_id || '","through":"migration",' || substr(lost_badges, 2)
      FROM applications WHERE lost_badges IS NOT NULL AND deleted_at_ms IS NULL ORDER BY id`,
    // The sign-in in which it was last given something new. No foreign key: sign-ins are swept, and their ids are never reused.
    `ALTER TABLE grants ADD COLUMN sign_in_id ${integer}`,
    `ALTER TABLE sessions ADD COLUMN sign_in_id ${integer}`,
  ],
};
