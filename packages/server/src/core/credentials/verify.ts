/**
 * Verifies a token or an API key: one cached row, an explicit list of reasons to refuse, and a caller. No write and, when the row
 * is cached, no wait. The presented text is hashed whether or not a row is found, and hashes are compared in constant time.
 */
import { timingSafeEqual } from 'node:crypto';
import type { PresentedCredential } from '@keyhouse/protocol';
import { type AddressBlock, compileBlocks, isInBlocks } from '@keyhouse/protocol';
import type { OpaqueCaller, RefusalReason, RefusedCredential, Verdict } from '../caller.ts';
import { type Clock, DAY_MS } from '../lib/clock.ts';
import { andThen, type MaybePromise } from '../lib/maybe-promise.ts';
import { sha256Hex } from '../lib/sha256.ts';
import type { ChangeFollower } from '../revocations/follower.ts';
import { CredentialCache } from './cache.ts';
import type { Credential, CredentialsStore, CredentialWithOwner } from './credential.ts';
import type { ImportsStore } from './imported.ts';
import type { RequestSource } from './request-source.ts';

/** Tokens that came from a log-in or a registration expire after this long without use (contract, document A). */
export const UNUSED_TOKEN_DAYS = 90;

export type PresentedOpaque = Extract<PresentedCredential, { kind: 'token' | 'key' }>;

/** Where a credential is looked for: a token by its id, a key by the hash of its text. */
type Sought = { readonly kind: 'token'; readonly id: number } | { readonly kind: 'key' };

/** What was presented to somebody else, who reports only its digests. */
export type Digested =
  | { readonly kind: 'token'; readonly id: number; readonly hash: string }
  | { readonly kind: 'key'; readonly hash: string }
  | { readonly kind: 'foreign'; readonly candidates: readonly Candidate[] };

/** Checks that are left out when somebody asks about a credential instead of using it. */
export interface Judging {
  /** False: the use is not counted. Default true. */
  readonly counted?: boolean;
  /** False: where the request comes from is not judged. Default true. */
  readonly address?: boolean;
  /**
   * False: a JWT of a suspended account passes. For revoking: it would be accepted again once the account is resumed. Default
   * true.
   */
  readonly suspension?: boolean;
  /**
   * False: a JWT that was revoked passes. For revoking: a database that was set back may have lost a revocation that this server
   * knows of. Default true.
   */
  readonly revocation?: boolean;
  /** False: a JWT that has expired passes. For revoking: the clock may be ahead, and be corrected later. Default true. */
  readonly expiry?: boolean;
}

/** Who counts the use of credentials, in memory (`core/use`). */
export interface UseCounter {
  record(credentialId: number, withPreviousSecret: boolean, from: RequestSource, nowMs: number): void;
  /** Of a use that is not written yet; null: there is none. */
  lastUsedAtMs(credentialId: number): number | null;
}

export interface VerifyPorts {
  readonly credentials: Pick<CredentialsStore, 'findTokenById' | 'findKeyByHash'>;
  readonly imports: Pick<ImportsStore, 'findForeign'>;
  readonly clock: Clock;
  readonly follower: ChangeFollower;
  readonly use: UseCounter;
}

interface Entry {
  readonly credential: CredentialWithOwner;
  readonly blocks: readonly AddressBlock[] | null;
  readonly accept: Verdict & { ok: true };
  /** It was found among imported ones, and this was its id there; null: it had none. Left out for our own. */
  readonly foreignId?: string | null;
}

/** What an imported credential may be: the hash of its secret, and the id that it must have, if one was presented. */
export interface Candidate {
  readonly hash: string;
  readonly foreignId: string | null;
}

export class CredentialVerifier {
  readonly #ports: VerifyPorts;
  readonly #cache: CredentialCache<Entry>;

  constructor(ports: VerifyPorts) {
    this.#ports = ports;
    this.#cache = new CredentialCache(ports.follower);
  }

