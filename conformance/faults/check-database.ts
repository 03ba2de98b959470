/**
 * Holds the ledger against the rows, when no server runs: what was acknowledged is stored, each code was redeemed once, and the chain over the audit log is
 * whole and contains every head that a server's log told.
 */
import { createHash } from 'node:crypto';
import SQLite from 'better-sqlite3';
import pg from 'pg';
import { verifyAudit } from '../../packages/server/src/core/audit/verify.ts';
import { openStore } from '../../packages/server/src/store/open.ts';
import type { Account, Thing } from './ledger.ts';

export interface Head {
  readonly number: number;
  readonly hash: string;
}

/** Faults in words. `isWhole`: nothing was lost by the operator's own doing, so that what was acknowledged must be there. */
export async function checkDatabase(
  url: string,
  account: Account,
  { heads = [], isWhole = true }: { heads?: readonly Head[]; isWhole?: boolean } = {},
): Promise<string[]> {
  const rows = await readRows(url);
  const faults = [...account.contradictions];
  for (const thing of account.things.values()) faults.push(...faultsOf(thing, account, rows));
  const count = (kind: string): number => [...account.things.values()].filter((thing) => thing.kind === kind).length;
  if (isWhole) {
    const redeems = count('session');
    const unanswered = (account.unansweredActs.get('redeem') ?? 0) + (account.unansweredActs.get('redeem again') ?? 0);
    if (rows.sessions.size < redeems || rows.sessions.size > redeems + unanswered)
      faults.push(`${redeems} codes were redeemed, ${unanswered} perhaps, and there are ${rows.sessions.size} sessions`);
  }
  const store = await openStore({ url, migrations: 'check', onWarning: () => {} });
  try {
    const verdict = await verifyAudit(store.audit, { noted: isWhole ? heads : [] });
    if (!verdict.ok) faults.push(`the audit chain is broken at ${verdict.number}: ${verdict.fault}`);
  } finally {
    await store.close();
  }
  return faults;
}

/** What became of the acts since that line in a database that was set back behind them; before anything else is written. */
export async function findLost(
  url: string,
  account: Account,
  since: number,
): Promise<{ count: number; rowless: readonly Thing[] }> {
  const rows = await readRows(url);
  const things = account.since(since);
  return {
    count: things.filter((thing) => faultsOf(thing, account, rows).length > 0).length,
    rowless: things.filter(
      ({ kind, text }) => (kind === 'key' || kind === 'token') && !rows.credentials.has(digest(secretOf(text))),
    ),
  };
}

interface Rows {
  /** By the hash in hex, whether it was revoked. */
  readonly credentials: ReadonlyMap<string, boolean>;
  readonly jwts: ReadonlyMap<string, boolean>;
  readonly sessions: ReadonlyMap<string, boolean>;
  /** The session that each code bought; codes are forgotten after a while. */
  readonly codes: ReadonlyMap<string, string | null>;
}

function faultsOf(thing: Thing, account: Account, rows: Rows): readonly string[] {
  const state = thing.state;
  if (thing.kind === 'key' || thing.kind === 'token') {
    const isRevoked = rows.credentials.get(digest(secretOf(thing.text)));
    if (state === 'active' && isRevoked !== false) return [`${thing.id} is ${isRevoked ? 'revoked' : 'not there'}`];
    if (state === 'ended' && isRevoked === false) return [`${thing.id} is not revoked`];
    const previous = thing.before.filter((text) => rows.credentials.has(digest(secretOf(text))));
    return previous.length === 0 || state === 'either' ? [] : [`a previous secret of ${thing.id} is there still`];
  }
  if (thing.kind === 'jwt' && thing.untilMs === null) {
    const isRevoked = rows.jwts.get(String(claimsOf(thing.text).jti));
    if (account.findState(thing, 0) === 'active' && isRevoked !== false)
      return [`${thing.id} is ${isRevoked ? 'revoked' : 'not recorded'}`];
    return state === 'ended' && isRevoked === false ? [`${thing.id} is not revoked`] : [];
  }
  if (thing.kind === 'jwt') {
    const session = thing.of === null ? undefined : account.things.get(thing.of);
    const hasEnded = rows.sessions.get(String(claimsOf(thing.text).sid));
    if (session?.state === 'active' && hasEnded !== false) return [`${session.id} is ${hasEnded ? 'ended' : 'not there'}`];
    return session?.state === 'ended' && hasEnded === false ? [`${session.id} has not ended`] : [];
  }
  if (thing.kind === 'code' && state === 'active' && rows.codes.get(digest(thing.text)) === null)
    return [`${thing.id} was redeemed and is not used up`];
  return [];
}

/** Stored is the hash of what stands after the bar of a token, or of the whole key. */
const secretOf = (text: string): string => text.slice(text.indexOf('|') + 1);
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const claimsOf = (jwt: string): { jti?: string; sid?: string } =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

const QUERIES = {
  credentials: 'SELECT hash AS name, revoked_at_ms AS state FROM credentials',
  jwts: 'SELECT jti AS name, revoked_at_ms AS state FROM jwts',
  sessions: 'SELECT id AS name, ended_at_ms AS state FROM sessions',
  codes: 'SELECT hash AS name, session_id AS state FROM authorization_codes',
} as const;

async function readRows(url: string): Promise<Rows> {
  const read = url.startsWith('sqlite:') ? fromSqlite(url.slice('sqlite:'.length)) : await fromPostgres(url);
  const asStates = async (sql: string) => {
    const map = new Map<string, boolean>();
    for (const { name, state } of await read.rows(sql)) map.set(textOf(name), state !== null);
    return map;
  };
  try {
    return {
      credentials: await asStates(QUERIES.credentials),
      jwts: await asStates(QUERIES.jwts),
      sessions: await asStates(QUERIES.sessions),
      codes: new Map(
        (await read.rows(QUERIES.codes)).map(({ name, state }) => [textOf(name), state === null ? null : String(state)]),
      ),
    };
  } finally {
    await read.close();
  }
}

const textOf = (name: unknown): string => (Buffer.isBuffer(name) ? name.toString('hex') : String(name));

type Row = { readonly name: unknown; readonly state: unknown };

function fromSqlite(file: string) {
  const database = new SQLite(file, { readonly: true });
  return {
    rows: async (sql: string) => database.prepare(sql).all() as Row[],
    close: async () => void database.close(),
  };
}

async function fromPostgres(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    rows: async (sql: string) => (await client.query(sql)).rows as Row[],
    close: () => client.end(),
  };
}
