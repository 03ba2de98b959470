/**
 * What every cache and every guard must know. A change is appended in the transaction of the act that causes it and numbered by a
 * counter row, whose lock makes number order commit order. A revocation is a change with `beforeMs`: everything of this subject
 * that was issued at or before that moment is revoked.
 */
export type ChangeKind =
  | 'jti' //          id: a JWT's jti
  | 'credential' //   id: a token's or key's id; JWTs minted from it are issued under it
  | 'user' //         id: user id
  | 'account' //      id: account id
  | 'session' //      id: a session's id; where it has ended, `beforeMs` is later than its last JWT
  | 'application' //  id: a client id
  | 'suspended-account' //      id: account id; with `beforeMs` it is suspended from here on, with null it is not any more
  | 'suspended-application' //  id: a client id, because the account that owns it is suspended; likewise
  | 'signing-keys' // id: ''
  | 'permissions' //  id: ''; the catalogue or the route patterns were replaced
  | 'brand' //        id: ''; the operator's name, colour or logo
  | 'imports' //      id: ''; credentials were imported, so that texts that do not have our form may be credentials
  | 'master-secret'; // id: ''

export interface ChangeDraft {
  readonly kind: ChangeKind;
  readonly id: string;
  /** Everything of the subject issued at or before this moment is revoked; null: only caches need to forget it. */
  readonly beforeMs: number | null;
  /** When everything that the revocation hits would have expired anyway; null: never. */
  readonly endsAtMs: number | null;
}

export interface Change extends ChangeDraft {
  readonly number: number;
}