  /** Judges a credential: at once if it is cached, or the database answers at once. Rejects if the store cannot be asked. */
  verify(presented: PresentedOpaque, from: RequestSource, judging: Judging = {}): MaybePromise<Verdict> {
    const hash = hashSecret(presented.kind === 'token' ? presented.secret : presented.text);
    const waiting = this.#ports.follower.whenFresh();
    if (waiting !== undefined) return waiting.then(() => this.#verifyFresh(presented, hash, from, judging));
    return this.#verifyFresh(presented, hash, from, judging);
  }

  /**
   * Judges a text that does not have our form, among imported credentials only. Up to two reads: `12|text` may be the secret
   * `text` of number 12, or be a secret as a whole.
   */
  async verifyForeign(text: string, from: RequestSource, judging: Judging = {}): Promise<Verdict> {
    await this.#ports.follower.whenFresh();
    return await this.#verifyCandidates(candidatesOf(text), from, judging);
  }

  /** Why a credential that somebody else refused is not valid, and whose it is. It does not count as use. */
  async recognize(digested: Digested): Promise<Verdict> {
    await this.#ports.follower.whenFresh();
    if (digested.kind === 'foreign') return await this.#verifyCandidates(digested.candidates, NOWHERE, UNJUDGED);
    return await this.#verifyFresh(digested, digested.hash, NOWHERE, UNJUDGED);
  }

  /**
   * When what was presented expires if nothing else happens: with the credential, with its overlap, or because it is not used.
   * Null: never. An answer about the caller may be remembered until then.
   */
  endOf({ credentialId, expiresAtMs, secretEndsAtMs, unusedSinceMs }: OpaqueCaller): number | null {
    const lastUsedAtMs = Math.max(unusedSinceMs ?? 0, this.#ports.use.lastUsedAtMs(credentialId) ?? 0);
    const unusedEndsAtMs = unusedSinceMs === null ? null : lastUsedAtMs + UNUSED_TOKEN_DAYS * DAY_MS;
    const ends = [expiresAtMs, secretEndsAtMs, unusedEndsAtMs].filter((end) => end !== null);
    return ends.length === 0 ? null : Math.min(...ends);
  }

  async #verifyCandidates(candidates: readonly Candidate[], from: RequestSource, judging: Judging): Promise<Verdict> {
    for (const candidate of candidates) {
      const entry =
        this.#cache.get(candidate.hash) ?? (await this.#cache.fill(candidate.hash, () => this.#readForeign(candidate.hash)));
      if (entry !== null && isForeign(entry, candidate)) return this.#judgeEntry(entry, candidate.hash, from, judging);
    }
    return UNKNOWN;
  }

  async #readForeign(hash: string): Promise<Entry | null> {
    const found = await this.#ports.imports.findForeign(hash);
    if (found === null || !isEither(found.credential, hash)) return null;
    const { credential, foreignId } = found;
    const accept = { ok: true, caller: toCaller(credential, hash) } as const;
    return { credential, blocks: blocksOf(credential.addresses), accept, foreignId };
  }

  #verifyFresh(sought: Sought, hash: string, from: RequestSource, judging: Judging): MaybePromise<Verdict> {
    const cached = this.#cache.get(hash);
    if (cached !== undefined && !this.#looksUnused(cached.credential)) return this.#judge(sought, cached, hash, from, judging);
    return andThen(
      this.#cache.fill(hash, () => this.#read(sought, hash)),
      (entry) => (entry === null ? UNKNOWN : this.#judge(sought, entry, hash, from, judging)),
    );
  }

  #read(sought: Sought, hash: string): MaybePromise<Entry | null> {
    const { credentials } = this.#ports;
    const reading = sought.kind === 'token' ? credentials.findTokenById(sought.id) : credentials.findKeyByHash(hash);
    return andThen(reading, (credential) => {
      if (credential === null || !isEither(credential, hash)) return null;
      return { credential, blocks: blocksOf(credential.addresses), accept: { ok: true, caller: toCaller(credential, hash) } };
    });
  }

  #judge(sought: Sought, entry: Entry, hash: string, from: RequestSource, judging: Judging): Verdict {
    // A secret is valid only with the id that it was created with. A report by digest may be wrong about the kind, and both share
    // a cache.
    if (sought.kind !== entry.credential.kind || (sought.kind === 'token' && sought.id !== entry.credential.id)) return UNKNOWN;
    return this.#judgeEntry(entry, hash, from, judging);
  }

  #judgeEntry(entry: Entry, hash: string, from: RequestSource, { counted = true, address = true }: Judging): Verdict {
    const { credential, accept } = entry;
    const nowMs = this.#ports.clock.now();
    const reason = reasonToRefuse(entry, hash, address ? from : null, nowMs, this.#lastUsedAtMs(credential));
    if (reason !== null) return refuse(credential, reason);
    if (counted) this.#ports.use.record(credential.id, credential.previousHash === hash, from, nowMs);
    return accept;
  }

  /** A cached row may not know of use on another server; if it would decide, it is read again. */
  #looksUnused(credential: CredentialWithOwner): boolean {
    return isUnused(credential, this.#lastUsedAtMs(credential), this.#ports.clock.now());
  }

  #lastUsedAtMs(credential: CredentialWithOwner): number {
    return Math.max(credential.lastUsedAtMs ?? 0, this.#ports.use.lastUsedAtMs(credential.id) ?? 0, credential.createdAtMs);
  }
}

