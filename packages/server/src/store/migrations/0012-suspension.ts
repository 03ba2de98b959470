import type { Migration } from './migration.ts';

/**
 * Accounts that are suspended, by the operator or because no enabled owner is left, and who created what. Of what was there before the log
 * tells who it was. The index is for lifting a suspension: its row in the list of changes is found among millions of others.
 */
export const suspension: Migration = {
  name: '0012-suspension',
  statements: ({ integer, text }) => [
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
    `CREATE INDEX changes_suspensions ON changes (kind, subject_id)
      WHERE kind IN ('suspended-account', 'suspended-application')`,
  ],
};
