/**
 * What a request asks for, by its methods and its request target: `/verify` and the guard call this one function. Everything that
 * a router may read in two ways must be permitted in both.
 */
import { readingsOf } from './path-readings.ts';
import { actionFor } from './permission.ts';
import { judgeRequest, judgeTrailingSlash } from './route.ts';
import type { Route } from './route-rule.ts';

export type TargetJudgement =
  | { readonly kind: 'public' }
  /** All of them are needed; there is at least one. */
  | { readonly kind: 'permissions'; readonly permissions: readonly string[] }
  | { readonly kind: 'refused'; readonly why: 'path' | 'method' | 'no_route' };

/**
 * @param methods - the request's own, and those that headers would replace it with; in upper case as they were sent
 * @param target - in origin form, with its query: `/api/invoices/7?x=1`
 * @param foldsCase - for a router that ignores the case of a path
 */
export function judgeTarget(
  routes: readonly Route[],
  methods: readonly string[],
  target: string,
  foldsCase: boolean,
): TargetJudgement {
  const readings = readingsOf(routes)(target, foldsCase);
  if (readings === null) return { kind: 'refused', why: 'path' };
  if (methods.some((method) => actionFor(method) === null)) return { kind: 'refused', why: 'method' };
  const permissions = new Set<string>();
  const isSlashed = endsInSlash(target);
  for (const { segments, routes: rules } of readings) {
    for (const method of methods) {
      const judgements = [judgeRequest(rules, method, segments)];
      if (isSlashed) judgements.push(judgeTrailingSlash(rules, method, segments));
      for (const judged of judgements) {
        if (judged.kind === 'none') return { kind: 'refused', why: 'no_route' };
        if (judged.kind === 'permissions') for (const permission of judged.permissions) permissions.add(permission);
      }
    }
  }
  return permissions.size === 0 ? { kind: 'public' } : { kind: 'permissions', permissions: [...permissions] };
}

function endsInSlash(target: string): boolean {
  const query = target.indexOf('?');
  const end = query === -1 ? target.length : query;
  return end > 1 && target.charAt(end - 1) === '/';
}