/** The text after the first bar, with the text before it; then the whole text. */
function candidatesOf(text: string): readonly Candidate[] {
  const whole = { hash: hashSecret(text), foreignId: null };
  const bar = text.indexOf('|');
  if (bar < 1) return [whole];
  return [{ hash: hashSecret(text.slice(bar + 1)), foreignId: text.slice(0, bar) }, whole];
}

/** Before a bar is the id of a token; keys are presented as a whole. */
const isForeign = ({ credential, foreignId }: Entry, candidate: Candidate): boolean =>
  foreignId !== undefined && (candidate.foreignId === null || (credential.kind === 'token' && candidate.foreignId === foreignId));

/** SHA-256, lower-case hex: this is what is stored of a secret. */
export const hashSecret = (secret: string): string => sha256Hex(secret);

/** Every reason to refuse a known credential, in order. */
export function reasonToRefuse(
  { credential, blocks }: Pick<Entry, 'credential' | 'blocks'>,
  hash: string,
  from: RequestSource | null,
  nowMs: number,
  lastUsedAtMs: number,
): RefusalReason | null {
  if (credential.revokedAtMs !== null) return 'revoked';
  if (hash !== credential.hash && (credential.previousEndsAtMs ?? 0) <= nowMs) return 'superseded';
  if (credential.expiresAtMs !== null && credential.expiresAtMs <= nowMs) return 'expired';
  if (isUnused(credential, lastUsedAtMs, nowMs)) return 'unused';
  if (credential.ownerDisabledAtMs !== null) return 'owner_disabled';
  if (credential.accountSuspendedAtMs !== null) return 'account_suspended';
  if (from !== null && blocks !== null && !isInBlocks(from.address, blocks)) return 'address_not_allowed';
  return null;
}

const isUnused = (credential: CredentialWithOwner, lastUsedAtMs: number, nowMs: number): boolean =>
  endsUnused(credential) && nowMs - lastUsedAtMs > UNUSED_TOKEN_DAYS * DAY_MS;

const endsUnused = ({ source }: CredentialWithOwner): boolean => source === 'login' || source === 'register';

/** Null: there is no list, and every address is allowed. */
export const blocksOf = (addresses: readonly string[] | null): readonly AddressBlock[] | null =>
  addresses === null ? null : compileBlocks(addresses);

const isEither = (credential: CredentialWithOwner, hash: string): boolean => {
  const isCurrent = equalHashes(credential.hash, hash);
  const isPrevious = credential.previousHash !== null && equalHashes(credential.previousHash, hash);
  return isCurrent || isPrevious;
};

const equalHashes = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));

const NOWHERE: RequestSource = { address: null, userAgent: null };
const UNJUDGED: Judging = { counted: false, address: false };

const UNKNOWN: Verdict = Object.freeze({ ok: false, reason: 'unknown', refused: null });

const refuse = (credential: CredentialWithOwner, reason: RefusalReason): Verdict => ({
  ok: false,
  reason,
  refused: refusedCredential(credential),
});

/** What is known of a token or key, to explain why it was refused. */
export const refusedCredential = (credential: Credential): RefusedCredential => {
  const { kind, id, accountId, userId, permissions, expiresAtMs, addresses, environment } = credential;
  return { kind, credentialId: id, accountId, userId, permissions, expiresAtMs, addresses, environment };
};

const toCaller = (credential: CredentialWithOwner, hash: string): OpaqueCaller =>
  Object.freeze({
    kind: credential.kind,
    credentialId: credential.id,
    accountId: credential.accountId,
    userId: credential.userId,
    name: credential.name,
    permissions: credential.permissions,
    environment: credential.environment,
    addresses: credential.addresses,
    issuedAtMs: credential.createdAtMs,
    expiresAtMs: credential.expiresAtMs,
    hash,
    isPreviousSecret: hash !== credential.hash,
    secretEndsAtMs: hash === credential.hash ? null : credential.previousEndsAtMs,
    unusedSinceMs: endsUnused(credential) ? Math.max(credential.lastUsedAtMs ?? 0, credential.createdAtMs) : null,
  });
