/** Patterns with text around their placeholders, and requests that are written to be judged by one rule and served by another. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMicros, expectLinear } from '../test/growth.ts';
import { judgeTarget } from './judge-target.ts';
import { judgeRequest, ruleFor } from './route.ts';
import { compileRoute, type Route, type RouteRule } from './route-rule.ts';

const compiled = (rule: RouteRule): Route => {
  const answer = compileRoute(rule);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.route;
};
const get = (pattern: string, permission: string): Route => compiled({ methods: ['GET'], pattern, permission });
const open = (pattern: string): Route => compiled({ methods: ['GET'], pattern, public: true });

/** As `/verify` and the guard ask. */
function ask(routes: readonly Route[], target: string, method = 'GET'): string {
  const judged = judgeTarget(routes, [method], target, false);
  if (judged.kind === 'refused') return judged.why === 'path' ? '(unreadable)' : '(none)';
  return judged.kind === 'public' ? '(public)' : [...judged.permissions].sort().join(' ');
}

describe('a public badge beside what is guarded', () => {
  const routes = [open('/badges/:name.svg'), get('/badges/:id', 'badges.read')];

  test.each([
    ['/badges/7.svg', '(public)'],
    ['/badges/7.svg/', '(public)'],
    ['/badges/7.svg?x=.svg', '(public)'],
    ['/badges/7', 'badges.read'],
    // Some routers end the name at the first dot, go on to the next route, and serve it.
    ['/badges/7.secret.svg', 'badges.read'],
    // Some ignore case, some accept an empty name.
    ['/badges/7.SVG', 'badges.read'],
    ['/badges/.svg', 'badges.read'],
    // Some match text that is not decoded.
    ['/badges/7%2Esvg', 'badges.read'],
    ['/badges/7.%73vg', 'badges.read'],
    ['/badges/7%2esvg/', 'badges.read'],
    ['/badges/7.svg%2F', '(unreadable)'],
    ['/badges/7.svg;x', '(unreadable)'],
    ['/badges/7;.svg', '(unreadable)'],
    ['/badges/7%3b.svg', '(unreadable)'],
    ['/badges/7%00.svg', '(unreadable)'],
    ['/badges/7%252Esvg', '(unreadable)'],
    ['/badges//7.svg', '(unreadable)'],
    ['/badges/./7.svg', '(unreadable)'],
    ['/badges/x/../7.svg', '(unreadable)'],
    ['/badges/..svg', 'badges.read'],
    ['/badges/7.svg.', 'badges.read'],
    ['/badges/7.svg%20', 'badges.read'],
  ])('%s is %s', (target, wanted) => {
    expect(ask(routes, target)).toBe(wanted);
  });

  test('what only some framework would serve is refused where no other rule speaks of it', () => {
    const alone = [open('/badges/:name.svg')];
    for (const target of ['/badges/.svg', '/badges/7.SVG', '/BADGES/7.svg']) expect(ask(alone, target)).toBe('(none)');
    // What no framework serves by it is left to the built-in pattern.
    expect(ask(alone, '/badges/7')).toBe('badges.read');
    expect(ask(alone, '/badges/a.b.svg')).toBe('(public)');
  });
});

test('a slash at the end may be an empty placeholder', () => {
  const routes = [
    open('/items'),
    get('/items/:id', 'items.read'),
    compiled({ methods: ['DELETE'], pattern: '/x/:id', permission: 'x.write' }),
  ];
  expect([ask(routes, '/items'), ask(routes, '/items/'), ask(routes, '/items/?a')]).toEqual([
    '(public)',
    'items.read',
    'items.read',
  ]);
  expect([ask(routes, '/x/'), ask(routes, '/x/', 'DELETE'), ask(routes, '/items/7/')]).toEqual([
    'x.read',
    'x.write',
    'items.read',
  ]);
  const below = [compiled({ pattern: '/docs', public: true }), compiled({ pattern: '/docs/**', resource: 'secrets' })];
  expect([ask(below, '/docs'), ask(below, '/docs/')]).toEqual(['(public)', 'secrets.read']);
  const root = [compiled({ pattern: '/', public: true }), compiled({ pattern: '/:page', resource: 'pages' })];
  expect(ask(root, '/')).toBe('(public)');
});

