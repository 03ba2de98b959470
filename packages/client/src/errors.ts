/** What can go wrong, as one error with a code to act on. No message contains a token, a code or a key. */

/**
 * - `not_signed_in`: there is no session (any more).
 * - `unreachable`: no answer, or one that says to come later; the session stays active, try again.
 * - `unknown_state`: the address does not answer a sign-in that this browser began, or answers one that is finished.
 * - `issuer_mismatch`: somebody else answered (RFC 9207).
 * - `unexpected_answer`: an answer that the standards do not define.
 * - `popup_blocked`, `aborted`: the browser opened no window; the caller gave up, or began another sign-in.
 * - `storage`: what is kept cannot be read or written.
 * - `insecure_context`: a page over plain HTTP; browsers give it no cryptography.
 *
 * In addition every error of OAuth and OpenID Connect by its own name: `access_denied`, `login_required`, `consent_required`,
 * `invalid_scope`…
 */
export type KeyhouseErrorCode =
  | 'not_signed_in'
  | 'unreachable'
  | 'unknown_state'
  | 'issuer_mismatch'
  | 'unexpected_answer'
  | 'popup_blocked'
  | 'aborted'
  | 'storage'
  | 'insecure_context'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'invalid_grant'
  | 'invalid_client'
  | 'invalid_scope'
  // Any other name that a server may answer, while editors still complete those above.
  | (string & {});

export class KeyhouseError extends Error {
  override readonly name = 'KeyhouseError';
  readonly code: KeyhouseErrorCode;

  constructor(code: KeyhouseErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export const hasCode = (error: unknown, code: KeyhouseErrorCode): error is KeyhouseError =>
  error instanceof KeyhouseError && error.code === code;

export const notSignedIn = (): KeyhouseError => new KeyhouseError('not_signed_in', 'Nobody is signed in.');
