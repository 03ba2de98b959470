/**
 * Accounts that are suspended, by the operator or because no enabled owner is left, and who created what. For existing rows the
 * log tells who it was. The index is for lifting a suspension: its row in the list of changes is found among millions of others.
 */
import { changeNumber, MOVE_COUNTER, TAKE_COUNTER } from './changes.ts';
import type { Migration } from './migration.ts';

/** The teams with an owner who is disabled, or enabled. Deleted users own nothing. */
const ownersOf = (disabled: boolean) =>
  `SELECT members.account_id FROM members INNER JOIN users ON users.id = members.user_id
    WHERE role = 'owner' AND users.deleted_at_ms IS NULL AND users.disabled_at_ms IS ${disabled ? 'NOT NULL' : 'NULL'}`;

export const suspension: Migration = {
  name: '0012-suspension',
  statements: ({ integer, text, nowMs }) => [
    `ALTER TABLE accounts ADD COLUMN suspended_at_ms ${integer}`,
    `ALTER TABLE accounts ADD COLUMN suspended_by ${text}`,
    `ALTER TABLE accounts ADD COLUMN suspension_reason ${text}`,
    `ALTER TABLE accounts ADD COLUMN ownerless_since_ms ${integer}`,
    `ALTER TABLE credentials ADD COLUMN created_by ${text}`,
    `ALTER TABLE applications ADD COLUMN created_by ${text}`,
    `UPDATE credentials SET created_by = (
      SELECT actor FROM audit_events
      WHERE audit_events.credential_id = credentials.id AND event IN ('token.created', 'key.created')
      ORDER BY audit_events.id LIMIT 1
    )`,
    `UPDATE applications SET created_by = (
      SELECT actor FROM audit_events
      WHERE audit_events.account_id = applications.account_id AND event = 'application.created'
        AND details LIKE '%"client_id":"' || applications.client_id || '"%'
      ORDER BY audit_events.id LIMIT 1
    )`,
    // No event reports what came with a log-in or a registration, but it is the user's own.
    `UPDATE credentials SET created_by = 'user:' || CAST(user_id AS ${text})
      WHERE created_by IS NULL AND source IN ('login', 'register')`,
    // Teams whose owners were all disabled before: as if the last of them were disabled now.
    `UPDATE accounts SET ownerless_since_ms = ${nowMs}
      WHERE kind = 'team' AND deleted_at_ms IS NULL AND id IN (${ownersOf(true)}) AND id NOT IN (${ownersOf(false)})`,
    `INSERT INTO audit_events (event, at_ms, actor, account_id, details)
      SELECT 'account.suspended', ${nowMs}, 'server', id, '{"why":"no_enabled_owner","through":"migration"}'
      FROM accounts WHERE ownerless_since_ms IS NOT NULL ORDER BY id`,
    TAKE_COUNTER,
    `INSERT INTO changes (number, kind, subject_id, before_ms, at_ms)
      SELECT ${changeNumber('id')}, 'suspended-account', CAST(id AS ${text}), ownerless_since_ms, ${nowMs}
      FROM accounts WHERE ownerless_since_ms IS NOT NULL`,
    MOVE_COUNTER,
    `INSERT INTO changes (number, kind, subject_id, before_ms, at_ms)
      SELECT ${changeNumber('applications.id')}, 'suspended-application', client_id, ownerless_since_ms, ${nowMs}
      FROM applications INNER JOIN accounts ON accounts.id = applications.account_id
      WHERE ownerless_since_ms IS NOT NULL AND applications.deleted_at_ms IS NULL`,
    MOVE_COUNTER,
    `CREATE INDEX changes_suspensions ON changes (kind, subject_id)
      WHERE kind IN ('suspended-account', 'suspended-application')`,
  ],
};
