/** The order of the routes of a document, compared with a reading that knows no order: every possible segment is tried. */
import { compileRoute, judgeRequest } from '@keyhouse/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deriveRoutes } from './derive-routes.ts';
import { compareShapes, type Shape } from './overlaps.ts';
import { readTemplate } from './paths.ts';

/** Every segment of at most five of three characters, except the dot segments. */
const SEGMENTS: readonly string[] = [1, 2, 3, 4, 5]
  .flatMap((length) => Array.from({ length: 3 ** length }, (_, index) => index.toString(3).padStart(length, '0')))
  .map((text) => text.replaceAll('0', 'a').replaceAll('1', 'b').replaceAll('2', '.'))
  .filter((text) => !/^\.{1,2}$/.test(text));

const expressionOf = (segment: string): RegExp =>
  new RegExp(`^${segment.replaceAll('.', '\\.').replaceAll(/\{[a-z]\}/g, '.+')}$`);
const taken = new Map<string, ReadonlySet<string>>();
/** What a segment of a path matches, of all segments. */
function takenBy(segment: string): ReadonlySet<string> {
  const known = taken.get(segment) ?? new Set(SEGMENTS.filter((text) => expressionOf(segment).test(text)));
  taken.set(segment, known);
  return known;
}
const isPart = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length &&
  one.every((segment, index) => [...takenBy(segment)].every((text) => takenBy(other[index] ?? '').has(text)));

const anySegment = fc.constantFrom('a', 'ab', 'a.b', '{x}', 'a{x}', '{x}b', '{x}.b', 'a{x}b', '{x}.{y}', '{x}a{y}', 'ba{x}');
const anyDocument = fc.uniqueArray(
  fc.record({
    segments: fc.array(fc.oneof(anySegment, fc.constant('{x}')), { minLength: 2, maxLength: 2 }),
    permission: fc.constantFrom('p.read', 'q.read', null, 'refused'),
  }),
  { maxLength: 7, selector: ({ segments }) => segments.join('/') },
);
const anyRequest = fc.array(fc.constantFrom('a', 'ab', 'aab', 'a.b', 'b', 'aa.b', 'bab', 'b.a'), { minLength: 2, maxLength: 2 });

it('a request that two paths may mean is never judged by one of them, and any other by the one that says most', () => {
  let agreed = 0;
  let refused = 0;
  fc.assert(
    fc.property(anyDocument, anyRequest, (paths, request) => {
      const document = Object.fromEntries(
        paths.map(({ segments, permission }) => [
          `/${segments.join('/')}`,
          permission === 'refused'
            ? { 'x-refused': true }
            : { get: permission === null ? { 'x-public': true } : { 'x-permission': permission } },
        ]),
      );
      const { routes, faults } = deriveRoutes({ openapi: '3.1.0', paths: document });
      if (faults.length > 0) return;
      const compiled = routes.map((rule) => {
        const answer = compileRoute(rule);
        if (!answer.ok) throw new Error(answer.reason);
        return answer.route;
      });
      const judged = judgeRequest(compiled, 'GET', request);
      const matching = paths.filter(
        ({ segments }) =>
          segments.length === request.length && segments.every((segment, index) => takenBy(segment).has(request[index] ?? '')),
      );
      const narrowest = matching.filter(({ segments }) =>
        matching.every(
          (other) => other.segments === segments || !isPart(other.segments, segments) || isPart(segments, other.segments),
        ),
      );
      const wanted = new Set(narrowest.map(({ permission }) => permission));
      if (wanted.size === 0) return;
      const [only] = wanted;
      if (judged.kind === 'none') refused++;
      else if (wanted.size > 1 || only === 'refused') expect.unreachable(`${JSON.stringify(document)} ${request.join('/')}`);
      else if (only !== null && only !== undefined) {
        agreed++;
        expect(judged).toMatchObject({ kind: 'permissions', permissions: expect.arrayContaining([only]) });
      }
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(agreed, refused)).toBeGreaterThan(20);
});

it('whatever is a part of another path stands before it', () => {
  const shapeOf = (segments: readonly string[]): Shape => {
    const read = readTemplate(`/${segments.join('/')}`);
    if ('fault' in read) throw new Error(read.fault);
    return { pieces: read.pieces, open: false };
  };
  const anyPath = fc.array(anySegment, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(anyPath, anyPath, (one, other) => {
      const order = compareShapes(shapeOf(one), shapeOf(other));
      expect(Math.sign(order) + Math.sign(compareShapes(shapeOf(other), shapeOf(one)))).toBe(0);
      if (isPart(one, other) && !isPart(other, one)) expect(order).toBeLessThan(0);
    }),
    { numRuns: 5_000 },
  );
});
