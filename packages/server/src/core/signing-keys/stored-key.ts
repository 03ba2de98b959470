/** Signing keys as they are stored, everything else that is sealed with the master secret, and what the store does for both. */
import type { EventDraft } from '../audit/event.ts';

/** There is a pair of keys (one signs, one waits) for each. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A signing key as it is stored; the private half is sealed. `kid` is its JWK thumbprint (RFC 7638). */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  /** The public JWK, JSON text. */
  readonly publicJwk: string;
  readonly sealedPrivateKey: string;
  /** Published before it signs, signing, or only verifying until its last JWT has expired. */
  readonly state: 'next' | 'current' | 'retired';
  readonly createdAtMs: number;
  readonly signingSinceMs: number | null;
  readonly retiredAtMs: number | null;
  /** Set when it retires: when the last JWT it signed expires. */
  readonly lastJwtEndsAtMs: number | null;
}

export interface SigningKeysStore {
  /** Every key that must still be published: next, current, and retired ones whose last JWT has not expired. */
  listSigningKeys(): Promise<readonly StoredSigningKey[]>;
  /**
   * Adds keys where their algorithm has none in that state. `moveUp`: kids of waiting keys that sign from now on if no key of
   * their algorithm does. False, and nothing changed, if there is nothing to add, or the master secret's check value is not
   * `secretCheck` any more.
   */
  addSigningKeys(input: {
    keys: readonly StoredSigningKey[];
    moveUp: readonly string[];
    secretCheck: string;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /**
   * Of each pair, `current` retires, `next` signs, `newNext` is published: one act, all pairs or none. `unrecordedJwtSeconds` is
   * added for JWTs that are not recorded. False if another server did it first, or the master secret's check value is not
   * `secretCheck` any more.
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
  /** How many days a key signs before it is rotated; null: not set. */
  rotationDays(): Promise<number | null>;
  setRotationDays(input: { days: number; event: EventDraft }): Promise<void>;
  /** Deletes retired keys whose last JWT has expired. */
  dropEndedSigningKeys(input: { nowMs: number }): Promise<number>;
}

/**
 * What is sealed in addition to the signing keys, by the row that holds it: a user's TOTP secret, the body of a mail, a key of
 * refresh tokens.
 */
export type SealedKind = 'totp' | 'mail' | 'refresh-key';

export interface MasterSecretStore {
  /** Sealed texts of a kind, in the order of their rows' ids. `holder`: what the text is bound to, a user's id or an address. */
  listSealed(page: {
    kind: SealedKind;
    afterId: number;
    limit: number;
  }): Promise<readonly { id: number; holder: string; sealed: string }[]>;
  /** Each only while it still is `from`: what was sealed again in the meantime stays. */
  resealTexts(input: { kind: SealedKind; texts: readonly { id: number; from: string; to: string }[] }): Promise<void>;
  /** A value derived from the master secret, by which a wrong one is refused; null before the first start. */
  secretCheck(): Promise<string | null>;
  /** Writes the first check value; returns the stored one (another server may have been first). */
  setFirstSecretCheck(input: { check: string }): Promise<string>;
  /** Puts re-sealed texts and the new check value in place in one act; false if `fromCheck` is not in force any more. */
  reseal(input: {
    fromCheck: string;
    toCheck: string;
    sealed: readonly { kid: string; sealedPrivateKey: string }[];
    event: EventDraft;
  }): Promise<boolean>;
}
