/**
 * A refusal in plain words, built from the record: the same sentence at the command line and in the dashboard. The caller looks
 * up names, since the record holds only ids.
 */
import { permits, proxyOfUnreadable } from '@keyhouse/protocol';
import { mapOf } from '../lib/map-of.ts';
import type { ListedEvent } from './event.ts';
import { adviceOnQuestion, sayQuestion } from './explain-question.ts';

export interface Names {
  /** Of the token or key; null: it has none, or it must not be shown. */
  readonly credential: string | null;
  readonly account: string | null;
}

export interface Explanation {
  readonly requestId: string | null;
  readonly at: number;
  /** 401, 403 or 503, as the request was answered. */
  readonly status: number;
  readonly reason: string;
  readonly sentence: string;
  /** What to do about it; null: no known remedy. */
  readonly advice: string | null;
}

/** What a record says. Records of older versions say less. */
interface Record {
  readonly kind: string | null;
  readonly shape: string | null;
  readonly lacking: string | null;
  readonly wanted: readonly string[];
  /** Undefined: not recorded. Null: everything. */
  readonly held: readonly string[] | null | undefined;
  readonly allowed: readonly string[] | null;
  readonly expiresAtMs: number | null;
  readonly clientId: string | null;
  readonly method: string | null;
  readonly isGuard: boolean;
  /** What is wrong with the question of a gateway, and in which headers. */
  readonly fault: string | null;
  readonly headers: readonly string[];
}

export function explainRefusal(event: ListedEvent, names: Names): Explanation {
  const reason = event.reason ?? 'unknown';
  const record = readRecord(event.details);
  const status = statusOf(reason);
  const what = whatOf(event, record, names);
  const said = SENTENCES.get(reason)?.(what, record, event) ?? `${what} was refused: ${reason.replaceAll('_', ' ')}.`;
  const asked = askedFor(record, event.person?.path ?? null);
  const by = record.isGuard ? ' The refusal came from a guard.' : '';
  return {
    ...{ requestId: event.requestId, at: event.atMs, status, reason },
    sentence: `Refused with ${status}: ${said}${asked}${by}`,
    advice: adviceOn(reason, record, event),
  };
}

function adviceOn(reason: string, record: Record, { person }: ListedEvent): string | null {
  const unquestioned = reason === 'forbidden' ? adviceOnQuestion(record) : null;
  if (unquestioned !== null) return unquestioned;
  if (reason === 'address_not_allowed' && proxyOf(person?.address) !== null) return FIX_THE_PROXY;
  return ADVICE.get(reason) ?? null;
}

/** The proxy that sent a client address which cannot be read. */
const proxyOf = (address: string | undefined): string | null => (address === undefined ? null : proxyOfUnreadable(address));

const FIX_THE_PROXY =
  'Configure the proxy to send the address of the client in X-Forwarded-For, such as 203.0.113.7 or [2001:db8::7]:443, and not "unknown" or a hidden name.';

const FORBIDDEN = new Set(['forbidden', 'role', 'plain_http']);
const AWAY = new Set(['issuer_away', 'stale', 'unavailable']);
const statusOf = (reason: string): number => (FORBIDDEN.has(reason) ? 403 : AWAY.has(reason) ? 503 : 401);

type Say = (what: string, record: Record, event: ListedEvent) => string;

/** For each reason what happened, with the facts that decided. */
const SENTENCES: ReadonlyMap<string, Say> = mapOf<Say>({
  forbidden: sayForbidden,
  role: (what) => `${what} has a role that does not allow this.`,
  missing: () => 'no credential was sent.',
  two_credentials: () => 'the request had two Authorization headers.',
  plain_http: () => 'the credential came over plain HTTP from another machine.',
  scheme: () => 'the Authorization header is not of the form "Bearer <credential>".',
  malformed: (_, record) =>
    `what was sent is not a credential of this server${shapeOf(record)}. It may be incomplete, changed, or something else.`,
  unknown: (_, record) =>
    `this server does not know ${UNKNOWN.get(record.shape ?? '') ?? 'this credential'}. Its format is right, but it was not created on this server, or it was deleted.`,
  inactive: () => 'Keyhouse told the guard that this credential is not valid. It was revoked, or it never existed.',
  revoked: (what) => `${what} was revoked.`,
  expired: (what, { expiresAtMs }) => `${what} has expired${expiresAtMs === null ? '' : `, at ${timeOf(expiresAtMs)}`}.`,
  unused: (what) => `${what} was not used for 90 days.`,
  superseded: (what) => `${what} was rotated, and this is its previous secret. The overlap has ended.`,
  owner_disabled: (what) => `the owner of ${what} is disabled.`,
  account_suspended: (what) => `the account of ${what} is suspended.`,
  address_not_allowed: (what, { allowed }, { person }) => {
    const proxy = proxyOf(person?.address);
    const allows = allowed === null ? '' : `. It allows ${listOf(allowed)}`;
    if (proxy === null) return `${what} may not be used from ${person?.address ?? 'this address'}${allows}.`;
    return `${what} may only be used from certain addresses${allows}. The trusted proxy ${proxy} did not send the client’s address: its X-Forwarded-For cannot be read.`;
  },
  signature: () => 'the signature of the JWT is wrong. The JWT was changed, or this server did not sign it.',
  unknown_key: () => 'this server does not have the signing key that the JWT names, or no longer has it.',
  type: () => 'the JWT has another type. Only access tokens (at+jwt) are accepted.',
  issuer: () => 'the JWT is from another issuer.',
  audience: (what) => `${what} is for another audience.`,
  environment: (what) => `${what} is for another environment than this API accepts.`,
  not_yet_valid: (what) => `${what} is not valid yet. Compare the clocks.`,
  claims: () => 'the JWT was signed by this server, but does not have the claims of an access token.',
  client: (_, { clientId }) =>
    `the application ${clientId ?? 'in the request'} did not authenticate: its client secret or assertion is not valid.`,
  stale: () => 'the guard had not received revocations for longer than this route allows.',
  issuer_away: () => 'the guard had to ask Keyhouse about the credential, but got no answer.',
});

