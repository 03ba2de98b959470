/**
 * An application: a program registered by an account that asks users for access (an OAuth client, RFC 6749 §2). Its client ID
 * begins with `app_`, so that it never looks like a user, an account or a key.
 */

import type { Actor, EventDraft } from '../audit/event.ts';
import type { StoredLogoType } from '../branding/logo.ts';
import type { SigningAlgorithm } from '../signing-keys/stored-key.ts';
import type { InactiveState } from '../users/account.ts';
import type { LostBadges } from './badge.ts';

export interface Application {
  readonly id: number;
  /** `app_` and 22 base62 characters. */
  readonly clientId: string;
  /** The account that owns it, and for which it acts by client credentials. */
  readonly accountId: number;
  readonly name: string;
  /** An http(s) URL. */
  readonly homePage: string | null;
  readonly hasLogo: boolean;
  /** Public: it cannot keep a secret (RFC 6749 §2.1). */
  readonly kind: 'public' | 'confidential';
  /** Compared as text (RFC 9700 §2.1), except for the port of a loopback address (RFC 8252 §7.3). */
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /**
   * Whether its redirect URIs may have private schemes without a dot (`cursor:`). Nobody owns such a scheme (RFC 8252 §7.1,
   * §8.4).
   */
  readonly allowsSchemesWithoutDot: boolean;
  /** The algorithm that signs its ID tokens (`id_token_signed_response_alg`, OpenID Connect Registration §2). */
  readonly idTokenAlgorithm: SigningAlgorithm;
  /** What it may ask users for; null: every permission that is grantable. */
  readonly permissions: readonly string[] | null;
  /** Which of them users may clear on the consent page. */
  readonly optionalPermissions: readonly string[];
  /** What it may do by itself, with client credentials, in the account that owns it. */
  readonly ownPermissions: readonly string[];
  /** A session expires after this long without a refresh; null: never. */
  readonly idleSeconds: number | null;
  /** A session expires this long after it was opened; null: never. */
  readonly absoluteSeconds: number | null;
  /** Public keys (JWK Set, RFC 7517) for `private_key_jwt`; null: it uses its secret. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | null;
  /** The operator's own, owned by the operator's account: users are not asked for their consent. */
  readonly isFirstParty: boolean;
  /** Since when the operator vouches for it; null: consent pages say *not verified*. */
  readonly verifiedAtMs: number | null;
  /** Badges that a change took away, and why; null: none, or the operator has looked since. */
  readonly lostBadges: LostBadges | null;
  /** When its secret was created; null: it has none. */
  readonly secretMadeAtMs: number | null;
  /** When the previous secret expires; null: there is none. */
  readonly previousSecretEndsAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Null: it was created before this was recorded, and the audit log does not say either. */
  readonly createdBy: Actor | null;
}

/** What a client authenticates with; SHA-256 (hex). Read where client authentication needs it, and nowhere else. */
export interface ApplicationWithSecrets extends Application {
  readonly secretHash: string | null;
  readonly previousSecretHash: string | null;
}

/** As the token endpoint and the authorization endpoint find it. */
export interface FoundClient extends ApplicationWithSecrets {
  readonly accountName: string;
  /** Its own JWTs issued at or before this moment were revoked, because something was taken away from it; 0: none were. */
  readonly jwtsAfterMs: number;
}

/** What its owner decides. */
export type ApplicationSettings = Pick<
  Application,
  | 'name'
  | 'homePage'
  | 'redirectUris'
  | 'postLogoutRedirectUris'
  | 'allowsSchemesWithoutDot'
  | 'idTokenAlgorithm'
  | 'permissions'
  | 'optionalPermissions'
  | 'ownPermissions'
  | 'idleSeconds'
  | 'absoluteSeconds'
  | 'jwks'
>;

/** The settings that decide what JWTs of an application and of its sessions may hold, and how long they last. */
type Rights = Pick<Application, 'permissions' | 'ownPermissions' | 'verifiedAtMs' | 'idleSeconds' | 'absoluteSeconds'>;

/** Whether JWTs that were issued before a change may hold more than they would now, or be valid for longer. */
export const narrowsApplication = (before: Rights, after: Rights, catalogue: { readonly hasSensitive: boolean }): boolean =>
  isLess(before.permissions, after.permissions) ||
  isLess(before.ownPermissions, after.ownPermissions) ||
  (catalogue.hasSensitive && before.verifiedAtMs !== null && after.verifiedAtMs === null) ||
  isShorter(before.idleSeconds, after.idleSeconds) ||
  isShorter(before.absoluteSeconds, after.absoluteSeconds);

