/**
 * Two-step verification is a setting of the user. Until now a passkey was required as a second step by itself, with no
 * alternative: it stays one only for those who also created recovery codes for it. For the others it is a way in, and the audit
 * log says so.
 */
import type { Migration } from './migration.ts';

export const twoStep: Migration = {
  name: '0010-two-step',
  statements: ({ integer, nowMs }) => [
    `ALTER TABLE users ADD COLUMN two_step_since_ms ${integer}`,
    `UPDATE users SET two_step_since_ms =
      (SELECT confirmed_at_ms FROM totp_secrets WHERE totp_secrets.user_id = users.id)`,
    `UPDATE users SET two_step_since_ms = ${nowMs}
      WHERE two_step_since_ms IS NULL
      AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id)
      AND EXISTS (SELECT 1 FROM recovery_codes WHERE recovery_codes.user_id = users.id)`,
    `INSERT INTO audit_events (event, at_ms, actor, account_id, user_id, details)
      SELECT 'user.two_step_off', ${nowMs}, 'server', accounts.id, users.id, '{"through":"migration"}'
      FROM users INNER JOIN accounts ON accounts.user_id = users.id
      WHERE two_step_since_ms IS NULL
      AND EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = users.id)`,
  ],
};
