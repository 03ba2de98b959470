/**
 * What was given under earlier limits: overlaps that could last for ever, and invitations of users who could not send them any
 * more.
 */
import type { Migration } from './migration.ts';

/** An overlap lasts at most this long; as in `core/credentials/rotate.ts`. */
const MAX_OVERLAP_MS = 7 * 86_400_000;

/** Who an invitation needs as its sender, in short: owners give every role, admins every other. */
const maySend = `SELECT 1 FROM users
  LEFT JOIN members ON members.user_id = users.id AND members.account_id = invitations.account_id
  WHERE users.id = invitations.invited_by AND users.disabled_at_ms IS NULL AND users.deleted_at_ms IS NULL
    AND (
      (invitations.account_id IS NULL AND users.is_administrator = 1) OR members.role = 'owner'
      OR (members.role = 'admin' AND invitations.role != 'owner')
    )`;

export const newLimits: Migration = {
  name: '0015-new-limits',
  statements: ({ text, nowMs }) => [
    // Not from the rotation on: users who rely on the previous secret get the same 7 days to change it.
    `UPDATE credentials SET previous_ends_at_ms = ${nowMs} + ${MAX_OVERLAP_MS} WHERE previous_ends_at_ms > ${nowMs} + ${MAX_OVERLAP_MS}`,
    `UPDATE applications SET previous_secret_ends_at_ms = ${nowMs} + ${MAX_OVERLAP_MS}
      WHERE previous_secret_ends_at_ms > ${nowMs} + ${MAX_OVERLAP_MS}`,
    `INSERT INTO audit_events (event, at_ms, actor, account_id, details)
      SELECT 'invitation.taken_back', ${nowMs}, 'server', account_id,
        '{"invitation":' || CAST(id AS ${text}) || ',"role":"' || role || '","through":"migration"}'
      FROM invitations WHERE ended_at_ms IS NULL AND expires_at_ms > ${nowMs} AND NOT EXISTS (${maySend}) ORDER BY id`,
    `UPDATE invitations SET ended_at_ms = ${nowMs}
      WHERE ended_at_ms IS NULL AND expires_at_ms > ${nowMs} AND NOT EXISTS (${maySend})`,
  ],
};
