/**
 * What a gateway asks at `/verify`: which permissions the original request needs. Method and path come from one complete family
 * of headers, or from the request's own line, never mixed; anything that can be read in two ways is refused.
 */
import { actionFor, isPermission, isPreflight, judgeTarget, type Route } from '@keyhouse/protocol';
import {
  type Original,
  type QuestionFault,
  type QuestionHeaders,
  readOriginal,
  readQuestionHeaders,
} from './question-headers.ts';

export type Question =
  | { readonly kind: 'preflight' }
  | { readonly kind: 'public' }
  | { readonly kind: 'permissions'; readonly permissions: readonly string[] }
  | {
      readonly kind: 'refused';
      readonly why: 'nothing_to_judge' | 'ambiguous' | 'method' | 'path' | 'no_route';
      /** What is wrong with the question; null: nothing, or the fault is not in a header. */
      readonly fault: QuestionFault | null;
    };

const NOTHING: Question = { kind: 'refused', why: 'nothing_to_judge', fault: null };
const ambiguous = (fault: QuestionFault): Question => ({ kind: 'refused', why: 'ambiguous', fault });

export const isVerifyTarget = (target: string): boolean =>
  target.startsWith('/verify') && (target.length === 7 || target[7] === '/' || target[7] === '?');

/** `target` is the request's own, `/verify…`, with its query. */
export function readQuestion(method: string, target: string, rawHeaders: readonly string[], routes: readonly Route[]): Question {
  const headers = readQuestionHeaders(rawHeaders);
  if (!headers.ok) return ambiguous(headers.fault);
  // An absolute or an encoded spelling of our own path (RFC 9112 §3.2.2): it is not clear where the original one begins.
  if (!isVerifyTarget(target)) return ambiguous({ fault: 'target', headers: [] });
  const own = target.slice('/verify'.length);
  if (own.startsWith('/')) return judge({ method, target: own }, headers.value, routes, []);

  const query = readPermissionParameter(own);
  if (query === null) return ambiguous({ fault: 'parameter', headers: [] });
  const original = readOriginal(headers.value);
  if (!original.ok) return ambiguous(original.fault);
  if (original.value === null) return query.length === 0 ? NOTHING : { kind: 'permissions', permissions: query };
  return judge(original.value, headers.value, routes, query);
}

/** What the original request was, if it is unambiguous: for the record of a refusal. */
export function originalOf(
  method: string,
  target: string,
  rawHeaders: readonly string[],
): { readonly method: string; readonly target: string } | null {
  const own = target.slice('/verify'.length);
  if (own.startsWith('/')) return { method, target: own };
  const headers = readQuestionHeaders(rawHeaders);
  const original = headers.ok ? readOriginal(headers.value) : headers;
  return original.ok ? original.value : null;
}

/** Without header names, method and target are those of the question itself. */
type RequestInQuestion = Pick<Original, 'method' | 'target'> & Partial<Original>;

function judge(
  { method, methodHeader, target, targetHeader }: RequestInQuestion,
  headers: QuestionHeaders,
  routes: readonly Route[],
  also: readonly string[],
): Question {
  const methods = [method, ...headers.overrides.map((override) => override.method)];
  if (isPreflight(method, headers)) return { kind: 'preflight' };
  // A framework may take either method for the request's: the permissions of both are required.
  const judged = judgeTarget(routes, methods, target, false);
  if (judged.kind === 'refused') return { ...judged, fault: faultOf(judged.why) };
  const permissions = new Set([...also, ...(judged.kind === 'permissions' ? judged.permissions : [])]);
  if (permissions.size === 0) return { kind: 'public' };
  return { kind: 'permissions', permissions: [...permissions] };

  function faultOf(why: 'path' | 'method' | 'no_route'): QuestionFault | null {
    if (why === 'no_route') return null;
    if (why === 'path') return faultIn(targetHeader);
    const unknown = methods.findIndex((name) => actionFor(name) === null);
    return faultIn(unknown === 0 ? methodHeader : headers.overrides[unknown - 1]?.name);
  }
}

const faultIn = (header: string | undefined): QuestionFault | null =>
  header === undefined ? null : { fault: 'value', headers: [header] };

/** The permission in the query; an empty list without one; null if it is repeated or malformed. */
function readPermissionParameter(query: string): readonly string[] | null {
  if (query === '') return [];
  const values = new URLSearchParams(query).getAll('permission');
  if (values.length === 0) return [];
  const [permission, ...more] = values;
  return permission !== undefined && more.length === 0 && isPermission(permission) ? [permission] : null;
}
