/**
 * A sign-in is a browser that is signed in to the dashboard. Its cookie holds 256 random bits, the store their SHA-256. It is
 * looked up at each request and never cached, so that an ended one is refused at once, on every server.
 */
import type { EventDraft } from '../audit/event.ts';
import { DAY_MS, MINUTE_MS } from '../lib/clock.ts';
import type { User } from '../users/account.ts';

/** How a user proved who they are. */
export type ProofMethod = 'password' | 'totp' | 'recovery-code' | 'passkey' | 'provider' | 'setup';

/** While two-step verification is on, every sign-in has one of them. A passkey is both steps at once. */
export const isSecondFactor = (method: ProofMethod): boolean =>
  method === 'totp' || method === 'recovery-code' || method === 'passkey';

/**
 * What a user signed in with in addition to a password, or instead of one: a passkey by its ID, or who they are at another
 * provider.
 */
export type Through =
  | { readonly passkey: string }
  /** `domains`: those that the provider may vouch for; an administrator's must be named among them. */
  | { readonly provider: string; readonly subject: string; readonly domains: readonly string[] };

export interface SignIn {
  readonly id: number;
  readonly userId: number;
  readonly createdAtMs: number;
  /** At most `SEEN_EVERY_MS` behind. */
  readonly lastSeenAtMs: number;
  /** The last time that password, passkey or provider verified the user. */
  readonly provedAtMs: number;
  readonly methods: readonly ProofMethod[];
  /** The address from which it was seen last. */
  readonly address: string | null;
  readonly userAgent: string | null;
}

export interface NewSignIn extends Omit<SignIn, 'id'> {
  /** SHA-256 (hex) of the cookie's secret. */
  readonly hash: string;
}

/** A sign-in that was unused for this long has ended. */
export const SIGN_IN_IDLE_MS = 30 * DAY_MS;
/** It ends after this long, regardless of activity. */
export const SIGN_IN_MAX_MS = 180 * DAY_MS;
/** A browser that was not used to sign in for this long is unknown again; its cookie has expired by then. */
export const BROWSER_KNOWN_FOR_MS = 365 * DAY_MS;
/** Sensitive actions require a new proof if the last one is older. */
export const PROOF_LASTS_MS = 10 * MINUTE_MS;
/** A sign-in that is used all day is written once in this time. */
export const SEEN_EVERY_MS = 5 * MINUTE_MS;

/** The idle and the absolute limit, as the store needs them. */
export const liveSince = (nowMs: number): { seenMs: number; createdMs: number } => ({
  seenMs: nowMs - SIGN_IN_IDLE_MS,
  createdMs: nowMs - SIGN_IN_MAX_MS,
});

export interface SignInsStore {
  /**
   * The sign-in and its user in one read; null if it has ended, or its user is disabled or deleted. `notBefore`: idle and
   * absolute limits.
   */
  findSignIn(hash: string, notBefore: { seenMs: number; createdMs: number }): Promise<{ signIn: SignIn; user: User } | null>;
  /** Those that have not ended, most recently seen first, at most `limit`. */
  listSignIns(userId: number, notBefore: { seenMs: number; createdMs: number }, limit: number): Promise<readonly SignIn[]>;
  /**
   * Opens a sign-in for an enabled user. `passwordHash`: only while this still is the user's, so that no sign-in outlives the
   * change of the password that opened it; null: it was not a password. `through`: only while the user still has it.
   * `browserHash` is remembered as a browser that this user signs in with, `addressHash` as such an address. Null if the user is
   * gone, disabled, or has another password by now, no longer has what they signed in with, or has turned two-step verification
   * on in between and gave no second factor.
   */
  openSignIn(input: {
    signIn: NewSignIn;
    passwordHash: string | null;
    through?: Through | null;
    browserHash: string | null;
    addressHash: string | null;
    event: EventDraft;
  }): Promise<SignIn | null>;
  /** Whether this user has signed in with this browser (hash of its long-lived cookie) before; and whether with any. */
  knowsBrowser(userId: number, browserHash: string | null): Promise<{ known: boolean; first: boolean }>;
  seeSignIn(input: { id: number; nowMs: number; address: string | null; userAgent: string | null }): Promise<void>;
  /** A proof was given again. False if the sign-in has ended, or the user has another password by now. */
  proveSignIn(input: {
    id: number;
    userId: number;
    passwordHash: string | null;
    /** Only while the user still has it. */
    through?: Through | null;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /**
   * Ends one, or all of a user except one. `withSessions`: also the sessions of applications that were granted in it, or in any
   * except that one. Returns how many sign-ins ended.
   */
  endSignIns(input: {
    userId: number;
    id?: number;
    exceptId?: number;
    withSessions?: boolean;
    nowMs: number;
    event: EventDraft;
  }): Promise<number>;
  /** Deletes those that ended, or were not seen, since before that moment. Small batches; true when more is left. */
  sweepSignIns(input: { beforeMs: number; limit: number }): Promise<boolean>;
  /** Deletes networks and browsers that nobody has signed in from since then. Small batches; true when more is left. */
  sweepKnown(input: { addressesBeforeMs: number; browsersBeforeMs: number; limit: number }): Promise<boolean>;
}
