/** When a JWT of the session was seen last, by a server or a guard; NULL: never. Of its refreshes `last_used_at_ms` tells. */
import type { Migration } from './migration.ts';

export const guardUse: Migration = {
  name: '0006-guard-use',
  statements: ({ integer }) => [`ALTER TABLE sessions ADD COLUMN seen_at_ms ${integer}`],
};
