/**
 * What a user signs in with apart from the password: passkeys, TOTP, recovery codes, and other OpenID providers. A passkey is a
 * way in, instead of the password. Two-step verification is a setting (`User.twoStepSinceMs`): while it is on, TOTP, any passkey
 * and recovery codes are accepted as the second step, and at least one TOTP or passkey exists. A TOTP that is in force exists
 * only while it is on.
 */
import type { By, EventDraft } from '../audit/event.ts';

/** A passkey. The private key never leaves its authenticator. */
export interface Passkey {
  /** The credential id that the authenticator chose, base64url. */
  readonly id: string;
  readonly userId: number;
  readonly name: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly synced: boolean;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

export interface Totp {
  readonly sealedSecret: string;
  /** Null: created, and not yet confirmed by a code. It is asked for only after that. */
  readonly confirmedAtMs: number | null;
}

/** A user's subject at another provider. */
export interface Identity {
  readonly provider: string;
  readonly subject: string;
  readonly userId: number;
  readonly email: string | null;
  readonly linkedAtMs: number;
}

export interface FactorsStore {
  listPasskeys(userId: number): Promise<readonly Passkey[]>;
  findPasskey(id: string): Promise<Passkey | null>;
  findTotp(userId: number): Promise<Totp | null>;
  countRecoveryCodes(userId: number): Promise<number>;
  listIdentities(userId: number): Promise<readonly Identity[]>;
  findIdentity(provider: string, subject: string): Promise<Identity | null>;

  /** False when an authenticator has it already. */
  addPasskey(input: { passkey: Passkey; event: EventDraft }): Promise<boolean | 'too_many'>;
  renamePasskey(input: { userId: number; id: string; name: string; event: EventDraft }): Promise<boolean>;
  /**
   * Two-step verification is turned off with its last factor. `only_way_in`: neither a password nor another passkey or provider
   * would be left.
   */
  removePasskey(input: { userId: number; id: string; events: RemovalEvents }): Promise<'done' | 'gone' | 'only_way_in'>;
  /** Records a use; false if the counter did not move on (WebAuthn Level 3 §6.1.1), or the passkey is gone. */
  usePasskey(input: { userId: number; id: string; counter: number; nowMs: number }): Promise<boolean>;

  /** A secret that waits for its first code; false while one is in force. */
  putTotp(input: { userId: number; sealedSecret: string; nowMs: number; by: By }): Promise<boolean>;
  /**
   * Puts it in force with the first code's time step. The first second factor turns two-step verification on and stores the
   * recovery codes (SHA-256, hex): `codes`. If it is on already, the remaining codes stay valid: `kept`. `gone`: no secret is
   * waiting.
   */
  confirmTotp(input: {
    userId: number;
    /** Exactly the secret that the code was checked against: another page may have created another one in the meantime. */
    sealedSecret: string;
    step: number;
    recoveryHashes: readonly string[];
    nowMs: number;
    events: { readonly confirmed: EventDraft; readonly twoStepOn: EventDraft };
  }): Promise<'codes' | 'kept' | 'gone'>;
  /** Turns two-step verification on by the existing passkeys, with recovery codes. `no_factor`: there is no passkey. */
  turnTwoStepOn(input: {
    userId: number;
    recoveryHashes: readonly string[];
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'already' | 'no_factor'>;
  /** Deletes its TOTP and recovery codes; passkeys stay, as a way in. False if it is off. */
  turnTwoStepOff(input: { userId: number; event: EventDraft }): Promise<boolean>;
  /** Uses a time step; false when it, or a later one, was used before (RFC 6238 §5.2). */
  useTotp(input: { userId: number; step: number }): Promise<boolean>;
  /** Two-step verification is turned off with its last factor. */
  removeTotp(input: { userId: number; events: RemovalEvents }): Promise<boolean>;
  /** False while two-step verification is off: there is nothing that they could replace. */
  replaceRecoveryCodes(input: { userId: number; hashes: readonly string[]; event: EventDraft }): Promise<boolean>;
  /** Uses one up: if two requests race, exactly one gets it. */
  useRecoveryCode(input: { userId: number; hash: string; event: EventDraft }): Promise<boolean>;

  /**
   * False when the subject is linked already, the sign-in has ended, or the user is an administrator whose domain is not among
   * `domains`.
   */
  linkIdentity(input: {
    signInId: number;
    identity: Identity;
    /** The domains that the provider may vouch for. */
    domains: readonly string[];
    event: EventDraft;
  }): Promise<boolean>;
  unlinkIdentity(input: { userId: number; provider: string; event: EventDraft }): Promise<'done' | 'gone' | 'only_way_in'>;
}

/** `twoStepOff` is written only if the factor was the last one. */
export interface RemovalEvents {
  readonly removed: EventDraft;
  readonly twoStepOff: EventDraft;
}
