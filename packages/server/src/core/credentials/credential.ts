import type { Actor, EventDraft } from '../audit/event.ts';
import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { InactiveState, NewUser, User } from '../users/account.ts';

export type Environment = 'live' | 'test';
/**
 * Where a credential was created. Tokens of `login` and `register` expire when the password changes, and after 90 days without
 * use.
 */
export type Source = 'login' | 'register' | 'dashboard' | 'command-line';

/** An opaque credential as it is stored: never the secret, only SHA-256 hashes (lower-case hex). */
export interface Credential {
  readonly id: number;
  readonly kind: 'token' | 'key';
  readonly environment: Environment;
  readonly accountId: number;
  /** The user that a token speaks for; null for keys. */
  readonly userId: number | null;
  readonly name: string;
  readonly source: Source;
  /** Null: everything of the account. */
  readonly permissions: readonly string[] | null;
  /** CIDR blocks that requests may come from; null: any. */
  readonly addresses: readonly string[] | null;
  readonly hash: string;
  readonly previousHash: string | null;
  readonly previousEndsAtMs: number | null;
  readonly createdAtMs: number;
  readonly rotatedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** Null: it was created before this was recorded, and the audit log does not say either. */
  readonly createdBy: Actor | null;
  /** Since when it holds these permissions; null: since it was created. */
  readonly permissionsChangedAtMs: number | null;
}

/** The permissions and addresses before the last narrowing, while that can be undone. */
export interface Undo {
  readonly permissions: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  readonly narrowedAtMs: number;
  readonly endsAtMs: number;
}

/** Where a credential came from, as it is shown. */
export interface Imported {
  /** `sanctum`, `csv`, `better-auth`, `unkey`, or what the operator called it. */
  readonly origin: string;
  /** What may be shown of its secret, such as `12|` or `proj_`. */
  readonly startsWith: string;
}

export interface CredentialWithUse extends Credential {
  /** Where it was imported from; null: it was created here. */
  readonly imported: Imported | null;
  readonly use: Use;
}

/** Written apart from the request; at most a few seconds behind. */
export interface Use {
  readonly requests: number;
  readonly lastUsedAtMs: number | null;
  readonly lastAddress: string | null;
  readonly lastUserAgent: string | null;
  /** The same for the previous secret. */
  readonly previousRequests: number;
  /** At a rotation: when the old secret was used last; after that, its uses during the overlap. */
  readonly previousLastUsedAtMs: number | null;
  readonly previousLastAddress: string | null;
  readonly previousLastUserAgent: string | null;
}

/** A permission that requests asked for, and were granted, on one day (UTC). */
export interface PermissionUse {
  readonly credentialId: number;
  readonly permission: string;
  /** Days since 1970 (UTC). */
  readonly day: number;
  readonly requests: number;
  readonly lastUsedAtMs: number;
}

/** The same, summed: since a first day, and within that since a later one. */
export interface PermissionSums {
  readonly credentialId: number;
  readonly permission: string;
  readonly requests: number;
  readonly recentRequests: number;
  readonly lastUsedAtMs: number;
}

/** The owner that it must have: tokens are looked up by their user, keys by their account. */
export interface Owned {
  readonly kind: 'token' | 'key';
  readonly id: number;
  readonly userId?: number;
  readonly accountId?: number;
}

/** A credential with what else decides about it: the state of its owner. */
export interface CredentialWithOwner extends Credential {
  /** Since when the account, or the user whose personal account it is, is disabled or deleted. */
  readonly ownerDisabledAtMs: number | null;
  /** Since when the account is suspended. */
  readonly accountSuspendedAtMs: number | null;
  /** Read for tokens, whose expiry may depend on it; null for keys. */
  readonly lastUsedAtMs: number | null;
}

