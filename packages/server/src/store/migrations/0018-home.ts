/** What the overview page says is true of all credentials and of the whole log, however many entries there are. */
import type { Migration } from './migration.ts';

export const home: Migration = {
  name: '0018-home',
  statements: ({ integer, text, endClustered }) => [
    // Refusals of one credential, among its other entries in the log.
    `CREATE INDEX audit_events_refused ON audit_events (credential_id, at_ms)
      WHERE event = 'request.refused' AND credential_id IS NOT NULL`,
    // Active credentials without reading those that have expired.
    `CREATE INDEX credentials_by_end ON credentials (account_id, kind, expires_at_ms, id) WHERE revoked_at_ms IS NULL`,
    // The sums of credential_use over all credentials of an account.
    `CREATE TABLE account_use (
      account_id ${integer} NOT NULL,
      day ${integer} NOT NULL,
      requests ${integer} NOT NULL,
      last_used_at_ms ${integer} NOT NULL,
      last_credential_id ${integer} NOT NULL,
      PRIMARY KEY (account_id, day)
    )${endClustered}`,
    `INSERT INTO account_use (account_id, day, requests, last_used_at_ms, last_credential_id)
      SELECT account_id, day, requests, last_used_at_ms, credential_id FROM (
        SELECT credentials.account_id, credential_use.day, credential_use.last_used_at_ms, credential_use.credential_id,
          CAST(sum(credential_use.requests + credential_use.previous_requests) OVER whole AS ${integer}) AS requests,
          row_number() OVER (whole ORDER BY credential_use.last_used_at_ms DESC, credential_use.credential_id) AS place
        FROM credential_use JOIN credentials ON credentials.id = credential_use.credential_id
        WINDOW whole AS (PARTITION BY credentials.account_id, credential_use.day)
      ) AS used WHERE place = 1`,
    `CREATE INDEX account_use_day ON account_use (day)`,
    // The newest day of permission_use for each permission of a credential.
    `CREATE TABLE permission_last_use (
      credential_id ${integer} NOT NULL,
      permission ${text} NOT NULL,
      day ${integer} NOT NULL,
      PRIMARY KEY (credential_id, permission)
    )${endClustered}`,
    `INSERT INTO permission_last_use (credential_id, permission, day)
      SELECT credential_id, permission, max(day) FROM permission_use WHERE requests > 0 GROUP BY credential_id, permission`,
    `CREATE INDEX permission_last_use_day ON permission_last_use (day)`,
  ],
};
