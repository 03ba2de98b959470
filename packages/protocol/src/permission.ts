/**
 * The permission grammar and the one rule by which a list permits. Who holds which list is not known here. A list that is null
 * means "there is no list": everything except what is reserved.
 */

/** The closed list of permissions outside the grammar. Only keys of the operator account hold them, by name. */
export const OPERATOR_PERMISSIONS = ['keyhouse.verify'] as const;
export const WILDCARDS = ['*', '*.read', '*.write'] as const;
export const MAX_PERMISSIONS = 100;
export const MAX_PERMISSION_LENGTH = 128;

export type Action = 'read' | 'write';
export type HeldPermissions = readonly string[] | null;

// The dot is outside the letters, so there is only one way to match: practically no backtracking.
const RESOURCE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/** True for `resource.read` and `resource.write` of at most 128 characters; false for wildcards and `keyhouse.verify`. */
export function isPermission(text: string): boolean {
  if (text.length > MAX_PERMISSION_LENGTH) return false;
  const action = actionOf(text);
  return action !== null && RESOURCE.test(text.slice(0, -action.length - 1));
}

/**
 * True for names that begin with `keyhouse.`. Compared without case: permissions are case-sensitive, but `Keyhouse.verify` must
 * not exist, because a person, or a gateway that ignores case, would take it for ours.
 */
export function isReserved(text: string): boolean {
  return text.slice(0, 9).toLowerCase() === 'keyhouse.';
}

/**
 * May the holder of `held` do `wanted`, one permission? `crm.read` does not cover `crm.leads.read`; `.write` does not imply
 * `.read`; reserved names count only if they are held by name. Anything that is not a permission is refused, even when held.
 */
export function permits(held: HeldPermissions, wanted: string): boolean {
  if (isReserved(wanted)) return held?.includes(wanted) ?? false;
  if (!isPermission(wanted)) return false;
  return held === null || held.includes('*') || held.includes(wanted) || held.includes(`*.${actionOf(wanted)}`);
}

/**
 * May the holder of `held` pass `wanted` on to another credential, wildcards included? Only a holder of null may pass null on;
 * `*` covers as much as null, so null gives `*`, but a holder of a list passes on a list. `*.read` with `*.write` do not make
 * `*`: a third action, one day, would widen what was given.
 */
export function covers(held: HeldPermissions, wanted: HeldPermissions): boolean {
  if (wanted === null) return held === null;
  return wanted.every((permission) => (isWildcard(permission) ? coversWildcard(held, permission) : permits(held, permission)));
}

/** The action of a method: the table of the contract. Methods are case-sensitive (RFC 9110 §9.1); others give null. */
export function actionFor(method: string): Action | null {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return 'read';
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return 'write';
    default:
      return null;
  }
}

/**
 * `permissionFor('GET', 'invoices') === 'invoices.read'`; null for a method without an action or a resource that gives no
 * permission.
 */
export function permissionFor(method: string, resource: string): string | null {
  const action = actionFor(method);
  if (action === null) return null;
  const permission = `${resource}.${action}`;
  return isPermission(permission) ? permission : null;
}

function actionOf(permission: string): Action | null {
  if (permission.endsWith('.read')) return 'read';
  return permission.endsWith('.write') ? 'write' : null;
}

/** True for the three names that stand for many permissions. */
export function isWildcard(permission: string): boolean {
  return permission === '*' || permission === '*.read' || permission === '*.write';
}

function coversWildcard(held: HeldPermissions, wildcard: string): boolean {
  return held === null || held.includes('*') || held.includes(wildcard);
}
