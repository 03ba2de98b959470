/**
 * By what right an act is done: what the door has judged, as plain data, so that the store can judge it again in the act's own
 * transaction. A body may take half a minute to arrive in between; access that was ended in that time must not act any more.
 */

/** A user who is signed in with a browser. */
export interface SignInAuthority {
  readonly kind: 'sign-in';
  readonly signInId: number;
  readonly userId: number;
  /** What the endpoint requires beyond an active sign-in; null: nothing. */
  readonly asks:
    | 'administrator'
    | { readonly accountId: number; readonly role: 'viewer' | 'developer' | 'admin' | 'owner' }
    | null;
  /** The account in which something is changed, which must not be suspended; null: none, or it only ends access. */
  readonly changes: number | null;
  /** The last proof must not be older than this; null: no proof is required. */
  readonly provedSinceMs: number | null;
}

/** A token or an API key that was presented. */
export interface CredentialAuthority {
  readonly kind: 'credential';
  readonly credentialKind: 'token' | 'key';
  readonly id: number;
  /** SHA-256 (hex) of the secret that was presented. */
  readonly hash: string;
  /** Where the request comes from, which the credential's list of addresses must allow. */
  readonly address: string | null;
  /** It must be a credential that was not narrowed. */
  readonly isWhole: boolean;
  readonly atMs: number;
}

/** The act's own statements judge what was presented: a password, a ticket, a code, a refresh token, the key that mints. */
export const IN_THE_ACT = { kind: 'in-the-act' } as const;

export type Authority = SignInAuthority | CredentialAuthority | typeof IN_THE_ACT;
