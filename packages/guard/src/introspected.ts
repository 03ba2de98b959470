/**
 * What Keyhouse answers about a credential (RFC 7662), read as strictly as a JWT: members that say the same thing twice must
 * agree, and an answer with a missing or malformed member, or about another credential than the requested one, is not valid.
 */
import { isClientId, isObject, jtiIssuedAtMs, parseCredential, peekJws } from '@keyhouse/protocol';
import type { Caller, CallerKind } from './caller.ts';

const USER = /^user:([1-9][0-9]{0,15})$/;
const KEY = /^key:([1-9][0-9]{0,15})$/;
const TOKEN = /^token:([1-9][0-9]{0,15})$/;
const SESSION_ID = /^[\w-]{22}$/;

/** Whose it is, by kind. */
type Identity = Pick<Caller, 'userId' | 'credentialId' | 'clientId' | 'sessionId' | 'jti'>;
const NOBODY: Identity = { userId: null, credentialId: null, clientId: null, sessionId: null, jti: null };

/** `inactive`, or null if it is not an answer of Keyhouse. */
export function callerOfIntrospection(answer: unknown, issuer: string): Caller | 'inactive' | null {
  if (!isObject(answer) || typeof answer.active !== 'boolean') return null;
  if (!answer.active) return 'inactive';
  const { kind, sub, account, permissions, scope, environment, addresses, iss, iat, exp } = answer;
  if (iss !== issuer || !isKind(kind) || typeof sub !== 'string' || !isId(account)) return null;
  if (environment !== 'live' && environment !== 'test') return null;
  if (!isTextsOrNull(permissions) || !isTextsOrNull(addresses)) return null;
  if (!isSecond(iat) || !(exp === undefined || isSecond(exp))) return null;
  const identity = identityOf(kind, answer);
  if (identity === null || (identity.jti !== null && permissions === null)) return null;
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((name) => !(permissions ?? []).includes(name)) : [];
  return Object.freeze({
    ...{ ...identity, kind, accountId: account, subject: sub, environment },
    scopes: Object.freeze(kind === 'session' ? scopes : []),
    permissions: permissions === null ? null : Object.freeze([...permissions]),
    addresses: addresses === null ? null : Object.freeze([...addresses]),
    // To the millisecond, if it is known: what was revoked within the same second must be told apart.
    issuedAtMs: (identity.jti === null ? null : jtiIssuedAtMs(identity.jti)) ?? iat * 1000,
    expiresAtMs: exp === undefined ? null : exp * 1000,
  });
}

/** Whether an answer is about exactly this credential, as far as the credential itself tells. */
export function isCallerOf(text: string, caller: Caller): boolean {
  const presented = parseCredential(text);
  switch (presented.kind) {
    case 'token':
      return caller.kind === 'token' && caller.credentialId === presented.id;
    case 'key':
      return caller.kind === 'key';
    case 'jwt':
      return caller.jti !== null && peekJws(text)?.payload.jti === caller.jti;
    case 'foreign':
      return caller.kind === 'token' || caller.kind === 'key';
    case 'never-bearer':
    case 'malformed':
      return false;
  }
}

function identityOf(kind: CallerKind, answer: Readonly<Record<string, unknown>>): Identity | null {
  const { sub, client_id: client, account, jti, sid } = answer;
  const isOfSession = kind === 'session';
  if (isOfSession ? !(typeof sid === 'string' && SESSION_ID.test(sid)) : sid !== undefined) return null;
  const sessionId = typeof sid === 'string' ? sid : null;
  if (kind === 'token' || kind === 'key') {
    const credentialId = idIn(client, kind === 'token' ? TOKEN : KEY);
    const userId = idIn(sub, USER);
    const isItsOwn = kind === 'token' ? userId !== null : sub === `account:${account}`;
    return credentialId !== null && isItsOwn && jti === undefined ? { ...NOBODY, credentialId, userId } : null;
  }
  if (typeof jti !== 'string' || jtiIssuedAtMs(jti) === null) return null;
  if (kind === 'jwt') {
    const credentialId = idIn(client, KEY);
    return credentialId !== null && isOfAccount(sub, account) ? { ...NOBODY, credentialId, jti } : null;
  }
  if (typeof client !== 'string' || !isClientId(client)) return null;
  if (kind === 'application') return sub === client ? { ...NOBODY, clientId: client, jti } : null;
  const userId = idIn(sub, USER);
  return userId === null ? null : { ...NOBODY, clientId: client, userId, sessionId, jti };
}

const isOfAccount = (sub: unknown, account: unknown): boolean =>
  sub === `account:${account}` || (typeof sub === 'string' && sub.startsWith(`account:${account}:`));

function idIn(text: unknown, form: RegExp): number | null {
  const id = typeof text === 'string' ? Number(form.exec(text)?.[1]) : Number.NaN;
  return isId(id) ? id : null;
}

const isKind = (value: unknown): value is CallerKind =>
  value === 'token' || value === 'key' || value === 'jwt' || value === 'session' || value === 'application';
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
/** Seconds up to the year 9999. */
const isSecond = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 253_402_300_800;
const isTextsOrNull = (value: unknown): value is readonly string[] | null =>
  value === null || (Array.isArray(value) && value.every((item) => typeof item === 'string'));
