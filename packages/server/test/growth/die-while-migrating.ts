/** Opens a database, which migrates it, and dies by SIGKILL when a statement is about to run: `die-while-migrating.ts url statement`. */
import { createRequire } from 'node:module';
import type SQLite from 'better-sqlite3';
import { openStore } from '../../src/store/open.ts';

const [, , url = '', deadly = ''] = process.argv;
const driver = createRequire(new URL('../../package.json', import.meta.url))('better-sqlite3') as typeof SQLite;
const prototype = driver.prototype as unknown as { prepare: (this: SQLite.Database, sql: string) => SQLite.Statement };
const { prepare } = prototype;
prototype.prepare = function (sql) {
  if (sql === deadly) process.kill(process.pid, 'SIGKILL');
  return prepare.call(this, sql);
};
await openStore({ url, onWarning: () => {} });
