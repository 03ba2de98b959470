/** Connections to SQLite, and the one read that the skeletons need. */
import { hash } from 'node:crypto';
import SQLite from 'better-sqlite3';

/** A commit is on disk. The file is mapped, which Keyhouse does not do for safety's sake: it is one microsecond of a read. */
export function connect(path: string, { readonly }: { readonly: boolean }): SQLite.Database {
  const database = new SQLite(path, { readonly });
  if (!readonly) {
    database.pragma('journal_mode = WAL');
    database.pragma('journal_size_limit = 67108864');
  }
  database.pragma('synchronous = FULL');
  database.pragma('temp_store = MEMORY');
  database.pragma('mmap_size = 1073741824');
  return database;
}

/** A key as a check needs it. */
export interface Row {
  readonly id: number;
  readonly environment: string;
  readonly accountId: number;
  /** Null: all. */
  readonly permissions: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

/** Finds a key by its text, in a database of Keyhouse. */
export function rowFinder(database: SQLite.Database): (text: string) => Row | null {
  const statement = database
    .prepare(
      `SELECT id, environment, account_id, permissions, created_at_ms, expires_at_ms, revoked_at_ms, user_id, addresses
       FROM credentials WHERE hash = ?`,
    )
    .raw();
  type Found = [number, string, number, string | null, number, number | null, number | null];
  return (text) => {
    const found = statement.get(hash('sha256', text, 'buffer')) as Found | undefined;
    if (found === undefined) return null;
    const [id, environment, accountId, permissions, createdAtMs, expiresAtMs, revokedAtMs] = found;
    return { id, environment, accountId, permissions, createdAtMs, expiresAtMs, revokedAtMs };
  };
}

/** Remembers what `find` found, by the hash of the text. */
export function cached<Found>(find: (text: string) => Found | null): (text: string) => Found | null {
  const known = new Map<string, Found>();
  return (text) => {
    const key = hash('sha256', text, 'base64url');
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = find(text);
    if (found !== null) known.set(key, found);
    return found;
  };
}
