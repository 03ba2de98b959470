/** What a sweep looks for is found by an index, so that a sweep with nothing to do costs nothing. */
import type { Migration } from './migration.ts';

export const sweeps: Migration = {
  name: '0019-sweeps',
  statements: () => [
    `CREATE INDEX credential_use_day ON credential_use (day)`,
    `CREATE INDEX mails_created ON mails (created_at_ms)`,
    // Those that revoke nothing; the others have an index by their end.
    `CREATE INDEX changes_plain ON changes (at_ms) WHERE before_ms IS NULL`,
  ],
};
