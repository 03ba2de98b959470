/**
 * What an application asks for, and what of it it gets. A scope is permissions and `openid` and similar, separated by spaces (RFC
 * 6749 §3.3).
 */
import { isIdentityScope, isPermission, no, type Outcome, ok } from '@keyhouse/protocol';
import type { Application } from '../applications/application.ts';
import type { PermissionIndex } from '../permissions/permission-set.ts';
import { includesRole, type Role } from '../teams/member.ts';

export interface Scope {
  readonly permissions: readonly string[];
  /** `openid` and similar. */
  readonly scopes: readonly string[];
}

export type Grantable = Pick<PermissionIndex, 'isGrantable' | 'isSensitive'>;
type Asker = Pick<Application, 'permissions' | 'verifiedAtMs'>;

/** As many as a list may have, and the four that are not permissions. */
const MAX_PERMISSIONS = 100;

/**
 * Reads a scope that an application asks for. What is not a permission and not known is ignored (OpenID Connect Core §3.1.2.1); a
 * permission that it may not ask for is an error, so that nobody wonders later why it is missing. `refused` names it.
 */
export function readScope(
  index: Grantable,
  application: Asker,
  text: string,
):
  | { readonly ok: true; readonly value: Scope }
  | { readonly ok: false; readonly reason: 'malformed' | 'too_many' | 'refused'; readonly name?: string } {
  const names = [...new Set(scopeNames(text))];
  // RFC 6749 §3.3: visible ASCII except `"` and `\`.
  if (names.length === 0 || !names.every((name) => /^[!#-[\]-~]+$/.test(name))) return no('malformed');
  const scopes = names.filter(isIdentityScope);
  const permissions = names.filter(looksLikePermission);
  if (permissions.length > MAX_PERMISSIONS) return no('too_many');
  const name = permissions.find((permission) => !mayAsk(index, application, permission));
  return name === undefined ? ok({ permissions, scopes }) : { ...no('refused'), name };
}

/** The names in a scope (RFC 6749 §3.3). Extra spaces, such as those of a list with an empty item, are ignored. */
export const scopeNames = (text: string): readonly string[] => text.split(' ').filter((name) => name !== '');

/** Wildcards and reserved names are meant as permissions, too: they are refused, not ignored. */
const looksLikePermission = (name: string): boolean =>
  isPermission(name) || name.startsWith('*') || name.toLowerCase().startsWith('keyhouse.');

/** Whether an application may currently ask users for a permission. */
export function mayAsk(index: Grantable, { permissions, verifiedAtMs }: Asker, name: string): boolean {
  if (!index.isGrantable(name)) return false;
  if (index.isSensitive(name) && verifiedAtMs === null) return false;
  return permissions === null || permissions.includes(name);
}

/** What of a list a session may use now: still askable, still granted, and within the role that the user has in the account. */
export function currentPermissions(
  index: Grantable,
  application: Asker,
  { wanted, granted, role }: { wanted: readonly string[]; granted: readonly string[]; role: Role },
): readonly string[] {
  return wanted.filter((name) => granted.includes(name) && mayAsk(index, application, name) && roleAllows(role, name));
}

/** A viewer can only grant read access. */
export const roleAllows = (role: Role, permission: string): boolean =>
  includesRole(role, 'developer') || permission.endsWith('.read');

/** A part of what is granted (RFC 6749 §6): the scope of one JWT, narrower than its session's. */
export function narrowScope(held: Scope, text: string): Outcome<Scope, 'beyond'> {
  const names = new Set(scopeNames(text));
  const all = new Set([...held.permissions, ...held.scopes]);
  if (names.size === 0 || [...names].some((name) => !all.has(name))) return no('beyond');
  return ok({
    permissions: held.permissions.filter((name) => names.has(name)),
    scopes: held.scopes.filter((name) => names.has(name)),
  });
}