export interface NewCredential {
  readonly kind: 'token' | 'key';
  readonly environment: Environment;
  readonly accountId: number;
  readonly userId: number | null;
  readonly name: string;
  readonly source: Source;
  readonly permissions: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  readonly hash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

export interface UseDelta {
  readonly credentialId: number;
  readonly requests: number;
  readonly previousRequests: number;
  readonly lastUsedAtMs: number;
  readonly lastAddress: string | null;
  readonly lastUserAgent: string | null;
  readonly previousLastUsedAtMs: number | null;
  readonly previousLastAddress: string | null;
  readonly previousLastUserAgent: string | null;
  /** The days (since 1970, UTC) on which the requests are counted. */
  readonly day: number;
}

/** Whether an account has active credentials, and the recent use of all that it has or had. */
export interface UseOfAccount {
  /** Neither revoked nor expired. */
  readonly hasToken: boolean;
  readonly hasKey: boolean;
  /** Ever, as far as it is recorded. */
  readonly hasRequest: boolean;
  /** Sums over all credentials; days without a request are left out. */
  readonly byDay: readonly { readonly day: number; readonly requests: number }[];
  readonly last: {
    readonly atMs: number;
    readonly credentialName: string;
    readonly address: string | null;
    readonly userAgent: string | null;
  } | null;
}

/** What can be wrong with a credential depends only on this. */
export type JudgedCredential = Pick<Credential, 'id' | 'kind' | 'name' | 'createdAtMs' | 'rotatedAtMs' | 'expiresAtMs'> & {
  readonly use: { readonly lastUsedAtMs: number | null };
};

export interface CredentialsStore {
  /** One indexed row by the hash of what was presented (the current or the previous secret's). */
  findTokenById(id: number): MaybePromise<CredentialWithOwner | null>;
  findKeyByHash(hash: string): MaybePromise<CredentialWithOwner | null>;
  getCredential(kind: 'token' | 'key', id: number): Promise<CredentialWithUse | null>;
  /** Those of these ids that exist, in one query. */
  findCredentials(ids: readonly number[]): Promise<readonly Credential[]>;
  /** Newest first; revoked ones only when asked for. `userId` lists tokens of a user, `accountId` keys of an account. */
  listCredentials(filter: {
    kind: 'token' | 'key';
    userId?: number;
    accountId?: number;
    withRevoked: boolean;
    beforeId?: number;
    limit: number;
  }): Promise<readonly CredentialWithUse[]>;
  /**
   * Creates one, in an account that is active. `too_many`: the account (of a key) or the user (of a token) has as many active
   * ones as `core/lib/ceilings.ts` says, or `limit`.
   */
  issue(input: {
    credential: NewCredential;
    limit?: number;
    event: EventDraft;
  }): Promise<Credential | 'too_many' | InactiveState>;
  /** A new user, the personal account and a first token in one act; null if the address is taken. */
  register(input: {
    user: NewUser;
    /** The network of the registration, remembered as one that this user signs in from. */
    addressHash: string | null;
    token: Omit<NewCredential, 'accountId' | 'userId'>;
    events: readonly EventDraft[];
  }): Promise<{ user: User; token: Credential } | null>;
  /**
   * A token for a user who has just signed in; remembers the address. Null if the user is gone, disabled, or has another password
   * by now. `suspended`: the personal account is. If a user has as many log-in tokens as `core/lib/ceilings.ts` allows, the one
   * unused for longest is revoked in the same act.
   */
  issueAtSignIn(input: {
    userId: number;
    /** The hash that the password was verified against: a token must not outlive the change of its password. */
    passwordHash: string;
    /** Whether one was given. If not, the result is null while two-step verification is on. */
    secondFactor: boolean;
    addressHash: string | null;
    token: Omit<NewCredential, 'accountId' | 'userId'>;
    events: readonly EventDraft[];
  }): Promise<{ user: User; token: Credential } | 'suspended' | null>;
  /**
   * Replaces permissions and addresses by narrower ones (core has checked that they are narrower). JWTs minted from the key that
   * hold more than `permissions`, or all when addresses changed, are revoked in the same act. Null when it is gone or revoked, or
   * has changed since `expected` was read.
   */
  narrow(input: {
    kind: 'token' | 'key';
    id: number;
    expected: { permissions: readonly string[] | null; addresses: readonly string[] | null };
    permissions: readonly string[] | null;
    addresses: readonly string[] | null;
    nowMs: number;
    /**
     * Until when it can be undone; null: never, and neither can an earlier one. A narrowing that changes nothing does not affect
     * an earlier one.
     */
    undoEndsAtMs: number | null;
    event: EventDraft;
  }): Promise<Credential | null>;
  /** Null: there is nothing to undo, or it is too late. */
  findUndo(input: { credentialId: number; nowMs: number }): Promise<Undo | null>;
  /**
   * Gives back exactly the permissions and addresses from before the last narrowing, once. The event's authority decides whether
   * the actor may. `gone`: it was revoked, undone, or it is too late.
   */
  undoNarrowing(input: Owned & { nowMs: number; event: EventDraft }): Promise<'done' | 'gone'>;
  /** Deletes what can no longer be undone. True when more is left. */
  sweepNarrowings(input: { nowMs: number; limit: number }): Promise<boolean>;
  /**
   * Puts a new hash in place if `currentHash` is still the newest; the old one works until `overlapEndsAtMs`, the one before it
   * ends at once. `revokeJwts`: also revokes the JWTs minted so far. Null if another hash is the newest, or the credential is
   * revoked.
   */
  rotate(input: {
    kind: 'token' | 'key';
    id: number;
    currentHash: string;
    newHash: string;
    overlapEndsAtMs: number | null;
    nowMs: number;
    revokeJwts: boolean;
    event: EventDraft;
  }): Promise<Credential | null>;
  /** Revokes it and, for a key, every JWT minted from it. False if it does not exist or is already revoked. */
  revoke(input: {
    kind: 'token' | 'key';
    id: number;
    /** When given, only a credential of this user (tokens) or account (keys). */
    userId?: number;
    accountId?: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /** Changes the name. False if it does not exist or is revoked. */
  rename(input: Owned & { name: string; event: EventDraft }): Promise<boolean>;
  /** Ends the previous secret at once. False if there is no active one. */
  endOverlap(input: Owned & { nowMs: number; event: EventDraft }): Promise<boolean>;
  /**
   * Changes when the previous secret expires, but never beyond MAX_OVERLAP_SECONDS after the rotation. False if it has expired.
   */
  extendOverlap(input: Owned & { endsAtMs: number; nowMs: number; event: EventDraft }): Promise<boolean>;
  recordUse(input: { uses: readonly UseDelta[]; permissions: readonly PermissionUse[] }): Promise<void>;
  /** Requests per day since a day (days since 1970, UTC), of all these credentials in one query. */
  useByDay(
    credentialIds: readonly number[],
    sinceDay: number,
  ): Promise<readonly { credentialId: number; day: number; requests: number }[]>;
  /** The cost does not depend on the number of credentials. */
  useOfAccount(input: { accountId: number; sinceDay: number; nowMs: number }): Promise<UseOfAccount>;
  /**
   * The active ones of an account in pages: first those that never expire, then those that expire first. `after`: the last one of
   * the previous page. Each is judged where it is read, so that neither what it holds nor what it used is carried along.
   */
  listJudged(input: {
    accountId: number;
    kind: 'token' | 'key';
    after: Pick<Credential, 'id' | 'expiresAtMs'> | null;
    limit: number;
    nowMs: number;
  }): Promise<readonly (JudgedCredential & { readonly tooWideSinceMs: number | null })[]>;
  /** Which permissions were used since a day, without how often; the cost does not grow with the number of days. */
  usedPermissions(input: {
    credentialIds: readonly number[];
    sinceDay: number;
  }): Promise<readonly { readonly credentialId: number; readonly permission: string }[]>;
  /** Which permissions were used, summed by credential and permission, in one query. */
  permissionUse(input: {
    credentialIds: readonly number[];
    sinceDay: number;
    recentSinceDay: number;
  }): Promise<readonly PermissionSums[]>;
  /** Since when this database counts which permissions are used. */
  permissionsObservedSinceMs(): Promise<number>;
  /** Deletes counts of days before a day number. True when more is left. */
  sweepUse(input: { beforeDay: number; limit: number }): Promise<boolean>;
  sweepPermissionUse(input: { beforeDay: number; limit: number }): Promise<boolean>;
}
