/** What else a new password ends: the page counts it before, the mail lists it afterwards. */

export interface Ending {
  /** API keys of the personal account, by name; only where the address is verified by it for the first time. */
  readonly keys: readonly string[];
  /** Tokens by name: all at the first proof of the address, else those that came from a log-in or a registration. */
  readonly tokens: readonly string[];
  /** Applications of the personal account, by name; only at the first proof. */
  readonly applications: readonly string[];
  /** Sessions of applications that the user granted. */
  readonly sessions: number;
  /** Only at the first proof. */
  readonly passkeys: number;
  readonly totp: boolean;
}

export const isSameEnding = (one: Ending, other: Ending): boolean => JSON.stringify(one) === JSON.stringify(other);
