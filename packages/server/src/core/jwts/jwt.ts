import type { EventDraft } from '../audit/event.ts';

/** There is a pair of keys (one signs, one waits) for each. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A minted JWT as it is kept on record; the text itself is not stored. */
export interface MintedJwt {
  readonly jti: string;
  readonly keyId: number;
  readonly accountId: number;
  readonly subject: string | null;
  readonly permissions: readonly string[];
  readonly signingKeyId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
}

/** A signing key as it is stored; the private half is sealed. `kid` is its JWK thumbprint (RFC 7638). */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** The public JWK, JSON text. */
  readonly publicJwk: string;
  readonly sealedPrivateKey: string;
  /** Published before it signs, signing, or only verifying until its last JWT has ended. */
  readonly state: 'next' | 'current' | 'retired';
  readonly createdAtMs: number;
  readonly signingSinceMs: number | null;
  readonly retiredAtMs: number | null;
  /** Set when it retires: when the last JWT it signed ends. */
  readonly lastJwtEndsAtMs: number | null;
}

export interface JwtsStore {
  /**
   * Records a JWT before its text leaves the server. `too_many`: the key has `limit` live JWTs already. `key_changed`: since
   * the request was let in, the key was revoked or no longer has `expected`, or its owner was disabled; nothing is recorded. `key_gone`: it has no row, though rows of
   * keys are never deleted: the database was set back.
   * `hash`: SHA-256 (hex) of the secret that asks; it must be the newest, or within its overlap.
   */
  recordJwt(input: {
    jwt: Omit<MintedJwt, 'revokedAtMs'>;
    expected: { permissions: readonly string[] | null; addresses: readonly string[] | null; hash: string };
    limit: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'recorded' | 'too_many' | 'key_changed' | 'key_gone'>;
  findJwt(jti: string): Promise<MintedJwt | null>;
  /** Newest first; without ended and revoked ones unless asked. `before`: only those that stand behind this one in the list. */
  listJwts(filter: {
    keyId: number;
    subject?: string;
    /** The beginning of the subject. */
    subjectBegins?: string;
    before?: { readonly issuedAtMs: number; readonly jti: string };
    nowMs: number;
    withEnded: boolean;
    limit: number;
  }): Promise<readonly MintedJwt[]>;
  /** One that has expired too: the clock may be ahead, and be set right. False when there is none, or it is revoked already. */
  revokeJwt(input: { jti: string; nowMs: number; event: EventDraft }): Promise<boolean>;
  /**
   * Ends what has no row: the JWT of an application that acts by itself, or a JWT or a session whose row was lost when the database was set back. A second time
   * nothing happens.
   */
  revokeUnrecorded(input: {
    revoked:
      | { readonly kind: 'jti'; readonly id: string; readonly endsAtMs: number }
      | { readonly kind: 'session'; readonly id: string };
    nowMs: number;
    event: EventDraft;
  }): Promise<void>;
  /**
   * Ends every JWT of a key that is on record, by one revocation of the key that lets it live on; none that it would hit is recorded
   * any more. Returns how many ended.
   */
  revokeJwtsOfKey(input: { keyId: number; accountId: number; nowMs: number; event: EventDraft }): Promise<number>;
  /** Says how long a JWT may live from now on, at most. The longest life that was ever allowed is kept: revocations last that long. */
  allowJwtDays(input: { days: number }): Promise<void>;
  /** Deletes records of JWTs that ended before `beforeMs`. True when more is left. */
  sweepJwts(input: { beforeMs: number; limit: number }): Promise<boolean>;
}

export interface SigningKeysStore {
  /** Every key that must still be published: next, current, and retired ones whose last JWT has not ended. */
  listSigningKeys(): Promise<readonly StoredSigningKey[]>;
  /**
   * Adds keys where their algorithm has none of that state. `moveUp`: kids of waiting keys that sign from now on if no key of their algorithm does.
   * False, and nothing changed, when there is nothing to add, or the master secret's check value is no longer `secretCheck`.
   */
  addSigningKeys(input: {
    keys: readonly StoredSigningKey[];
    moveUp: readonly string[];
    secretCheck: string;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /**
   * Of each pair, `current` retires, `next` signs, `newNext` is published: one act, all pairs or none. `unrecordedJwtSeconds` is added for JWTs that are not on record.
   * False when another server did it first, or the master secret's check value is no longer `secretCheck`.
   */
  rotateSigningKeys(input: {
    pairs: readonly {
      readonly currentKid: string;
      readonly nextKid: string;
      readonly newNext: StoredSigningKey;
      readonly event: EventDraft;
    }[];
    secretCheck: string;
    nowMs: number;
    unrecordedJwtSeconds: number;
  }): Promise<boolean>;
  /** How many days a key signs before it hands over; null: nobody has set it. */
  rotationDays(): Promise<number | null>;
  setRotationDays(input: { days: number; event: EventDraft }): Promise<void>;
  /** Deletes retired keys whose last JWT has ended. */
  dropEndedSigningKeys(input: { nowMs: number }): Promise<number>;
}

/** What is sealed beside the signing keys, by the row that holds it: a user's TOTP secret, the body of a mail, a key of refresh tokens. */
export type SealedKind = 'totp' | 'mail' | 'refresh-key';

export interface MasterSecretStore {
  /** Sealed texts of a kind, in the order of their rows' ids. `holder`: whom the text is bound to, a user's id or an address. */
  listSealed(page: {
    kind: SealedKind;
    afterId: number;
    limit: number;
  }): Promise<readonly { id: number; holder: string; sealed: string }[]>;
  /** Each only while it still is `from`: what was sealed anew meanwhile stays. */
  resealTexts(input: { kind: SealedKind; texts: readonly { id: number; from: string; to: string }[] }): Promise<void>;
  /** A value derived from the master secret, by which a wrong one is refused; null before the first start. */
  secretCheck(): Promise<string | null>;
  /** Writes the first check value; returns the one that stands (another server may have been first). */
  setFirstSecretCheck(input: { check: string }): Promise<string>;
  /** Puts re-sealed texts and the new check value in place in one act; false when `fromCheck` no longer stands. */
  reseal(input: {
    fromCheck: string;
    toCheck: string;
    sealed: readonly { kid: string; sealedPrivateKey: string }[];
    event: EventDraft;
  }): Promise<boolean>;
}