const isLess = (before: readonly string[] | null, after: readonly string[] | null): boolean =>
  after !== null && (before === null || before.some((name) => !after.includes(name)));

const isShorter = (before: number | null, after: number | null): boolean => after !== null && (before === null || after < before);

/**
 * For an application without settings of its own: it may ask for every grantable permission, and its sessions end only when the
 * user wishes.
 */
export const DEFAULT_SETTINGS: ApplicationSettings = {
  name: '',
  homePage: null,
  redirectUris: [],
  postLogoutRedirectUris: [],
  allowsSchemesWithoutDot: false,
  idTokenAlgorithm: 'ES256',
  permissions: null,
  optionalPermissions: [],
  ownPermissions: [],
  idleSeconds: null,
  absoluteSeconds: null,
  jwks: null,
};

export interface NewApplication extends ApplicationSettings {
  readonly clientId: string;
  readonly accountId: number;
  readonly kind: Application['kind'];
  readonly isFirstParty: boolean;
  readonly verifiedAtMs: number | null;
  readonly secretHash: string | null;
  readonly createdAtMs: number;
}

/** How many active sessions are counted for a list; more is "that many or more". */
export const MAX_SESSIONS_COUNTED = 1000;

export interface ListedApplication extends Application {
  readonly accountName: string;
  /** At most MAX_SESSIONS_COUNTED. */
  readonly liveSessions: number;
}

export interface Logo {
  readonly type: StoredLogoType;
  readonly base64: string;
}

export interface ApplicationsStore {
  /** Null if it does not exist or was deleted. */
  findApplication(id: number): Promise<Application | null>;
  /**
   * With the hashes of its secrets, and the name of the account that owns it. Null also while its owner is disabled: what a
   * disabled user owns does nothing.
   */
  findClient(clientId: string): Promise<FoundClient | null>;
  findLogo(clientId: string): Promise<Logo | null>;
  /** Newest first. `nowMs`: for counting how many of their sessions are active. */
  listApplications(filter: {
    nowMs: number;
    accountId?: number;
    clientId?: string;
    /** The beginning of the name, without regard to case, or of the client ID. */
    search?: string;
    beforeId?: number;
    limit: number;
  }): Promise<readonly ListedApplication[]>;
  /**
   * `too_many`: the account has `limit` already. `not_operators`: it was to be first-party, and the account is not the
   * operator's.
   */
  createApplication(input: {
    application: NewApplication;
    logo: Logo | null;
    limit: number;
    event: EventDraft;
  }): Promise<Application | InactiveState | 'too_many' | 'not_operators'>;
  /**
   * Taking rights away from it revokes its JWTs and those of its sessions; the sessions continue with what is left. A change of
   * what badges vouch for takes them away, no matter who makes it. Null if it does not exist.
   */
  updateApplication(input: {
    id: number;
    settings: Partial<ApplicationSettings>;
    logo?: Logo | null;
    nowMs: number;
    event: EventDraft;
  }): Promise<Application | null>;
  /**
   * Gives or takes a badge. `seenMs`: `updatedAtMs` of what the operator has looked at. `changed`: it was changed after that.
   * `not_operators`: it cannot be first-party, because another account owns it. Null if it does not exist.
   */
  judgeApplication(input: {
    id: number;
    isFirstParty?: boolean;
    isVerified?: boolean;
    seenMs?: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<Application | null | 'changed' | 'not_operators'>;
  /**
   * A new secret; the previous one works until `overlapEndsAtMs`, the one before that ends at once. Null when it is gone or
   * public.
   */
  rotateClientSecret(input: {
    id: number;
    newHash: string;
    overlapEndsAtMs: number | null;
    nowMs: number;
    event: EventDraft;
  }): Promise<Application | null>;
  endClientSecretOverlap(input: { id: number; nowMs: number; event: EventDraft }): Promise<boolean>;
  /** It, its grants, its sessions and their JWTs end. False if it does not exist. */
  deleteApplication(input: { id: number; nowMs: number; event: EventDraft }): Promise<boolean>;
}
