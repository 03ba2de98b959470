/** What PostgreSQL, a pooler in front of it, and the wire may throw, and what it means for an act or a read. */
import pg from 'pg';
import { Refusal } from '../../core/refusal.ts';
import { StoreUnavailable } from '../../core/unavailable.ts';

/**
 * Statements that are wrong (classes 22, 23, 42) are our own mistakes and are thrown unchanged. Everything else (no connection, a
 * shutdown, no space, a time-out) means that the store is unavailable now.
 */
export function translate(error: unknown): Error {
  const state = sqlState(error);
  if (isMistake(error)) return error;
  if (error instanceof StoreUnavailable || error instanceof Refusal) return error;
  if (state === '' && !isConnectionError(error) && error instanceof Error) return error;
  return new StoreUnavailable(`PostgreSQL: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** A statement is wrong, or what it should store: our own mistake. */
export const isMistake = (error: unknown): error is Error => error instanceof Error && /^(22|23|42)/.test(sqlState(error));

/**
 * Lost against others that commit at the same moment: a serialization failure, a deadlock, or (23505) a row that another act has
 * just created and that this act did not see when it looked. On the next attempt it sees it. Or a statement has an old plan.
 */
export const mayWorkAgain = (error: unknown): boolean =>
  ['40001', '40P01', '23505'].includes(sqlState(error)) || isOldPlan(error);

/**
 * A named statement was planned before a migration changed its tables; PostgreSQL refuses to change the columns of its answer.
 * Told by the routine that refuses: the message is in the language of the server.
 */
export const isOldPlan = (error: unknown): boolean =>
  sqlState(error) === '0A000' && error instanceof Error && stringProperty(error, 'routine') === 'RevalidateCachedQuery';

/**
 * There is no connection left, for now: PostgreSQL's 53300 ("too many clients already", "remaining connection slots are
 * reserved", the limits of a role or of a database), or a pooler's own words, which come under various codes.
 */
export const hasNoConnectionLeft = (error: unknown): boolean =>
  sqlState(error) === '53300' ||
  (error instanceof Error && /no more connections allowed|max(imum)? client(s| connections) (are )?reached/i.test(error.message));

/** Nothing came back in time, or the machine cannot be reached. An error that the other side sent is an answer. */
export const isSilence = (error: unknown): boolean =>
  error instanceof Error &&
  (/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/.test(stringProperty(error, 'code')) ||
    /^(Query read timeout|timeout expired|Connection terminated due to connection timeout)/.test(error.message));

/** The server answered, possibly with an error. */
export const isAnswer = (error: unknown): boolean => error instanceof pg.DatabaseError;

const isConnectionError = (error: unknown): boolean =>
  error instanceof Error &&
  (/^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|EAI_AGAIN|ENOENT)/.test(stringProperty(error, 'code')) ||
    /terminated|timeout|not queryable|connection|ended|destroyed|calling end/i.test(error.message) ||
    error instanceof AggregateError);

/** SQLSTATE: five characters; a system error's code has more. */
const sqlState = (error: unknown): string => {
  const code = error instanceof Error ? stringProperty(error, 'code') : '';
  return /^[0-9A-Z]{5}$/.test(code) ? code : '';
};

const stringProperty = (error: Error, name: string): string => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
};
