/**
 * A refusal ends a request. Its code comes from this closed list; the status and the words that a stranger sees are in one map at
 * the door (`http/errors.ts`), and each code has a section in `docs/errors.md`.
 */
export type Refused =
  | { readonly code: 'unauthenticated'; readonly presented: boolean }
  | { readonly code: 'forbidden'; readonly permission?: string }
  /** At the browser's private API: no sign-in; not allowed; another site; a proof that is too old. */
  | { readonly code: 'not_signed_in' }
  | { readonly code: 'not_allowed' }
  /** The account is suspended, or was deleted, or its user was disabled at the same moment. */
  | { readonly code: 'account_inactive'; readonly state: 'suspended' | 'disabled' | 'deleted' }
  | { readonly code: 'cross_site' }
  | { readonly code: 'proof_required' }
  /** On a new installation that sends mail: a first key, token or application before the address is verified. */
  | { readonly code: 'email_unverified' }
  | { readonly code: 'invalid'; readonly errors: Readonly<Record<string, readonly string[]>> }
  | { readonly code: 'not_json' }
  | { readonly code: 'repeated_member' }
  | { readonly code: 'repeated_parameter' }
  | { readonly code: 'two_credentials' }
  | { readonly code: 'use_https' }
  | { readonly code: 'bad_request' }
  | { readonly code: 'not_found' }
  | { readonly code: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly code: 'too_large' }
  | { readonly code: 'unsupported_media_type' }
  | { readonly code: 'unsupported_coding' }
  | { readonly code: 'too_many_requests'; readonly retryAfterSeconds: number }
  | { readonly code: 'unavailable' }
  | { readonly code: 'busy'; readonly retryAfterSeconds: number }
  /** RFC 6749 §5.2, at OAuth endpoints. */
  | {
      readonly code: 'oauth';
      readonly error:
        | 'invalid_request'
        | 'invalid_client'
        | 'invalid_grant'
        | 'unauthorized_client'
        | 'unsupported_grant_type'
        | 'unsupported_token_type'
        | 'invalid_scope'
        | 'invalid_target';
      readonly description: string;
    };

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly refused: Refused;
  constructor(refused: Refused) {
    super(refused.code);
    this.refused = refused;
  }
}
