/** Opens the store. The only file that knows which database this is. */
import type { Limiter } from '../core/accounts/sign-in-limits.ts';
import type { Store } from '../core/store.ts';
import { openPostgres } from './postgres/open.ts';
import { openSqlite } from './sqlite/open.ts';

export interface OpenStoreOptions {
  /** `sqlite:PATH` (an absolute path) or `postgres://…`. */
  readonly url: string;
  /** What went wrong outside any act (a lost listening connection). */
  readonly onWarning: (message: string) => void;
  /** `check`: refuse to open when a migration is missing, instead of applying it. Default `apply`. */
  readonly migrations?: 'apply' | 'check';
}

export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  return isPostgres(options.url) ? openPostgres(options) : openSqlite(options);
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);

export interface OpenedStore extends Store {
  /** Failed proofs: counted in memory where one server runs, in the database where several may. */
  readonly limiter: Limiter;
  /** Migrations applied by this opening. */
  readonly applied: readonly string[];
}
