/**
 * The operator's file:
 * `{"permissions":[{"name","sentence","grantable"?,"sensitive"?}…],"routes":[{"pattern","resource"}|{"pattern","public":true}…]}`.
 * Either list may be left out; it then stays as it is. Every fault is reported at once, with its place, and a single fault means
 * that nothing is changed.
 */
import { no, type Outcome, ok, parseStrictJson } from '@keyhouse/protocol';
import type { CataloguedPermission, StoredRoute } from './catalogue.ts';
import { readPermissions } from './set-catalogue.ts';
import { readRoutes } from './set-routes.ts';

export interface PermissionsFile {
  readonly permissions: readonly CataloguedPermission[] | null;
  readonly routes: readonly StoredRoute[] | null;
}

/** Reads the file's text. Faults are sentences for the operator, such as `permissions[3].name: …`. */
export function readPermissionsFile(text: string): Outcome<PermissionsFile, 'invalid'> & { readonly faults?: readonly string[] } {
  const json = parseStrictJson(text);
  if (!json.ok) return invalid([FAULTS[json.reason](json.member)]);
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(['The file must contain one JSON object.']);
  const members = Object.entries(value);
  const faults = members
    .filter(([name]) => name !== 'permissions' && name !== 'routes')
    .map(([name]) => `${name}: unknown member. The members are "permissions" and "routes".`);
  if (members.length === 0) faults.push('The file has neither "permissions" nor "routes".');
  const permissions = 'permissions' in value ? readPermissions(value.permissions) : null;
  const routes = 'routes' in value ? readRoutes(value.routes) : null;
  faults.push(...(permissions?.faults ?? []), ...(routes?.faults ?? []));
  if (faults.length > 0) return invalid(faults);
  return ok({ permissions: permissions?.value ?? null, routes: routes?.value ?? null });
}

const FAULTS = {
  syntax: () => 'The file is not JSON.',
  repeated_member: (member = '') => `The member "${member}" occurs twice in one object.`,
  too_complex: () => 'The file is nested too deeply.',
};

const invalid = (faults: readonly string[]) => ({ ...no('invalid'), faults });
