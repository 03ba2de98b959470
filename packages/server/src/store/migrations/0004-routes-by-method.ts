/** Routes by method, such as `GET,POST`, and the permission that these methods ask for. */
import type { Migration } from './migration.ts';

export const routesByMethod: Migration = {
  name: '0004-routes-by-method',
  statements: ({ text }) => [
    /* NULL: every method, and `resource` tells what is asked for. Else `resource` is empty, and no permission means public. */
    `ALTER TABLE routes ADD COLUMN methods ${text}`,
    `ALTER TABLE routes ADD COLUMN permission ${text}`,
  ],
};
