import type { StoredRoute } from './catalogue.ts';

/**
 * What a rule requires, in words: `reports.read`, `crm.:resource.read or .write`, `nothing: public`. Different rules have
 * different texts.
 */
export function whatItAsks(rule: StoredRoute): string {
  if ('permission' in rule) return rule.permission;
  if ('resource' in rule) return `${rule.resource}.read or .write`;
  return 'refused' in rule ? 'nothing: refused' : 'nothing: public';
}
