/**
 * The one that a request speaks for, and what it may do. Created in one place for each kind, frozen, and trusted from then on.
 */
import type { Environment } from './credentials/credential.ts';

interface CallerOfAnyKind {
  readonly accountId: number;
  /** Null: everything of the account. */
  readonly permissions: readonly string[] | null;
  readonly environment: Environment;
  readonly addresses: readonly string[] | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number | null;
}

/** A personal access token or an API key. */
export interface OpaqueCaller extends CallerOfAnyKind {
  readonly kind: 'token' | 'key';
  readonly credentialId: number;
  /** The user of a token; null for keys, which speak for their account. */
  readonly userId: number | null;
  readonly name: string;
  /** SHA-256 (hex) of what was presented. */
  readonly hash: string;
  /** It was presented with the previous secret. */
  readonly isPreviousSecret: boolean;
  /** When that secret expires; null: it is the current one and expires with the credential. */
  readonly secretEndsAtMs: number | null;
  /**
   * For a token that expires when it is not used: its last use, as known when the token was read. Null: it does not expire that
   * way.
   */
  readonly unusedSinceMs: number | null;
}

interface JwtCallerOfAnyKind extends CallerOfAnyKind {
  readonly jti: string;
  readonly permissions: readonly string[];
  readonly audience: string;
  readonly expiresAtMs: number;
}

/** A JWT minted from an API key. */
export interface JwtCaller extends JwtCallerOfAnyKind {
  readonly kind: 'jwt';
  readonly keyId: number;
  /** `account:12` or `account:12:customer-77`. */
  readonly subject: string;
}

/** The JWT of a session: a user, through an application. */
export interface SessionCaller extends JwtCallerOfAnyKind {
  readonly kind: 'session';
  readonly sessionId: string;
  readonly clientId: string;
  readonly userId: number;
  /** `user:7`. */
  readonly subject: string;
  /** `openid` and similar. */
  readonly scopes: readonly string[];
}

/** The JWT of an application that acts by itself (client credentials). */
export interface ApplicationCaller extends JwtCallerOfAnyKind {
  readonly kind: 'application';
  readonly clientId: string;
  /** The client ID. */
  readonly subject: string;
}

export type AnyJwtCaller = JwtCaller | SessionCaller | ApplicationCaller;
export type Caller = OpaqueCaller | AnyJwtCaller;
export type CallerKind = Caller['kind'];

/** Whether it is a token or an API key: what is looked up, not read. */
export const isOpaque = (caller: Caller): caller is OpaqueCaller => caller.kind === 'token' || caller.kind === 'key';

/** The true reason why a credential was refused; recorded, never in an answer. */
export type RefusalReason =
  | 'malformed'
  | 'unknown'
  | 'revoked'
  | 'expired'
  | 'unused'
  | 'superseded'
  | 'owner_disabled'
  | 'account_suspended'
  | 'address_not_allowed'
  | 'signature'
  | 'unknown_key'
  | 'type'
  | 'issuer'
  | 'audience'
  | 'not_yet_valid'
  | 'claims';

/** What is known of a refused credential, so that its holder can be told why. */
export interface RefusedCredential {
  readonly kind: CallerKind;
  /** The token or key; of a minted JWT, the key that it came from; null for what belongs to an application. */
  readonly credentialId: number | null;
  readonly clientId?: string;
  readonly accountId: number;
  readonly userId: number | null;
  /** What it may do, until when, and from where: null as for a caller. */
  readonly permissions: readonly string[] | null;
  readonly expiresAtMs: number | null;
  readonly addresses: readonly string[] | null;
  readonly environment: Environment;
}

export type Verdict =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: RefusalReason; readonly refused: RefusedCredential | null };
