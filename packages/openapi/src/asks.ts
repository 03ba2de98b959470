/** What one operation of an OpenAPI document requires: what it says explicitly, or the resource in its path and its method. */
import { isObject, isPermission, isReserved, permissionFor } from '@keyhouse/protocol';
import { type Piece, resourceOf } from './paths.ts';

export type OperationAsks =
  | { readonly kind: 'public' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'permission'; readonly permission: string };
export type ReadAsks = { readonly asks: OperationAsks; readonly warning?: string } | { readonly fault: string };

type Members = Readonly<Record<string, unknown>>;

interface Levels {
  readonly root: Members;
  readonly item: Members;
  readonly operation: Members;
}

/** Members that only Keyhouse reads. */
export const OUR_WORDS = ['x-permission', 'x-public', 'x-refused'] as const;

const PUBLIC: ReadAsks = { asks: { kind: 'public' } };

export const isSame = (one: OperationAsks, other: OperationAsks): boolean =>
  one.kind === 'permission' ? other.kind === 'permission' && one.permission === other.permission : other.kind === one.kind;

/** Whether a path or an operation is left out, and so refused; text if the value is neither yes nor no. */
export function readRefused(members: Members): boolean | { readonly fault: string } {
  const refused = own(members, 'x-refused');
  if (refused === undefined || refused === false) return false;
  if (refused !== true) return { fault: '"x-refused" must be true or false.' };
  return own(members, 'x-permission') === undefined && own(members, 'x-public') !== true
    ? true
    : { fault: '"x-refused": true cannot be combined with "x-permission" or "x-public": true.' };
}

/**
 * The nearest level counts: on the operation, on its path, in the whole document. `x-permission` and `x-public` are ours;
 * `security: []` on an operation is OpenAPI's own way to say public. Where the document says nothing, a permission is required
 * nevertheless. `pieces`: the path without its base.
 */
export function readAsks(method: string, pieces: readonly Piece[], levels: Levels): ReadAsks {
  const { root, item, operation } = levels;
  const security = readSecurity(operation, root);
  if (security === 'malformed') return { fault: '"security" must be a list of objects.' };
  // An operation with its own security is not made public by a level further out; nor is anything below "x-public": false.
  let mayBePublic = true;
  let isToldNotPublic = false;
  for (const members of [operation, item, root]) {
    const said = readLevel(members);
    if (said !== null && ('fault' in said || said.asks.kind === 'permission')) return said;
    if (own(members, 'x-public') === false) {
      mayBePublic = false;
      isToldNotPublic = true;
    }
    if (said !== null && mayBePublic) return said;
    if (members !== operation) continue;
    if (security === 'none_here' && mayBePublic) return PUBLIC;
    if (own(operation, 'security') !== undefined) mayBePublic = false;
  }
  if (security === 'optional' && !isToldNotPublic)
    return {
      fault:
        'Its security is optional, so it is unclear whether it is public. Write "x-public": true if it is, or "x-permission" with the permission that it requires. With "x-public": false, here or in the whole document, it requires the permission of its path.',
    };
  const derived = derive(method, pieces);
  if ('fault' in derived || security !== 'none_anywhere') return derived;
  const asks = derived.asks.kind === 'permission' ? derived.asks.permission : 'nothing';
  return {
    ...derived,
    warning: `The document has no security for it, so it will require ${asks}. If it is public, write "security": [].`,
  };
}

/** Null if the level says nothing. */
function readLevel(members: Members): ReadAsks | null {
  const permission = own(members, 'x-permission');
  const isPublic = own(members, 'x-public');
  if (isPublic !== undefined && typeof isPublic !== 'boolean') return { fault: '"x-public" must be true or false.' };
  if (permission === undefined) return isPublic === true ? PUBLIC : null;
  if (isPublic === true) return { fault: '"x-public": true cannot be combined with "x-permission".' };
  if (typeof permission !== 'string' || !isPermission(permission))
    return { fault: '"x-permission" must be a permission such as reports.read or reports.write.' };
  if (isReserved(permission)) return { fault: 'Names that begin with keyhouse. are reserved.' };
  return { asks: { kind: 'permission', permission } };
}

type Security = 'required' | 'optional' | 'none_here' | 'none_anywhere' | 'malformed';

/** OpenAPI 3.1 §4.8.10 and §4.8.30: a list on the operation replaces the one of the document; `{}` in it makes it optional. */
function readSecurity(operation: Members, root: Members): Security {
  const here = own(operation, 'security');
  const security = here !== undefined ? here : (own(root, 'security') ?? []);
  if (!Array.isArray(security) || !security.every(isObject)) return 'malformed';
  if (security.length === 0) return here === undefined ? 'none_anywhere' : 'none_here';
  return security.some((requirement) => Object.keys(requirement).length === 0) ? 'optional' : 'required';
}

function derive(method: string, pieces: readonly Piece[]): ReadAsks {
  const resource = resourceOf(pieces);
  if (resource === null) return { fault: 'No segment of the path names a resource. Write "x-permission".' };
  const permission = permissionFor(method, resource);
  if (permission === null)
    return { fault: `${JSON.stringify(resource)} is not a valid name of a resource. Write "x-permission".` };
  if (isReserved(permission)) return { fault: 'Names that begin with keyhouse. are reserved. Write "x-permission".' };
  return { asks: { kind: 'permission', permission } };
}

/** Own members only: `constructor` is not a member unless the document has it. */
export function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}
