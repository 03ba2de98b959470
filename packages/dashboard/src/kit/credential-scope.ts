/** Whose credentials a page is about: the tokens of the user, or the keys of an account. */

export interface KeyScope {
  readonly kind: 'key';
  readonly account: string;
  /** The operator account: its keys may have `keyhouse.verify`. */
  readonly operator: boolean;
  /** False: the user is a viewer there. The server decides; the page only does not offer it. */
  readonly canManage: boolean;
}

export type Scope = { readonly kind: 'token' } | KeyScope;

export const canManage = (scope: Scope): boolean => scope.kind === 'token' || scope.canManage;
export const isOperator = (scope: Scope): boolean => scope.kind === 'key' && scope.operator;

/** The page of the list, or of one. */
export function pathOf(
  scope: { readonly kind: 'token' } | { readonly kind: 'key'; readonly account: string },
  id?: number | string,
): string {
  const list = scope.kind === 'token' ? '/settings/developers' : `/accounts/${scope.account}/keys`;
  return id === undefined ? list : `${list}/${id}`;
}
