/** A minted JWT as it is recorded, and what the store does for it. */
import type { EventDraft } from '../audit/event.ts';

/** A minted JWT as it is recorded; the text itself is not stored. */
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

export interface JwtsStore {
  /**
   * Records a JWT before its text leaves the server. `too_many`: the key has `limit` active JWTs already. `key_changed`: since
   * the request was accepted, the key was revoked or no longer has `expected`, or its owner was disabled; nothing is recorded.
   * `key_gone`: it has no row, though rows of keys are never deleted: the database was set back. `hash`: SHA-256 (hex) of the
   * presented secret; it must be the newest, or within its overlap.
   */
  recordJwt(input: {
    jwt: Omit<MintedJwt, 'revokedAtMs'>;
    expected: { permissions: readonly string[] | null; addresses: readonly string[] | null; hash: string };
    limit: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'recorded' | 'too_many' | 'key_changed' | 'key_gone'>;
  findJwt(jti: string): Promise<MintedJwt | null>;
  /** Newest first; expired and revoked ones only when asked for. `before`: only those that come after this one in the list. */
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
  /**
   * Also one that has expired: the clock may be ahead, and be corrected later. False if it does not exist or is already revoked.
   */
  revokeJwt(input: { jti: string; nowMs: number; event: EventDraft }): Promise<boolean>;
  /**
   * Revokes what has no row: the JWT of an application that acts by itself, or a JWT or a session whose row was lost when the
   * database was set back. A second call does nothing.
   */
  revokeUnrecorded(input: {
    revoked:
      | { readonly kind: 'jti'; readonly id: string; readonly endsAtMs: number }
      | { readonly kind: 'session'; readonly id: string };
    nowMs: number;
    event: EventDraft;
  }): Promise<void>;
  /**
   * Revokes every recorded JWT of a key, by one revocation of the key that leaves the key itself active; no JWT that it would hit
   * is recorded afterwards. Returns how many ended.
   */
  revokeJwtsOfKey(input: { keyId: number; accountId: number; nowMs: number; event: EventDraft }): Promise<number>;
  /**
   * Records how long a JWT may be valid from now on, at most. The longest lifetime that was ever allowed is kept: revocations
   * last that long.
   */
  allowJwtDays(input: { days: number }): Promise<void>;
  /** Deletes records of JWTs that expired before `beforeMs`. True when more is left. */
  sweepJwts(input: { beforeMs: number; limit: number }): Promise<boolean>;
}
