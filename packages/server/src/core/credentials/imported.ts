/**
 * Credentials that were created elsewhere and keep their secrets, the users that came with them, and what the store does for
 * both.
 */
import type { By } from '../audit/event.ts';
import type { CredentialWithOwner, Environment } from './credential.ts';

/** A credential that was found by the hash of an imported secret. */
export interface ForeignCredential {
  readonly credential: CredentialWithOwner;
  /** Its id where it came from; null when it had none. */
  readonly foreignId: string | null;
}

export interface ImportedUser {
  readonly foreignId: string;
  /** SHA-256 (hex) of the address that they had there; see `addressHash`. */
  readonly addressHash: string;
  /** A user who exists here and is taken for the same person; null: one is created. */
  readonly userId: number | null;
  readonly email: string;
  readonly emailKey: string;
  /** As it was there (bcrypt, Argon2); empty: no password. */
  readonly passwordHash: string;
  readonly displayName: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly emailVerifiedAtMs: number | null;
  readonly createdAtMs: number;
}

export interface ImportedCredential {
  readonly kind: 'token' | 'key';
  readonly foreignId: string | null;
  readonly startsWith: string;
  readonly environment: Environment;
  readonly accountId: number;
  readonly userId: number | null;
  readonly name: string;
  readonly permissions: readonly string[] | null;
  /** SHA-256 (hex) of the secret. */
  readonly hash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

/** A user whom an earlier run imported. */
export interface KnownForeignUser {
  readonly foreignId: string;
  readonly userId: number;
  readonly accountId: number;
  readonly addressHash: string | null;
  readonly isDeleted: boolean;
}

export interface UserByAddress {
  readonly emailKey: string;
  readonly userId: number;
  readonly accountId: number;
  readonly isVerified: boolean;
}

export interface ImportsStore {
  /** Whether anything was ever imported. */
  hasImports(): Promise<boolean>;
  /** One indexed row; only among imported credentials. The hash is that of its current or its previous secret. */
  findForeign(hash: string): Promise<ForeignCredential | null>;
  /** At most 500 at once. */
  usersByForeignId(origin: string, foreignIds: readonly string[]): Promise<readonly KnownForeignUser[]>;
  usersByAddress(emailKeys: readonly string[]): Promise<readonly UserByAddress[]>;
  credentialsByForeignId(
    origin: string,
    foreignIds: readonly string[],
  ): Promise<readonly { readonly foreignId: string; readonly hash: string }[]>;
  /** Which of these hashes exist here already, as current, previous or imported secrets; `origin` of those that were imported. */
  knownHashes(hashes: readonly string[]): Promise<readonly { readonly hash: string; readonly origin: string | null }[]>;
  /** Those of these accounts that are active. */
  activeAccounts(ids: readonly number[]): Promise<readonly number[]>;
  /**
   * Imports users in one act, each with an event. In their order; null: the address was taken in the meantime, and nothing was
   * created.
   */
  importUsers(input: {
    origin: string;
    users: readonly ImportedUser[];
    nowMs: number;
    by: By;
  }): Promise<readonly ({ readonly userId: number; readonly accountId: number } | null)[]>;
  /**
   * The same for credentials. In their order: `known`, whose secret exists here already, and `inactive`, whose account is not
   * active, were not imported.
   */
  importCredentials(input: {
    origin: string;
    credentials: readonly ImportedCredential[];
    nowMs: number;
    by: By;
  }): Promise<readonly ('taken' | 'known' | 'inactive')[]>;
}
