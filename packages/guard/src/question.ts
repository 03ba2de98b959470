/**
 * What a request asks for: which permissions, by its path and method, as `/verify` reads it. Everything that a router may read in
 * two ways must be permitted in both. Questions come again and again, so the answers are kept.
 */
import { judgeTarget, type Route, readPath, ruleFor } from '@keyhouse/protocol';
import { createMemory } from './memory.ts';
import { type Patience, patienceOver, type Settings } from './options.ts';

export type Question =
  | { readonly kind: 'public'; readonly patience: Required<Patience> }
  | { readonly kind: 'permissions'; readonly permissions: readonly string[]; readonly patience: Required<Patience> }
  | { readonly kind: 'refused'; readonly why: 'path' | 'method' | 'no_route'; readonly patience: Required<Patience> };

/** `methods`: the request's own, and those that headers would replace it with. */
export type ReadQuestion = (methods: readonly string[], target: string, foldsCase: boolean) => Question;

const MAX_KEPT = 4000;
/** Longer ones are hardly ever repeated. */
const LONGEST_KEPT = 256;

export function createReadQuestion({
  routes,
  patienceOf,
  patience,
}: Pick<Settings, 'routes' | 'patienceOf' | 'patience'>): ReadQuestion {
  const kept = createMemory<Question>(MAX_KEPT);

  function read(methods: readonly string[], target: string, foldsCase: boolean): Question {
    const judged = judgeTarget(routes, methods, target, foldsCase);
    return { ...judged, patience: judged.kind === 'refused' ? patience : patienceOfTarget(methods, target) };
  }

  function patienceOfTarget(methods: readonly string[], target: string): Required<Patience> {
    if (patienceOf.size === 0) return patience;
    const path = readPath(target);
    const said = path.ok ? methods.flatMap((name) => patienceFor(name, path.segments) ?? []) : [];
    return said.at(-1) ?? patience;
  }

  function patienceFor(method: string, segments: readonly string[]): Required<Patience> | null {
    const route: Route | null = ruleFor(routes, method, segments);
    const said = route === null ? undefined : patienceOf.get(route);
    return said === undefined ? null : patienceOver(patience, said);
  }

  return (methods, target, foldsCase) => {
    const query = target.indexOf('?');
    const path = query < 0 ? target : target.slice(0, query);
    if (path.length > LONGEST_KEPT || methods.length > 1) return read(methods, target, foldsCase);
    const name = `${methods[0]} ${foldsCase} ${path}`;
    let question = kept.get(name);
    if (question === undefined) {
      question = read(methods, target, foldsCase);
      kept.set(name, question);
    }
    return question;
  };
}
