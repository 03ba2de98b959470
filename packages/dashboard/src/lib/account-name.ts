/**
 * What an account is called on every page. Account 1 is the operator account: the pages of administrators are called
 * Administration, and users who may open them are administrators.
 */
export const OPERATOR_ACCOUNT = 'Operator account';

export const accountName = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  kind === 'operator' ? OPERATOR_ACCOUNT : name;
