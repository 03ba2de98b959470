/**
 * What an import needs from the server that it imports into: look-ups, acts that import, and its rules. The server's command line
 * passes them; nothing here knows the server.
 */

/** A user to import. */
export interface ImportedUser {
  readonly foreignId: string;
  /** SHA-256 (hex) of the key of the address that they have in the source. */
  readonly addressHash: string;
  /** A user who exists here already and is taken for the same person; null: a user is created. */
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

/** A token or key to import. */
export interface ImportedCredential {
  readonly kind: 'token' | 'key';
  readonly foreignId: string | null;
  readonly startsWith: string;
  readonly environment: 'live' | 'test';
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

/**
 * Look-ups, at most 500 at once, and acts. Each act is atomic, and written to the audit log with the user who runs the import as
 * actor.
 */
export interface ImportStore {
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
  /** In their order; null: the address was taken in the meantime, and nothing was created. */
  importUsers(input: {
    origin: string;
    users: readonly ImportedUser[];
    nowMs: number;
  }): Promise<readonly ({ readonly userId: number; readonly accountId: number } | null)[]>;
  /**
   * In their order: `known`, whose secret exists here already, and `inactive`, whose account is not active, were not imported.
   */
  importCredentials(input: {
    origin: string;
    credentials: readonly ImportedCredential[];
    nowMs: number;
  }): Promise<readonly ('taken' | 'known' | 'inactive')[]>;
}

/** An email address, and its key: one spelling for one mailbox. */
export interface Email {
  readonly email: string;
  readonly key: string;
}

/** What the server accepts. */
export interface ServerRules {
  /** Null if the text is not an email address. */
  readEmail(text: string): Email | null;
  /** A name cut to the allowed length, without characters that are not allowed; it may be empty. */
  readName(text: string): string;
  /** Why an account other than the operator's cannot hold these permissions, in a sentence; null if it can. */
  findPermissionFault(permissions: readonly string[]): string | null;
  /** Whether a password hash is of a kind that the server verifies. */
  canVerifyPassword(hash: string): boolean;
}

export interface ImportPorts {
  readonly store: ImportStore;
  readonly rules: ServerRules;
  readonly clock: { now(): number };
}
