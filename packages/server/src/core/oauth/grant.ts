/**
 * A grant: what one user allowed one application to do in one account. Never more than was asked, limited by the user's current
 * role there.
 */
import type { EventDraft } from '../audit/event.ts';
import type { NewSession, SessionState } from '../sessions/session.ts';

export interface Grant {
  readonly id: number;
  readonly userId: number;
  readonly applicationId: number;
  readonly accountId: number;
  readonly permissions: readonly string[];
  /** Optional ones that were left out: they are not asked for again. */
  readonly declined: readonly string[];
  /** `openid` and similar. */
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** A grant as its user sees it: *Connected applications*. */
export interface ConnectedApplication extends Grant {
  readonly clientId: string;
  readonly name: string;
  readonly homePage: string | null;
  readonly hasLogo: boolean;
  readonly isVerified: boolean;
  readonly isFirstParty: boolean;
  readonly accountName: string;
  /** Of its sessions; null: none was opened. */
  readonly lastUsedAtMs: number | null;
  readonly liveSessions: number;
}

/** What a code is valid for; kept with its hash. */
export interface CodeData {
  readonly applicationId: number;
  /** As it was asked for; null if it was left out because only one is registered. */
  readonly redirectUri: string;
  /** Whether the request named it: then the redemption must, too (RFC 6749 §4.1.3). */
  readonly isRedirectUriNamed: boolean;
  /** `code_challenge` (RFC 7636), S256. */
  readonly challenge: string;
  readonly permissions: readonly string[];
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  readonly signedInAtMs: number;
  /** The sign-in in which it was given. */
  readonly signInId: number;
}

export interface StoredCode {
  readonly data: CodeData;
  readonly endsAtMs: number;
  /** The session that it opened; null: it is unused. */
  readonly sessionId: string | null;
}

/**
 * `used`: by somebody before; the session that it opened has ended now. `over`: it, its grant, its user or its application has
 * ended.
 */
export type Redeemed =
  | { readonly outcome: 'redeemed'; readonly sessionState: SessionState }
  | { readonly outcome: 'used' | 'over' };

/** What the user allows an application now. */
export interface Allowance {
  readonly permissions: readonly string[];
  readonly declined: readonly string[];
  readonly scopes: readonly string[];
  /** Granting something new needs a proof that is not older than this; what was granted before needs none. */
  readonly provedSinceMs: number;
  /** `granted`: a new grant. `widened`: more than before. Both send a mail. `repeated`: nothing new. */
  readonly events: { readonly granted: EventDraft; readonly widened: EventDraft; readonly repeated: EventDraft };
}

/**
 * `gone`: the sign-in, the user's membership of the account, the application or the grant has ended. `changed`: the application
 * has changed since the decision. `proof_required`: something new would be granted, and the last proof is too old.
 */
export type GivenCode = 'given' | 'gone' | 'changed' | 'proof_required';

export interface GrantsStore {
  /** Active ones of one user to one application, newest first. */
  grantsOf(about: { userId: number; applicationId: number }): Promise<readonly Grant[]>;
  /** Active ones, most recently used first. */
  listConnected(userId: number, nowMs: number): Promise<readonly ConnectedApplication[]>;
  /** Ends a grant with every session under it, and their JWTs. False if this user has no such grant. */
  endGrant(input: { id: number; userId: number; nowMs: number; event: EventDraft }): Promise<boolean>;
  /**
   * Writes a code, and the consent before it: what was asked for and allowed is granted; what was asked for and not allowed is
   * not granted any more.
   */
  giveCode(input: {
    userId: number;
    applicationId: number;
    accountId: number;
    signInId: number;
    /** The application's state that the decision used; it may have changed in the meantime. */
    expects: {
      readonly redirectUri: string;
      /** A permission is for verified applications only. */
      readonly isVerified: boolean;
      /** The user was not asked, because the application is the operator's own. */
      readonly isFirstParty: boolean;
    };
    /** Null: nothing was asked, the grant stays as it is. */
    allow: Allowance | null;
    code: { hash: string; data: CodeData; endsAtMs: number };
    nowMs: number;
  }): Promise<GivenCode>;
  findCode(hash: string): Promise<StoredCode | null>;
  /** Uses a code up and opens its session: of many requests at once exactly one gets it. */
  redeemCode(input: {
    hash: string;
    session: NewSession;
    nowMs: number;
    events: { readonly opened: EventDraft; readonly reused: EventDraft };
  }): Promise<Redeemed>;
}
