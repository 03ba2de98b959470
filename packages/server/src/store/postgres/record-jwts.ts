/**
 * `recordJwt` in one round trip, for several JWTs of one key at once. The first statement counts them, and with that takes the
 * lock that narrowing, rotating and revoking the key take too. The second begins when the lock is held, so it judges the key as
 * it is then. It records all of them or none.
 */
import { sql } from 'kysely';
import type { JwtsStore } from '../../core/jwts/jwt.ts';
import { toBytes } from '../hex.ts';
import { toJson } from '../json.ts';
import { raiseBound } from '../jwts.ts';
import { type Db, prepare } from '../prepared.ts';
import type { Database } from '../schema.ts';
import { suspendedSinceMs } from '../suspension.ts';
import { columnsOf, toNewEvent } from '../write-event.ts';

export type RecordJwt = Parameters<JwtsStore['recordJwt']>[0];

/** JWTs with the same conditions can be recorded together. */
export const conditionsOf = ({ jwt, expected, limit }: RecordJwt): string =>
  JSON.stringify([jwt.keyId, limit, expected.hash, expected.permissions, expected.addresses]);

/** The inputs have the same conditions. */
export function statementsOfRecord(db: Db, inputs: readonly [RecordJwt, ...RecordJwt[]]) {
  const { jwt, expected, limit } = inputs[0];
  return [
    raiseBound.statement(db, { keyId: jwt.keyId, by: inputs.length }),
    recordUnlessChanged.statement(db, {
      keyId: jwt.keyId,
      limit,
      hash: toBytes(expected.hash),
      permissions: toJson(expected.permissions),
      addresses: toJson(expected.addresses),
      // The strictest of the moments.
      firstIssuedMs: Math.min(...inputs.map((input) => input.jwt.issuedAtMs)),
      nowMs: Math.max(...inputs.map((input) => input.nowMs)),
      jwts: JSON.stringify(inputs.map((input) => toJwtRow(input.jwt))),
      events: JSON.stringify(inputs.map(({ event }) => columnsOf(toNewEvent(event, {})))),
    }),
  ] as const;
}

/** What the second answer says. False: none was recorded, so the act itself must decide for each. */
export const areRecorded = ({ rows: [row] }: { readonly rows: readonly { readonly recorded: number }[] }): boolean =>
  row !== undefined && row.recorded > 0;

type JwtRow = Omit<Database['jwts'], 'revoked_at_ms'>;

const toJwtRow = (jwt: RecordJwt['jwt']): JwtRow => ({
  jti: jwt.jti,
  key_id: jwt.keyId,
  account_id: jwt.accountId,
  subject: jwt.subject,
  permissions: JSON.stringify(jwt.permissions),
  signing_key_id: jwt.signingKeyId,
  issued_at_ms: jwt.issuedAtMs,
  expires_at_ms: jwt.expiresAtMs,
});

type Columns<Row> = Readonly<Record<keyof Row, 'text' | 'int8'>>;

const JWT: Columns<JwtRow> = {
  jti: 'text',
  key_id: 'int8',
  account_id: 'int8',
  subject: 'text',
  permissions: 'text',
  signing_key_id: 'text',
  issued_at_ms: 'int8',
  expires_at_ms: 'int8',
};

const EVENT: Columns<ReturnType<typeof columnsOf>> = {
  event: 'text',
  at_ms: 'int8',
  actor: 'text',
  account_id: 'int8',
  user_id: 'int8',
  credential_id: 'int8',
  request_id: 'text',
  reason: 'text',
  details: 'text',
  person_hash: 'text',
  person_salt: 'text',
  person_data: 'text',
};

const names = (columns: Readonly<Record<string, string>>) => sql.raw(Object.keys(columns).join(', '));
const typed = (columns: Readonly<Record<string, string>>) =>
  sql.raw(
    Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', '),
  );

type RecordValues = {
  readonly keyId: number;
  readonly limit: number;
  readonly hash: Buffer;
  readonly permissions: string | null;
  readonly addresses: string | null;
  readonly firstIssuedMs: number;
  readonly nowMs: number;
  /** JSON: rows. */
  readonly jwts: string;
  readonly events: string;
};

/** The conditions are those of `recordJwt`. */
const recordUnlessChanged = prepare((db, values: RecordValues) => {
  const { keyId, limit, hash, permissions, addresses, firstIssuedMs, nowMs, jwts, events } = values;
  const query = sql<{ recorded: number }>`
    WITH unchanged AS (
      SELECT FROM credentials
      JOIN jwt_counts ON jwt_counts.key_id = credentials.id
      JOIN accounts ON accounts.id = credentials.account_id
      LEFT JOIN users ON users.id = accounts.user_id
      WHERE credentials.id = ${keyId}
        AND jwt_counts.upper_bound <= ${limit} AND jwt_counts.revoked_before_ms < ${firstIssuedMs}
        AND credentials.revoked_at_ms IS NULL
        AND (credentials.hash = ${hash} OR (credentials.previous_hash = ${hash} AND credentials.previous_ends_at_ms > ${nowMs}))
        AND credentials.permissions IS NOT DISTINCT FROM ${permissions}
        AND credentials.addresses IS NOT DISTINCT FROM ${addresses}
        AND coalesce(users.disabled_at_ms, users.deleted_at_ms, accounts.deleted_at_ms, ${suspendedSinceMs}) IS NULL
    ), recorded AS (
      INSERT INTO jwts (${names(JWT)})
      SELECT ${names(JWT)} FROM unchanged, json_to_recordset(${jwts}::json) AS jwt (${typed(JWT)})
      RETURNING jti
    ), written AS (
      INSERT INTO audit_events (${names(EVENT)})
      SELECT ${names(EVENT)} FROM unchanged, json_to_recordset(${events}::json) AS event (${typed(EVENT)})
    )
    SELECT count(*) AS recorded FROM recorded`;
  return { compile: () => query.compile(db) };
});
