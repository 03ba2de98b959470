/**
 * Every way in which a router may read a path, behind a gateway or behind a guard. Some match the text as it came, some decode
 * all of it first, some all except `@`, `&` and similar; some ignore case. What is served must be what was judged, so each
 * reading is judged, and every one must permit. A path without escapes has one reading, for a router that respects case.
 */
import { readPath } from './path.ts';
import type { Route } from './route-rule.ts';
import { withTexts } from './route-segment.ts';

export interface Reading {
  readonly segments: readonly string[];
  /** The rules, their literals written as in this reading of the path. */
  readonly routes: readonly Route[];
}

/** The readings of a request target, that of `readPath` first; null if there is no safe way to read it at all. */
export type ReadTarget = (target: string, foldsCase: boolean) => readonly Reading[] | null;

const known = new WeakMap<readonly Route[], ReadTarget>();

/** What is computed from `routes` is cached for this list object: do not change it, pass another one. */
export function readingsOf(routes: readonly Route[]): ReadTarget {
  const before = known.get(routes);
  if (before !== undefined) return before;
  const made = createReadings(routes);
  known.set(routes, made);
  return made;
}

function createReadings(written: readonly Route[]): ReadTarget {
  // Created when they are first needed: most paths have no escapes, and most routers respect case.
  // A router that matches undecoded text has its literals written as a URL has them.
  const escaped = once(() => written.map((route) => withLiterals(route, encodeURI)));
  const foldedWritten = once(() => written.map((route) => withLiterals(route, lower)));
  const foldedEscaped = once(() => escaped().map((route) => withLiterals(route, lower)));
  const hasCapitals = once(() => JSON.stringify(written) !== JSON.stringify(foldedWritten()));

  return (target, foldsCase) => {
    const path = readPath(target);
    if (!path.ok) return null;
    const decoded: Reading = { segments: path.segments, routes: written };
    const text = pathOf(target);
    const readings = text.includes('%') ? [decoded, ...undecoded(text, path.segments.length)] : [decoded];
    if (!foldsCase || !(text !== lower(text) || hasCapitals())) return readings;
    return [
      ...readings,
      ...readings.map(({ segments, routes }) => ({
        segments: segments.map(lower),
        routes: routes === written ? foldedWritten() : foldedEscaped(),
      })),
    ];
  };

  function undecoded(text: string, length: number): readonly Reading[] {
    const raw = text.split('/').slice(1, length + 1);
    return [
      { segments: raw, routes: escaped() },
      { segments: raw.map(decodeURI), routes: written },
    ];
  }
}

const withLiterals = (route: Route, change: (text: string) => string): Route => ({
  ...route,
  parts: route.parts.map((part) => withTexts(part, change)),
});

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const lower = (text: string): string => text.toLowerCase();

const pathOf = (target: string): string => {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
};
