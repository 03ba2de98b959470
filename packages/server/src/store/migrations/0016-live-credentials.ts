/** The home page judges every credential of an account that was not revoked, however many were. */
import type { Migration } from './migration.ts';

export const liveCredentials: Migration = {
  name: '0016-live-credentials',
  statements: () => [`CREATE INDEX credentials_live ON credentials (account_id, kind, id) WHERE revoked_at_ms IS NULL`],
};
