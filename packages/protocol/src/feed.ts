/**
 * The revocation feed: what the server sends to those who verify offline. One message says "this is what was revoked between
 * `after` and `position`, as of `at`", and a signature goes with it. Reading is strict: a message with one member too many, too
 * few or of another form is not valid, and guards treat it as forged. Nothing here verifies a signature.
 */
import type { ChangeDraft } from './change.ts';
import { isObject, parseJsonBytes, parseStrictJson } from './json.ts';
import { isSuspensionKind } from './suspensions.ts';

/** `typ` of the signature's header: a JWT is never accepted as one of these, nor one of these as a JWT (RFC 8725 §3.11). */
export const FEED_TYPE = 'revocations+jws';
/** With a JSON answer. In a stream the signature is the second line of the event's data. */
export const FEED_SIGNATURE_HEADER = 'X-Keyhouse-Signature';
/** `<epoch>:<position>` with every introspection answer: how far the server had read the list when it answered. */
export const FEED_POSITION_HEADER = 'X-Keyhouse-Position';
export const FEED_EVENT = 'revocations';
/**
 * With an introspection request: `USE_REPORTED` says that the asker reports what it lets through, so that the request is not
 * counted as use.
 */
export const USE_HEADER = 'X-Keyhouse-Use';
export const USE_REPORTED = 'reported';
/** The most entries in one message that is not the whole list; ask again from its position. */
export const FEED_MAX_REVOCATIONS = 5000;
/** A JWT is named by the start of its `jti`: 48 bits of time and 72 random bits, so that no two are ever the same. */
export const JTI_NAME_LENGTH = 20;

export const FEED_KINDS = [
  'jti',
  'credential',
  'user',
  'account',
  'session',
  'application',
  'suspended-account',
  'suspended-application',
  'signing-keys',
] as const;
export type FeedKind = (typeof FEED_KINDS)[number];

export interface FeedRevocation extends ChangeDraft {
  readonly kind: FeedKind;
  /** For a JWT the first 20 characters of its `jti`; for the signing keys empty. */
  readonly id: string;
  /**
   * What was issued under the subject at or before this moment is revoked; null: forget what is remembered of it, nothing is
   * revoked. For a suspension: since when nothing of the subject is valid, no matter when it was issued; null: it was lifted, and
   * what was issued is valid again.
   */
  readonly beforeMs: number | null;
  /** When everything that this hits would have expired anyway; null: never. */
  readonly endsAtMs: number | null;
}

/** Revoked JWTs that expire within the same hour. */
export interface JtiGroup {
  /** The full hour by which they have expired. */
  readonly endsAtSeconds: number;
  /** 20 characters each, joined without separators. */
  readonly ids: string;
}

export interface FeedMessage extends FeedPosition {
  /** The previous position of the list; 0 for the whole list. */
  readonly after: number;
  /** When the server last knew that it had read its list to the end. */
  readonly atMs: number;
  /** Everything that is revoked, not only what is new. */
  readonly whole: boolean;
  /** Only in a whole list. */
  readonly jtis: readonly JtiGroup[];
  readonly revocations: readonly FeedRevocation[];
}

export interface FeedPosition {
  /**
   * Random text created with the database; a restored backup has another one, and positions of one say nothing about the other's.
   */
  readonly epoch: string;
  readonly position: number;
}

/** What the signature covers. */
export interface FeedSignature extends FeedPosition {
  readonly iss: string;
  readonly atMs: number;
  /** Base64url of the SHA-256 of the message's exact bytes, before compression. */
  readonly sha256: string;
}

const POSITION = /^([0-9a-f]{32}):(0|[1-9][0-9]{0,15})$/;

export const formatPosition = ({ epoch, position }: FeedPosition): string => `${epoch}:${position}`;

/** Reads `<epoch>:<position>`; null when it is anything else. */
export function parsePosition(text: string): FeedPosition | null {
  const [, epoch, digits] = POSITION.exec(text) ?? [];
  const position = Number(digits);
  return epoch !== undefined && isCount(position) ? { epoch, position } : null;
}

/** The JSON text of a message. */
export function formatFeedMessage({ epoch, after, position, atMs, whole, jtis, revocations }: FeedMessage): string {
  const groups = { jtis: jtis.map(({ endsAtSeconds, ids }) => ({ ends: endsAtSeconds, ids })) };
  const list = revocations.map(revocationOnWire);
  return JSON.stringify({ epoch, after, position, at: atMs, whole, ...(whole ? groups : {}), revocations: list });
}

const revocationOnWire = ({ kind, id, beforeMs, endsAtMs }: FeedRevocation) => ({ kind, id, before: beforeMs, ends: endsAtMs });