test('verbs behind a colon', () => {
  const routes = [
    compiled({ methods: ['POST'], pattern: String.raw`/v1/items\:search`, permission: 'items.read' }),
    compiled({ methods: ['POST'], pattern: String.raw`/v1/items/:id\:cancel`, permission: 'cancellations.write' }),
    compiled({ methods: ['POST'], pattern: '/v1/items/:id', permission: 'items.write' }),
  ];
  const post = (target: string) => ask(routes, target, 'POST');
  expect(post('/v1/items:search')).toBe('items.read');
  expect(post('/v1/items%3Asearch')).toBe('(none)');
  expect(post('/v1/items:SEARCH')).toBe('(none)');
  expect(post('/v1/itemsXsearch')).toBe('itemsXsearch.write');
  expect(post('/v1/items/7:cancel')).toBe('cancellations.write');
  expect(post('/v1/items/7:Cancel')).toBe('cancellations.write items.write');
  expect(post('/v1/items/7%3Acancel')).toBe('cancellations.write items.write');
  expect(post('/v1/items/7:cancel:cancel')).toBe('cancellations.write items.write');
  expect(post('/v1/items/:cancel')).toBe('cancellations.write items.write');
  expect(ask(routes, '/v1/items/7:cancel')).toBe('(none)');
});

test('a path in other capitals than an earlier rule needs what both ask for, also behind a later rule', () => {
  const routes = [get('/users/me', 'profile.read'), get('/users/:id', 'users.read')];
  expect(ask(routes, '/users/me')).toBe('profile.read');
  expect(ask(routes, '/users/ME')).toBe('profile.read users.read');
  expect(ask(routes, '/users/7')).toBe('users.read');
  const docs = [compiled({ pattern: '/docs/internal/**', resource: 'secrets' }), compiled({ pattern: '/docs/**', public: true })];
  expect(ask(docs, '/docs/INTERNAL/x')).toBe('secrets.read');
  expect(ask(docs, '/docs/x')).toBe('(public)');
});

test('what is refused is refused to everybody, in any capitals, before and behind other rules', () => {
  const routes = [compiled({ pattern: '/files/:name.key', refused: true }), compiled({ pattern: '/**', public: true })];
  expect(ask(routes, '/files/a.txt')).toBe('(public)');
  for (const method of ['GET', 'HEAD', 'POST', 'DELETE'])
    for (const target of ['/files/a.key', '/files/a.KEY', '/FILES/a.key', '/files/a%2Ekey', '/files/a.b.key'])
      expect(ask(routes, target, method)).toBe('(none)');
  expect(ruleFor(routes, 'GET', ['files', 'a.key'])?.pattern).toBe('/files/:name.key');
  const byMethod = [compiled({ methods: ['DELETE'], pattern: '/a', refused: true }), compiled({ pattern: '/a', resource: 'a' })];
  expect([ask(byMethod, '/a'), ask(byMethod, '/a', 'DELETE')]).toEqual(['a.read', '(none)']);
});

describe('no URL and no set of rules costs more than a look at each rule', () => {
  const rule = (pattern: string, index: number): Route => get(pattern, `r${index}.read`);

  test.each([
    ['many dashes', ':a\\-:b\\-:c\\-:d\\-:e', '-'],
    ['text that nearly fits, again and again', ':a.aab:b.aab:c.aab', '.aa'],
    ['a suffix that begins everywhere', `:a${'.a'.repeat(60)}`, '.a'],
  ])('%s', (_what, segment, piece) => {
    const routes = [rule(`/${segment}`, 0), rule('/:id', 1)];
    expectLinear(
      (segments: readonly string[]) => judgeRequest(routes, 'GET', segments),
      (length) => [piece.repeat(length / piece.length)],
      1_000,
    );
  });

  test('thousands of rules with text around placeholders at one place are not tried one by one', () => {
    const routes = Array.from({ length: 5_000 }, (_, index) => rule(`/v1/x${index}.:id.json`, index));
    const judge = (index: number): void => {
      const judged = judgeRequest(routes, 'GET', ['v1', `x${index}.7.json`]);
      if (judged.kind !== 'permissions' || judged.permissions[0] !== `r${index}.read`) throw new Error('A rule was not found.');
    };
    const round = (index: number) => cpuMicros(() => judge(index), 1_000);
    const ratios = Array.from({ length: 30 }, () => round(4_999) / Math.max(1, round(0)));
    expect(Math.min(...ratios)).toBeLessThan(20);
  });

  test('a path that fits every rule at every place costs a look at each of them', () => {
    const shapes = [':a', 'a:b', ':c.a', 'a:d.a'];
    const routesOf = (depth: number): readonly Route[] => {
      const patterns = Array.from({ length: 4 ** depth }, (_, index) =>
        Array.from({ length: depth }, (_unused, place) => shapes[Math.floor(index / 4 ** place) % 4]).join('/'),
      );
      return patterns.map((pattern, index) =>
        compiled({ methods: ['POST'], pattern: `/${pattern}`, permission: `r${index}.write` }),
      );
    };
    // 16 times as many rules, 16 times as much work, and a little for sorting.
    const [few, many] = [routesOf(3), routesOf(5)];
    const cost = (routes: readonly Route[], depth: number, times: number) => {
      const segments = Array.from({ length: depth }, () => 'aba.a');
      return cpuMicros(() => judgeRequest(routes, 'GET', segments), times);
    };
    const ratios = Array.from({ length: 30 }, () => cost(many, 5, 40) / Math.max(1, cost(few, 3, 40)));
    expect(Math.min(...ratios)).toBeLessThan(16 * 5);
  });
});

