/** What one operation of an OpenAPI document asks for: what it says in so many words, or its first literal segment and method. */
import { isObject } from './json.ts';
import type { Piece } from './openapi-paths.ts';
import { isPermission, isReserved, permissionFor } from './permission.ts';

export type OperationAsks = { readonly kind: 'public' } | { readonly kind: 'permission'; readonly permission: string };
export type ReadAsks = { readonly asks: OperationAsks; readonly warning?: string } | { readonly fault: string };

type Members = Readonly<Record<string, unknown>>;

interface Levels {
  readonly root: Members;
  readonly item: Members;
  readonly operation: Members;
}

const PUBLIC: ReadAsks = { asks: { kind: 'public' } };
const VERSION = /^v[0-9]+$/;

/**
 * The nearest word counts: on the operation, on its path, in the whole document. `x-permission` and `x-public` are ours; `security: []`
 * on an operation is OpenAPI's own way to say public. Where the document says nothing, a permission is asked for all the same.
 */
export function readAsks(method: string, base: readonly Piece[], pieces: readonly Piece[], levels: Levels): ReadAsks {
  const { root, item, operation } = levels;
  const security = readSecurity(operation, root);
  if (security === 'malformed') return { fault: '"security" is a list of objects.' };
  // An operation with a security of its own is not opened by what stands further away; nor is anything below "x-public": false.
  let mayBePublic = true;
  for (const members of [operation, item, root]) {
    const said = readLevel(members);
    if (said !== null && ('fault' in said || said.asks.kind === 'permission')) return said;
    if (own(members, 'x-public') === false) mayBePublic = false;
    if (said !== null && mayBePublic) return said;
    if (members !== operation) continue;
    if (security === 'none-here' && mayBePublic) return PUBLIC;
    if (own(operation, 'security') !== undefined) mayBePublic = false;
  }
  if (security === 'optional')
    return { fault: 'Its security is optional. Say "x-public": true, or "x-permission" with a permission.' };
  const derived = derive(method, base, pieces);
  if ('fault' in derived || security !== 'none-anywhere') return derived;
  const asks = derived.asks.kind === 'permission' ? derived.asks.permission : 'nothing';
  return {
    ...derived,
    warning: `The document lets nobody protect it. It will ask for ${asks}; say "security": [] if it is public.`,
  };
}

/** Null when the level says nothing. */
function readLevel(members: Members): ReadAsks | null {
  const permission = own(members, 'x-permission');
  const isPublic = own(members, 'x-public');
  if (isPublic !== undefined && typeof isPublic !== 'boolean') return { fault: '"x-public" is true or false.' };
  if (permission === undefined) return isPublic === true ? PUBLIC : null;
  if (isPublic === true) return { fault: 'It cannot be public and have an "x-permission".' };
  if (typeof permission !== 'string' || !isPermission(permission))
    return { fault: '"x-permission" is text like reports.read or reports.write.' };
  if (isReserved(permission)) return { fault: 'Names that begin with keyhouse. are reserved.' };
  return { asks: { kind: 'permission', permission } };
}

type Security = 'required' | 'optional' | 'none-here' | 'none-anywhere' | 'malformed';

/** OpenAPI 3.1 §4.8.10 and §4.8.30: a list on the operation replaces the one of the document; `{}` in it makes it optional. */
function readSecurity(operation: Members, root: Members): Security {
  const here = own(operation, 'security');
  const security = here !== undefined ? here : (own(root, 'security') ?? []);
  if (!Array.isArray(security) || !security.every(isObject)) return 'malformed';
  if (security.length === 0) return here === undefined ? 'none-anywhere' : 'none-here';
  return security.some((requirement) => Object.keys(requirement).length === 0) ? 'optional' : 'required';
}

function derive(method: string, base: readonly Piece[], pieces: readonly Piece[]): ReadAsks {
  const literals = pieces.flatMap((piece) => (piece.kind === 'literal' ? [piece.text] : []));
  const resource = literals[base.length > 0 ? 0 : builtInPrefix(pieces)];
  if (resource === undefined) return { fault: 'No segment of the path names what it is about. Write "x-permission".' };
  const permission = /^[A-Za-z0-9_-]+$/.test(resource) ? permissionFor(method, resource) : null;
  if (permission === null)
    return { fault: `${JSON.stringify(resource)} cannot be the name of a resource. Write "x-permission".` };
  if (isReserved(permission)) return { fault: 'Names that begin with keyhouse. are reserved. Write "x-permission".' };
  return { asks: { kind: 'permission', permission } };
}

/** Without a base the built-in patterns tell what comes before the resource, so that both ask for the same. */
function builtInPrefix([first, second]: readonly Piece[]): number {
  if (first?.kind !== 'literal' || first.text !== 'api') return 0;
  return second?.kind === 'literal' && VERSION.test(second.text) ? 2 : 1;
}

/** A member of the object itself: `constructor` is no member of a document that does not say it. */
export function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}
