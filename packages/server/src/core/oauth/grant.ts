/** A grant: what one user allowed one application to do in one account. Never more than was asked, capped by the role held there now. */
import type { EventDraft } from '../audit/event.ts';
import type { NewSession, Standing } from '../sessions/session.ts';

export interface Grant {
  readonly id: number;
  readonly userId: number;
  readonly applicationId: number;
  readonly accountId: number;
  readonly permissions: readonly string[];
  /** Optional ones that were left out: they are not asked for again. */
  readonly declined: readonly string[];
  /** `openid` and its like. */
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

/** What a code is good for; kept with its hash. */
export interface CodeData {
  readonly applicationId: number;
  /** As it was asked for, or null when it was left out because only one is registered. */
  readonly redirectUri: string;
  /** Whether the request named it: then the redemption must, too (RFC 6749 §4.1.3). */
  readonly isRedirectUriNamed: boolean;
  /** `code_challenge` (RFC 7636), S256. */
  readonly challenge: string;
  readonly permissions: readonly string[];
  readonly scopes: readonly string[];
  readonly nonce: string | null;
  readonly signedInAtMs: number;
  /** The sign-in by which it was given. */
  readonly signInId: number;
}

export interface StoredCode {
  readonly data: CodeData;
  readonly endsAtMs: number;
  /** The session that it bought; null: it is unused. */
  readonly sessionId: string | null;
}

/** `used`: by somebody before; the session that they bought has ended now. `over`: it, its grant, its user or its application has ended. */
export type Redeemed = { readonly outcome: 'redeemed'; readonly standing: Standing } | { readonly outcome: 'used' | 'over' };

/** What the user allows an application now. */
export interface Allowance {
  readonly permissions: readonly string[];
  readonly declined: readonly string[];
  readonly scopes: readonly string[];
  /** Granting something new needs a proof that is not older than this; what was granted before needs none. */
  readonly provedSinceMs: number;
  /** `granted`: a new grant. `widened`: more than before. Both have a mail. `repeated`: nothing new. */
  readonly events: { readonly granted: EventDraft; readonly widened: EventDraft; readonly repeated: EventDraft };
}

/**
 * `gone`: the sign-in, the user's place in the account, the application or the grant has ended. `changed`: the application has changed since it was
 * decided. `proof_required`: something new would be granted, and the last proof is too old.
 */
export type GivenCode = 'given' | 'gone' | 'changed' | 'proof_required';

export interface GrantsStore {
  /** Living ones of one user to one application, newest first. */
  grantsOf(about: { userId: number; applicationId: number }): Promise<readonly Grant[]>;
  /** Living ones, newest use first. */
  listConnected(userId: number, nowMs: number): Promise<readonly ConnectedApplication[]>;
  /** With every session under it, and their JWTs. False when there is no such grant of this user. */
  endGrant(input: { id: number; userId: number; nowMs: number; event: EventDraft }): Promise<boolean>;
  /** Writes a code, and the consent before it: what was asked for and allowed is granted, what was asked for and not allowed no longer is. */
  giveCode(input: {
    userId: number;
    applicationId: number;
    accountId: number;
    signInId: number;
    /** What was decided by; the application may have changed in the meantime. */
    expects: {
      readonly redirectUri: string;
      /** A permission is for verified applications only. */
      readonly isVerified: boolean;
      /** Nobody was asked, because it is the operator's own. */
      readonly isFirstParty: boolean;
    };
    /** Null: nothing is asked, the grant stays as it is. */
    allow: Allowance | null;
    code: { hash: string; data: CodeData; endsAtMs: number };
    nowMs: number;
  }): Promise<GivenCode>;
  findCode(hash: string): Promise<StoredCode | null>;
  /** Uses a code up and opens its session: of many at once exactly one gets it. */
  redeemCode(input: {
    hash: string;
    session: NewSession;
    nowMs: number;
    events: { readonly opened: EventDraft; readonly reused: EventDraft };
  }): Promise<Redeemed>;
}