const anySegment = fc.constantFrom('a', 'ab', 'a.b', 'a.b.b', '.b', 'A.b', 'x-a', 'x-', 'a:b', 'aa', 'ba');
const anyPart = fc.constantFrom('a', ':x', ':x.b', 'a:x', 'x-:y', String.raw`:x\:b`, 'a:x.b', String.raw`a\:b`, ':x.:y');
const anyRoutes = fc.array(
  fc.record({
    parts: fc.array(anyPart, { minLength: 1, maxLength: 3 }),
    isOpen: fc.boolean(),
    methods: fc.constantFrom(['GET'], ['POST'], ['GET', 'POST']),
    permission: fc.constantFrom('p.read', 'q.read', 'r.read'),
  }),
  { maxLength: 12 },
);

test('thousands of rules give what each of them looked at in order gives', () => {
  fc.assert(
    fc.property(anyRoutes, fc.array(anySegment, { minLength: 1, maxLength: 3 }), (rules, segments) => {
      const routes = rules.map(({ parts, isOpen, methods, permission }) =>
        compiled({ methods, pattern: `/${[...parts, ...(isOpen ? ['**'] : [])].join('/')}`, permission }),
      );
      const judged = judgeRequest(routes, 'GET', segments);
      const found = judged.kind === 'permissions' ? [...judged.permissions].sort().join(' ') : `(${judged.kind})`;
      expect(found).toBe(oneByOne(routes, segments));
    }),
    { numRuns: 10_000 },
  );
});

/** The rule of `judgeRequest` implemented differently, with regular expressions for its patterns and every rule tried. */
function oneByOne(routes: readonly Route[], segments: readonly string[]): string {
  const path = `/${segments.join('/')}`;
  const needed = new Set<string>();
  let isFound = false;
  let isNamed = false;
  for (const route of routes) {
    const holds = route.methods?.includes('GET') !== false;
    const [sure, likely, unlikely] = expressionsOf(route.pattern).map((expression) => expression.test(path));
    if (!sure && !likely && !unlikely) continue;
    if (!holds || !likely) isNamed = true;
    if (!holds) continue;
    needed.add(permissionOf(route));
    if (likely) isFound = true;
    if (sure) break;
  }
  if (isFound) return [...needed].sort().join(' ');
  if (isNamed) return '(none)';
  const judged = judgeRequest([], 'GET', segments);
  return judged.kind === 'permissions' ? judged.permissions.join(' ') : `(${judged.kind})`;
}

/** Text in a regular expression. */
const written = (text: string): string => text.replaceAll('\u0001', ':').replaceAll('.', '\\.');
const permissionOf = ({ asks }: Route): string => (asks.kind === 'permission' ? asks.permission : '');

function expressionsOf(pattern: string): readonly RegExp[] {
  const kinds = [
    // Up to the first character of what follows; at least one; any number, in any case.
    { any: (next: string) => (next === '' ? '[^/]+' : `[^/${next}]+`), flags: '' },
    { any: () => '[^/]+', flags: '' },
    { any: () => '[^/]*', flags: 'i' },
  ];
  return kinds.map(({ any, flags }) => {
    const source = pattern
      .slice(1)
      .split('/')
      .map((segment) => {
        if (segment === '**') return '';
        if (/^:[a-z]+$/.test(segment)) return '/[^/]+';
        // An escaped colon is put aside, so that a name is told from it.
        const pieces = segment.replaceAll('\\:', '\u0001').split(/(:[a-z]+)/);
        return `/${pieces.map((text, index) => (text.startsWith(':') ? any(written(pieces[index + 1]?.charAt(0) ?? '')) : written(text))).join('')}`;
      })
      .join('');
    return new RegExp(`^${source}${pattern.endsWith('/**') ? '(?:/.*)?' : ''}$`, flags);
  });
}
