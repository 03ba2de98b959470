/**
 * Indices by which every page, job and act finds its rows, however many there are; and the end of those that nothing reads. The
 * personal data of an event moves from a table of its own into the event's row: one insert less for each event.
 *
 * What is active is found without reading what has ended: an index of the active ones alone, in which a row is entered once and
 * from which it is taken once. No index has a column that a refresh or a verification writes, so neither of them touches one.
 */
import type { Migration } from './migration.ts';

export const pages: Migration = {
  name: '0020-pages',
  statements: ({ text }) => [
    // The newest active sessions of an application and of a user, and how many there are. `sessions_user` stays as it is: the act
    // that deletes a user finds by it those that have ended too.
    `DROP INDEX sessions_application`,
    `CREATE INDEX sessions_application ON sessions (application_id, created_at_ms) WHERE ended_at_ms IS NULL`,
    `CREATE INDEX sessions_user_active ON sessions (user_id, created_at_ms) WHERE ended_at_ms IS NULL`,
    // Nothing looks for ended sessions of a grant or of an account, and neither of the two is ever deleted.
    `DROP INDEX sessions_grant`,
    `CREATE INDEX sessions_grant ON sessions (grant_id) WHERE ended_at_ms IS NULL`,
    `DROP INDEX sessions_account`,
    `CREATE INDEX sessions_account ON sessions (account_id, user_id) WHERE ended_at_ms IS NULL`,

    // The newest JWTs of a key, which is the order of its page. It also replaces the index by account and issue: that was read
    // only for the newest JWT of an account, which is the newest one of its keys.
    `CREATE INDEX jwts_key_issued ON jwts (key_id, issued_at_ms, jti)`,
    `DROP INDEX jwts_account`,
    // Those that can still be used: a key may have any number that were revoked before they expired.
    `CREATE INDEX jwts_key_active ON jwts (key_id, expires_at_ms) WHERE revoked_at_ms IS NULL`,
    // By account and expiry: read only by acts that end an account, and by the question before them. They go through its keys too.
    `DROP INDEX jwts_account_end`,

    // When a user was seen last, in any sign-in; and their active sign-ins in that order.
    `DROP INDEX sign_ins_user`,
    `CREATE INDEX sign_ins_user ON sign_ins (user_id, last_seen_at_ms, id)`,
    `CREATE INDEX sign_ins_active ON sign_ins (user_id, last_seen_at_ms, id) WHERE ended_at_ms IS NULL`,

    // A program that logs in again and again leaves any number of revoked tokens.
    `CREATE INDEX credentials_user_active ON credentials (user_id, id) WHERE user_id IS NOT NULL AND revoked_at_ms IS NULL`,
    // The list of all keys, or all tokens, which the command line prints.
    `CREATE INDEX credentials_kind_active ON credentials (kind, id) WHERE revoked_at_ms IS NULL`,
    // Nothing reads it: reminders look at every active credential in the order of their IDs, because a secret that is old is
    // found by no expiry.
    `DROP INDEX credentials_expiring`,

    // Deleted applications, and grants that have ended, stay in their tables; nothing looks for them by account or application.
    `DROP INDEX applications_account`,
    `CREATE INDEX applications_account ON applications (account_id, id) WHERE deleted_at_ms IS NULL`,
    `CREATE INDEX applications_name ON applications (lower(name))`,
    `DROP INDEX grants_application`,
    `CREATE INDEX grants_application ON grants (application_id, id) WHERE ended_at_ms IS NULL`,
    `DROP INDEX grants_account`,
    `CREATE INDEX grants_account ON grants (account_id, id) WHERE ended_at_ms IS NULL`,

    // Few among all users.
    `CREATE INDEX users_administrators ON users (id) WHERE is_administrator = 1`,
    // The teams that a user owns, among those in which they are a member.
    `DROP INDEX members_user`,
    `CREATE INDEX members_user ON members (user_id, role)`,
    // Owners first, then in the order in which they joined.
    `CREATE INDEX members_role ON members (account_id, role, since_ms, user_id)`,

    // Open invitations of a team, and of a sender: those that have ended, or have expired, are not read.
    `DROP INDEX invitations_account`,
    `CREATE INDEX invitations_open ON invitations (account_id, expires_at_ms) WHERE ended_at_ms IS NULL`,
    `CREATE INDEX invitations_sent ON invitations (invited_by, expires_at_ms) WHERE ended_at_ms IS NULL`,
    // For the deletion of a user: invitations to the address, and the mails with them, which belong to no user.
    `CREATE INDEX invitations_email ON invitations (email_key)`,
    `CREATE INDEX mails_recipient ON mails (recipient) WHERE user_id IS NULL`,

    // The codes of a user that wait: each new one counts them.
    `CREATE INDEX authorization_codes_waiting ON authorization_codes (grant_id, ends_at_ms) WHERE session_id IS NULL`,

    `ALTER TABLE audit_events ADD COLUMN person_salt ${text}`,
    `ALTER TABLE audit_events ADD COLUMN person_data ${text}`,
    `UPDATE audit_events SET person_salt = audit_persons.salt, person_data = audit_persons.data
      FROM audit_persons WHERE audit_persons.event_id = audit_events.id`,
    `DROP TABLE audit_persons`,
  ],
};
