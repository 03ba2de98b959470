/**
 * A revocation lasts until the last JWT that it can concern has expired. Earlier ones lasted as long as the revoking process
 * allowed JWTs to be valid, which may have been too short: those that still matter are appended again, as far as the rows tell.
 */
import { changeNumber, MOVE_COUNTER, TAKE_COUNTER } from './changes.ts';
import type { Migration } from './migration.ts';

const DAY_MS = 86_400_000;
/** What servers allowed by default; one with a longer limit records it when it starts. */
const DEFAULT_JWT_DAYS = 366;
/** As in `horizon.ts`. */
const CLOCK_SLACK_MS = 60_000;

export const revocationEnds: Migration = {
  name: '0007-revocation-ends',
  statements: ({ integer, text, nowMs }) => [
    `CREATE INDEX jwts_account_end ON jwts (account_id, expires_at_ms)`,
    `INSERT INTO settings (name, value)
        SELECT 'longest_jwt_days', CAST(max(days) AS ${text}) FROM (
          SELECT ${DEFAULT_JWT_DAYS} AS days
          UNION ALL SELECT max(expires_at_ms - issued_at_ms) / ${DAY_MS} + 1 FROM jwts
        ) AS lives`,

    TAKE_COUNTER,
    // Revoked keys: none of their JWTs may pass any more, whenever it was issued.
    `INSERT INTO changes (number, kind, subject_id, before_ms, ends_at_ms, at_ms)
        SELECT ${changeNumber('key_id')}, 'credential', CAST(key_id AS ${text}), ends_at_ms, ends_at_ms, ${nowMs} FROM (
          SELECT jwts.key_id, max(jwts.expires_at_ms) + ${CLOCK_SLACK_MS} AS ends_at_ms
          FROM jwts JOIN credentials ON credentials.id = jwts.key_id
          WHERE credentials.revoked_at_ms IS NOT NULL AND jwts.expires_at_ms > ${nowMs}
          GROUP BY jwts.key_id
        ) AS revoked`,
    MOVE_COUNTER,
    // Users who were ever disabled, including those who are enabled again: earlier JWTs stay revoked. The log says when that was.
    `INSERT INTO changes (number, kind, subject_id, before_ms, ends_at_ms, at_ms)
        SELECT ${changeNumber('account_id')}, 'account', CAST(account_id AS ${text}), before_ms, ends_at_ms, ${nowMs} FROM (
          SELECT disabled.account_id, disabled.before_ms, max(jwts.expires_at_ms) + ${CLOCK_SLACK_MS} AS ends_at_ms
          FROM (
            SELECT account_id, CAST(max(at_ms) AS ${integer}) AS before_ms FROM audit_events
            WHERE event = 'user.disabled' AND account_id IS NOT NULL GROUP BY account_id
          ) AS disabled
          JOIN jwts ON jwts.account_id = disabled.account_id
          WHERE jwts.expires_at_ms > ${nowMs} AND jwts.issued_at_ms <= disabled.before_ms
          GROUP BY disabled.account_id, disabled.before_ms
        ) AS ended`,
    MOVE_COUNTER,
  ],
};