/** Reads a message; null if anything about it is not as the server writes it. */
export function readFeedMessage(text: string): FeedMessage | null {
  const parsed = parseStrictJson(text);
  if (!parsed.ok || !isObject(parsed.value)) return null;
  const { value } = parsed;
  const { epoch, after, position, at, whole, jtis, revocations } = value;
  if (typeof whole !== 'boolean' || !hasMembers(value, whole ? WHOLE_MEMBERS : STEP_MEMBERS)) return null;
  if (!isEpoch(epoch) || !isCount(after) || !isCount(position) || after > position || !isMs(at)) return null;
  if (whole && after !== 0) return null;
  const groups = whole ? readAll(jtis, readGroup) : [];
  const list = readAll(revocations, whole ? readLasting : readRevocation);
  if (groups === null || list === null || (!whole && list.length > FEED_MAX_REVOCATIONS)) return null;
  return { epoch, after, position, atMs: at, whole, jtis: groups, revocations: list };
}

/** Reads the signed content from a JWS whose signature was verified and whose `typ` is ours; null if it is anything else. */
export function readFeedSignature(payload: Uint8Array): FeedSignature | null {
  const value = parseJsonBytes(payload);
  if (!isObject(value) || !hasMembers(value, SIGNATURE_MEMBERS)) return null;
  const { iss, epoch, position, at, sha256 } = value;
  if (typeof iss !== 'string' || !isEpoch(epoch) || !isCount(position) || !isMs(at)) return null;
  return typeof sha256 === 'string' && SHA256.test(sha256) ? { iss, epoch, position, atMs: at, sha256 } : null;
}

/** The JSON text that is signed. */
export const formatFeedSignature = ({ iss, epoch, position, atMs, sha256 }: FeedSignature): string =>
  JSON.stringify({ iss, epoch, position, at: atMs, sha256 });

/** Whether a signature is about this message of this issuer; `sha256` is that of the message's bytes as they came. */
export const isSignatureOf = (
  signature: FeedSignature,
  message: FeedMessage,
  { issuer, sha256 }: { readonly issuer: string; readonly sha256: string },
): boolean =>
  signature.iss === issuer &&
  signature.sha256 === sha256 &&
  signature.epoch === message.epoch &&
  signature.position === message.position &&
  signature.atMs === message.atMs;

const STEP_MEMBERS = ['epoch', 'after', 'position', 'at', 'whole', 'revocations'];
const WHOLE_MEMBERS = [...STEP_MEMBERS, 'jtis'];
const SIGNATURE_MEMBERS = ['iss', 'epoch', 'position', 'at', 'sha256'];
/** Searched, not matched as a whole: a group may be 20 MB long. */
const FOREIGN = /[^\w-]/;
const SHA256 = /^[\w-]{43}$/;
const NUMBER = /^[1-9][0-9]{0,15}$/;

const ID_FORMS: Readonly<Record<FeedKind, RegExp>> = {
  jti: /^[\w-]{20}$/,
  credential: NUMBER,
  user: NUMBER,
  account: NUMBER,
  session: /^[\w-]{22}$/,
  application: /^app_[0-9A-Za-z]{22}$/,
  'suspended-account': NUMBER,
  'suspended-application': /^app_[0-9A-Za-z]{22}$/,
  'signing-keys': /^$/,
};

const hasMembers = (value: Readonly<Record<string, unknown>>, members: readonly string[]): boolean =>
  Object.keys(value).length === members.length && members.every((member) => Object.hasOwn(value, member));

function readAll<Item>(list: unknown, read: (item: unknown) => Item | null): Item[] | null {
  if (!Array.isArray(list)) return null;
  const items: Item[] = [];
  for (const each of list) {
    const item = read(each);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

function readGroup(value: unknown): JtiGroup | null {
  if (!isObject(value) || !hasMembers(value, ['ends', 'ids'])) return null;
  const { ends, ids } = value;
  if (!isCount(ends) || typeof ids !== 'string') return null;
  const isWhole = ids.length > 0 && ids.length % JTI_NAME_LENGTH === 0 && !FOREIGN.test(ids);
  return isWhole ? { endsAtSeconds: ends, ids } : null;
}

function readRevocation(value: unknown): FeedRevocation | null {
  if (!isObject(value) || !hasMembers(value, ['kind', 'id', 'before', 'ends'])) return null;
  const { kind, id, before, ends } = value;
  if (!isKind(kind) || typeof id !== 'string' || !ID_FORMS[kind].test(id)) return null;
  if (!(before === null || isMs(before)) || !(ends === null || isMs(ends))) return null;
  return { kind, id, beforeMs: before, endsAtMs: ends };
}

/**
 * A whole list has only lasting entries: nothing that caches only have to forget once (a suspension that was lifted is more than
 * that), and JWTs only in their groups.
 */
function readLasting(value: unknown): FeedRevocation | null {
  const revocation = readRevocation(value);
  if (revocation === null || revocation.kind === 'jti') return null;
  return revocation.beforeMs === null && !isSuspensionKind(revocation.kind) ? null : revocation;
}

const isKind = (value: unknown): value is FeedKind => (FEED_KINDS as readonly unknown[]).includes(value);
const isEpoch = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isMs = isCount;