const ADVICE: ReadonlyMap<string, string> = mapOf<string>({
  forbidden: 'Use a credential that has the permission, or create one.',
  missing: 'Send "Authorization: Bearer <credential>".',
  two_credentials: 'Send only one Authorization header.',
  plain_http: 'Use HTTPS, and set KEYHOUSE_TRUSTED_PROXIES to the address of your proxy.',
  scheme: 'Send "Authorization: Bearer <credential>".',
  malformed: 'Copy the whole credential again.',
  unknown: 'Check that it was created on this server and for this environment.',
  revoked: 'Create another one. A revocation cannot be undone.',
  expired: 'Create another one with a later expiry.',
  superseded: 'Use the new secret in the program that still uses the previous one.',
  address_not_allowed:
    'Use it from an allowed address, or create one that allows this address. If this is the address of your own proxy, add it to KEYHOUSE_TRUSTED_PROXIES and configure it to send X-Forwarded-For.',
  issuer_away: 'Check that Keyhouse is running and that the guard can reach it.',
  stale: 'Check the lag of the guard and its connection to Keyhouse.',
});

function sayForbidden(what: string, record: Record): string {
  const { lacking, held, wanted } = record;
  const unquestioned = sayQuestion(record);
  if (unquestioned !== null) return unquestioned;
  if (lacking === null && wanted.length === 0) return `this kind of credential may not do this (${what}).`;
  const needed = wanted.length > 0 ? wanted : [lacking ?? ''];
  // A guard judged by what the credential held then; it may hold the permission by now.
  const isHeld = held !== undefined && needed.every((name) => permits(held, name));
  if (held === undefined || isHeld) return `${what} did not have ${lacking ?? listOf(needed)}.`;
  return `${what} has ${held === null ? 'everything' : listOf(held)}, but the request needed ${listOf(needed)}.`;
}

/** `key 55 (“Billing”) of account 12 (Acme)`. */
function whatOf(event: ListedEvent, { kind, clientId, shape }: Record, names: Names): string {
  const { credentialId, accountId, userId } = event;
  const owner = accountId === null ? '' : ` of account ${accountId}${names.account === null ? '' : ` (${names.account})`}`;
  const name = names.credential === null ? '' : ` (“${names.credential}”)`;
  if (credentialId !== null) {
    const noun = kind === 'token' || event.actor.startsWith('token:') ? 'token' : 'key';
    return `${kind === 'jwt' ? 'a JWT of ' : ''}${noun} ${credentialId}${name}${owner}`;
  }
  if (kind === 'session') return `a session of application ${clientId ?? '?'} for user ${userId ?? '?'}${owner}`;
  if (kind === 'application') return `application ${clientId ?? '?'}${owner}`;
  if (userId !== null) return `user ${userId}`;
  return UNKNOWN.get(shape ?? '') ?? 'the credential';
}

const UNKNOWN: ReadonlyMap<string, string> = mapOf<string>({
  token: 'this token',
  key: 'this API key',
  jwt: 'this JWT',
  foreign: 'this text, which is not in a format of Keyhouse',
});

const shapeOf = ({ shape }: Record): string => (shape === 'jwt' ? ' (it looks like a JWT)' : '');

const askedFor = ({ method }: Record, path: string | null): string =>
  method === null && path === null ? '' : ` The request was ${[method, path].filter((part) => part !== null).join(' ')}.`;

const MAX_LISTED = 20;

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const more = names.length - MAX_LISTED;
  return names.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function readRecord(details: string): Record {
  const values = JSON.parse(details) as { readonly [name: string]: unknown };
  const { kind, shape, lacking, wanted, held, allowed, expiresAtMs, client_id: clientId, method, judgedBy, fault } = values;
  return {
    ...{ kind: textOrNull(kind), shape: textOrNull(shape), lacking: textOrNull(lacking), clientId: textOrNull(clientId) },
    ...{ wanted: listOrNull(wanted) ?? [], held: held === null ? null : (listOrNull(held) ?? undefined) },
    ...{ allowed: listOrNull(allowed), expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : null },
    ...{ method: textOrNull(method), isGuard: judgedBy === 'guard' },
    ...{ fault: textOrNull(fault), headers: listOrNull(values.headers) ?? [] },
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const listOrNull = (value: unknown): readonly string[] | null => (Array.isArray(value) ? value.map(String) : null);
