/** Whoever a request speaks for, and what they may do. Made in one place for each kind, frozen, and trusted from then on. */
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
  /** It came with the secret before the last rotation. */
  readonly isPreviousSecret: boolean;
}

/** A JWT minted from an API key. */
export interface JwtCaller extends CallerOfAnyKind {
  readonly kind: 'jwt';
  readonly jti: string;
  readonly keyId: number;
  /** `account:12` or `account:12:customer-77`. */
  readonly subject: string;
  readonly permissions: readonly string[];
  readonly audience: string;
}

export type Caller = OpaqueCaller | JwtCaller;

/** The true reason why a credential was not taken; on record, never in an answer. */
export type RefusalReason =
  | 'malformed'
  | 'unknown'
  | 'revoked'
  | 'expired'
  | 'unused'
  | 'superseded'
  | 'owner_disabled'
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
  readonly kind: 'token' | 'key' | 'jwt';
  readonly credentialId: number;
  readonly accountId: number;
  readonly userId: number | null;
}

export type Verdict =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: RefusalReason; readonly refused: RefusedCredential | null };
