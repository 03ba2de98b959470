/** How many connections PostgreSQL can give, for `keyhouse doctor`. */
import pg from 'pg';
import { translate } from './faults.ts';
import { destroy } from './reachability.ts';
import { connectionTo, isDirect, prepareSession } from './session.ts';

const WITHIN_MS = 5000;

export interface ConnectionFigures {
  /** For ordinary users, all databases of this PostgreSQL together. */
  readonly max: number;
  readonly used: number;
  /** False: there is a pooler in between, which has limits of its own. */
  readonly isDirect: boolean;
}

/** @throws StoreUnavailable */
export async function connectionFigures(url: string): Promise<ConnectionFigures> {
  const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: WITHIN_MS, query_timeout: WITHIN_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    await prepareSession(client, { limits: false });
    const { rows } = await client.query<{ max: number; used: number }>(`
      SELECT current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS max,
        (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL) AS used`);
    return { max: rows[0]?.max ?? 0, used: rows[0]?.used ?? 0, isDirect: isDirect(client) };
  } catch (error) {
    throw translate(error);
  } finally {
    destroy(client);
  }
}
