/** When a JWT of the session was seen last, by a server or a guard; NULL: never. `last_used_at_ms` is for its refreshes. */
import type { Migration } from './migration.ts';

export const guardUse: Migration = {
  name: '0006-guard-use',
  statements: ({ integer }) => [`ALTER TABLE sessions ADD COLUMN seen_at_ms ${integer}`],
};
