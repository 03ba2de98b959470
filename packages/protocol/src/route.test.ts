import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMicros } from '../test/growth.ts';
import { readPath } from './path.ts';
import { isPermission, isReserved } from './permission.ts';
import { judgeRequest } from './route.ts';
import { compileRoute, ROUTE_METHODS, type Route, type RouteRule } from './route-rule.ts';

const compiled = (rule: RouteRule): Route => {
  const answer = compileRoute(rule);
  if (!answer.ok) throw new Error(answer.reason);
  return answer.route;
};

const route = (pattern: string, resource: string | null): Route =>
  compiled(resource === null ? { pattern, public: true } : { pattern, resource });

const ask = (method: string, target: string, ...routes: Route[]): string => {
  const path = readPath(target);
  if (!path.ok) return 'refused';
  const judgement = judgeRequest(routes, method, path.segments);
  return judgement.kind === 'permissions' ? judgement.permissions.join(', ') : `(${judgement.kind})`;
};

/** Only the resource: what a GET asks for, without its action. */
const judge = (target: string, ...routes: Route[]): string => ask('GET', target, ...routes).replace(/\.read$/, '');

describe('without routes of the operator', () => {
  test.each([
    ['/api/v1/invoices', 'invoices'],
    ['/api/v1/invoices/7/lines', 'invoices'],
    ['/api/v27/invoices/', 'invoices'],
    ['/api/invoices', 'invoices'],
    ['/api/v1x/7', 'v1x'],
    ['/api/v/7', 'v'],
    ['/invoices/7?x=1', 'invoices'],
    ['/v1/invoices', 'invoices'],
    ['/2010-04-01/Accounts/7', 'Accounts'],
    ['/api/0/projects', 'projects'],
    ['/api/v1.2/x', 'x'],
    ['/API/v1/invoices', 'API'],
    ['/%61pi/v1/invoices', 'invoices'],
  ])('%s asks for %s', (target, resource) => {
    expect(judge(target)).toBe(resource);
  });

  test.each([
    '/',
    '/api',
    '/api/',
    '/api/v1',
    '/api/v1/',
    '/api/v1/a.b',
    '/api/v1/caf%C3%A9',
    '/v1',
    '/v1/a.b',
    '/api/v1.x/y',
    '/a%20b',
    '/~x',
    `/${'x'.repeat(123)}`,
  ])('%s is nothing: the first prefix that fits decides, and no later one is tried', (target) => {
    expect(judge(target)).toBe('(none)');
  });

  test.each(['/api/v1/keyhouse/x', '/api/Keyhouse', '/keyhouse', '/KEYHOUSE/verify'])(
    '%s is nothing: the name is reserved',
    (target) => {
      expect(judge(target)).toBe('(none)');
    },
  );
});

describe('routes of the operator', () => {
  test('the first that matches decides, before the defaults', () => {
    const routes = [
      route('/api/crm/:resource/export', 'crm.export'),
      route('/api/crm/:resource/**', 'crm.:resource'),
      route('/api/health', null),
    ];
    expect(judge('/api/crm/leads', ...routes)).toBe('crm.leads');
    expect(judge('/api/crm/leads/7/notes/', ...routes)).toBe('crm.leads');
    expect(judge('/api/crm/leads/export', ...routes)).toBe('crm.export');
    expect(judge('/api/health/', ...routes)).toBe('(public)');
    expect(judge('/api/health/x', ...routes)).toBe('health');
    expect(judge('/api/Health', ...routes)).toBe('Health');
    expect(judge('/api/crm', ...routes)).toBe('crm');
    expect(judge('/api/crm/a.b', ...routes)).toBe('crm');
  });

  test('** is zero or more segments, :name exactly one, and / only the root', () => {
    expect(judge('/files', route('/files/**', 'drive'))).toBe('drive');
    expect(judge('/files/a/b.c/d%20e', route('/files/**', 'drive'))).toBe('drive');
    expect(judge('/x/a.b/y', route('/x/:id/y', 'drive'))).toBe('drive');
    expect(judge('/x/y', route('/x/:id/y', 'drive'))).toBe('x');
    expect(judge('/', route('/', null))).toBe('(public)');
    expect(judge('/a', route('/', null))).toBe('a');
    expect(judge('/a/b', route('/**', null))).toBe('(public)');
    expect(judge('/caf%C3%A9', route('/café', 'menu'))).toBe('menu');
  });

  test('a resource that would be reserved or too long is refused, not tried with the next route', () => {
    expect(judge('/x/keyhouse', route('/x/:resource', ':resource'), route('/**', null))).toBe('(none)');
    expect(judge('/x/keyhouse', route('/x/:resource', ':resource.x'))).toBe('(none)');
    expect(judge(`/x/${'r'.repeat(122)}`, route('/x/:resource', ':resource'))).toBe('r'.repeat(122));
    expect(judge(`/x/${'r'.repeat(123)}`, route('/x/:resource', ':resource'), route('/**', null))).toBe('(none)');
  });

  test.each([
    ['api', 'crm', 'begins with a slash'],
    ['', 'crm', 'begins with a slash'],
    ['/a/', 'crm', 'slash at the end'],
    ['/a//b', 'crm', 'empty segments'],
    ['//', 'crm', 'slash at the end'],
    ['/**/a', 'crm', 'only at the end'],
    ['/**/**', 'crm', 'only at the end'],
    ['/a/*', 'crm', 'Only **'],
    ['/a/b**', 'crm', 'Only **'],
    ['/a/***', 'crm', 'Only **'],
    ['/:resource/:resource', 'crm', 'only once'],
    ['/:', 'crm', 'placeholder'],
    ['/:id:', 'crm', 'placeholder'],
    ['/:a:b', 'crm', 'text between'],
    ['/:resource.:id', 'crm', 'no other placeholder'],
    ['/a\\b', 'crm', 'a backslash only'],
    ['/a\\', 'crm', 'a backslash only'],
    ['/\\id:x', 'crm', 'a backslash only'],
    ['/:id.%41', 'crm', 'decoded'],
    ['/:id;x', 'crm', 'decoded'],
    ['/:id.*', 'crm', 'Only **'],
    [`/${':a.'.repeat(9)}`, 'crm', 'at most 8'],
    [`/:id.${'a'.repeat(256)}`, 'crm', 'at most 256'],
    ['/:resource/x:resource', 'crm', 'only once'],
    ['/a%20b', 'crm', 'decoded'],
    ['/a/../b', 'crm', 'decoded'],
    ['/a?b', 'crm', 'decoded'],
    ['/a\0', 'crm', 'decoded'],
    [`/${'a'.repeat(8192)}`, 'crm', 'at most'],
    ['/a', ':resource', 'the pattern has none'],
    ['/:resource', ':resource.:resource', 'only once'],
    ['/:resource', ':resourceful', 'made of'],
    ['/:id', ':id', 'made of'],
    ['/a', '', 'made of'],
    ['/a', 'crm.', 'made of'],
    ['/a', '*', 'made of'],
    ['/a', 'x'.repeat(123), 'made of'],
    ['/a', 'keyhouse', 'reserved'],
    ['/:resource', 'Keyhouse.:resource', 'reserved'],
    ['/a', 'crm.read', 'Leave out'],
  ])('refuses %.20j for %.20j, and says why', (pattern, resource, sentence) => {
    const answer = compileRoute({ pattern, resource });
    expect(answer.ok ? 'accepted' : answer.reason).toContain(sentence);
  });
});

describe('rules by method', () => {
  const rules = [
    compiled({ methods: ['POST'], pattern: '/reports/search', permission: 'reports.read' }),
    compiled({ methods: ['GET'], pattern: '/status', public: true }),
    compiled({ methods: ['PUT', 'DELETE'], pattern: '/reports/:id', permission: 'archive.write' }),
    compiled({ methods: ['GET'], pattern: '/reports/:id', permission: 'reports.read' }),
  ];

  test.each([
    ['POST', '/reports/search', 'reports.read'],
    ['GET', '/reports/search', 'reports.read'],
    ['PUT', '/reports/search', 'archive.write'],
    ['DELETE', '/reports/7', 'archive.write'],
    ['GET', '/reports/7', 'reports.read'],
    ['HEAD', '/reports/7', 'reports.read'],
    ['GET', '/status', '(public)'],
    ['HEAD', '/status/', '(public)'],
    ['GET', '/reports', 'reports.read'],
    ['POST', '/other', 'other.write'],
  ])('%s %s asks for %s', (method, target, wanted) => {
    expect(ask(method, target, ...rules)).toBe(wanted);
  });

  test.each([
    ['PATCH', '/reports/7'],
    ['POST', '/reports/7'],
    ['PATCH', '/reports/search'],
    ['POST', '/status'],
    ['OPTIONS', '/status'],
    ['get', '/status'],
    ['HEAD ', '/status'],
    ['', '/status'],
    ['TRACE', '/other'],
    ['constructor', '/other'],
  ])('%s %s is refused: a path that is named by other methods alone is not guessed at', (method, target) => {
    expect(ask(method, target, ...rules)).toBe('(none)');
  });

  test('a later rule of the operator still answers, but one that opens everything does not open what another one guards', () => {
    const guarded = compiled({ methods: ['GET'], pattern: '/reports/**', permission: 'reports.read' });
    expect(ask('DELETE', '/reports/7', guarded, route('/:resource/**', 'all.:resource'))).toBe('all.reports.write');
    expect(ask('DELETE', '/reports/7', guarded, route('/**', null))).toBe('(none)');
    expect(ask('DELETE', '/pages/7', guarded, route('/**', null))).toBe('(public)');
    const open = compiled({ methods: ['DELETE'], pattern: '/reports/**', public: true });
    expect(ask('DELETE', '/reports/7', guarded, open)).toBe('(public)');
  });

  const pattern = '/a';
  test.each([
    [{ pattern, methods: ['POST'], permission: 'a' }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: '*' }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: '*.read' }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: ':resource.read' }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: '__proto__' }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: `${'x'.repeat(128)}.read` }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: 'keyhouse.verify' }, 'reads like'],
    [{ pattern, methods: ['POST'], permission: 'Keyhouse.read' }, 'reserved'],
    [{ pattern, permission: 'a.read' }, 'stands with the methods'],
    [{ pattern, methods: null, permission: 'a.read' }, 'stands with the methods'],
    [{ pattern, methods: ['GET'], resource: 'a' }, 'without methods'],
    [{ pattern, methods: [], public: true }, 'at least one'],
    [{ pattern, methods: 'GET', public: true }, 'at least one'],
    [{ pattern, methods: ['HEAD'], public: true }, 'Leave out HEAD'],
    [{ pattern, methods: ['get'], public: true }, 'capitals'],
    [{ pattern, methods: ['OPTIONS'], public: true }, 'one of GET'],
    [{ pattern, methods: [7], public: true }, 'one of GET'],
    [{ pattern, methods: ['GET', 'GET'], public: true }, 'only once'],
    [{ pattern }, 'one of'],
    [{ pattern, public: false }, 'one of'],
    [{ pattern, public: 'true' }, 'one of'],
    [{ pattern, resource: null }, 'one of'],
    [{ pattern, resource: 'a', public: true }, 'one of'],
    [{ pattern, methods: ['GET'], permission: 'a.read', public: true }, 'one of'],
    [{ public: true }, '"pattern"'],
    [{ pattern: 7, public: true }, '"pattern"'],
  ])('refuses %j, and says why', (rule, sentence) => {
    const answer = compileRoute(rule as RouteRule);
    expect(answer.ok ? 'accepted' : answer.reason).toContain(sentence);
  });

  test('a rule is copied: what is done to it afterwards changes nothing', () => {
    const methods = ['GET'];
    const kept = compiled({ methods, pattern, permission: 'a.read' });
    methods.push('DELETE');
    expect(ask('DELETE', '/a', kept)).toBe('(none)');
  });
});

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'get', ''];

const anyPattern = fc.constantFrom('/a', '/a/:id', '/:resource/**', '/a/**', '/**', '/api/v1/:resource', '/crm/:resource/**');
const anyMethods = fc.uniqueArray(fc.constantFrom(...ROUTE_METHODS), { minLength: 1 });
const anyRule: fc.Arbitrary<RouteRule> = fc.oneof(
  fc.record({ pattern: anyPattern, resource: fc.constantFrom('x', 'crm.x') }),
  fc.record({ pattern: anyPattern, public: fc.constant<true>(true) }),
  fc.record({ methods: anyMethods, pattern: anyPattern, permission: fc.constantFrom('r.read', 'r.write') }),
  fc.record({ methods: anyMethods, pattern: anyPattern, public: fc.constant<true>(true) }),
);
const anyTarget = fc
  .array(fc.constantFrom('/', 'api', 'v1', 'keyhouse', 'crm', '.', '%20', 'a', '-', '_', 'x'.repeat(60)), { maxLength: 10 })
  .map((pieces) => `/${pieces.join('')}`);

test('whatever a path asks for is a permission that exists and is not reserved', () => {
  const routes = [route('/crm/:resource/**', ':resource'), route('/a/:resource', 'a.:resource'), route('/a/:id/**', 'a')];
  fc.assert(
    fc.property(anyTarget, fc.array(anyRule, { maxLength: 4 }), fc.constantFrom(...METHODS), (target, rules, method) => {
      const path = readPath(target);
      const judgement = judgeRequest([...rules.map(compiled), ...routes], method, path.ok ? path.segments : []);
      if (judgement.kind !== 'permissions') return;
      expect(judgement.permissions.length).toBeGreaterThan(0);
      for (const permission of judgement.permissions) expect(isPermission(permission) && !isReserved(permission)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test('whatever HEAD asks for, GET asks for', () => {
  fc.assert(
    fc.property(anyTarget, fc.array(anyRule, { maxLength: 5 }), (target, rules) => {
      const routes = rules.map(compiled);
      expect(ask('HEAD', target, ...routes)).toBe(ask('GET', target, ...routes));
    }),
    { numRuns: 2000 },
  );
});

test('among many rules the first whose path and method match decides, and nothing else is public', () => {
  const many = fc.array(anyRule, { maxLength: 40 });
  fc.assert(
    fc.property(anyTarget, many, fc.constantFrom(...ROUTE_METHODS), (target, rules, method) => {
      // Each rule alone shows whether its pattern matches: made public, it is public for what it matches.
      const isOfPath = (rule: RouteRule) => ask(method, target, compiled({ pattern: rule.pattern, public: true })) === '(public)';
      const named = rules.filter(isOfPath);
      const holds = (rule: RouteRule) => !('methods' in rule) || rule.methods.includes(method);
      const first = named.findIndex(holds);
      const rule = named[first];
      const isGuardedBefore = first > 0 && rule !== undefined && 'public' in rule && !('methods' in rule);
      const answer = ask(method, target, ...rules.map(compiled));
      if (rule === undefined) expect(answer).toBe(named.length > 0 ? '(none)' : ask(method, target));
      else if (isGuardedBefore) expect(answer).toBe('(none)');
      else expect(answer).toBe(ask(method, target, compiled(rule)));
    }),
    { numRuns: 2000 },
  );
});

test('a path in other capitals than a rule with methods is refused, as some frameworks answer both', () => {
  const rule = compiled({ methods: ['GET'], pattern: '/users/:id/Secrets', permission: 'secrets.read' });
  expect(ask('GET', '/users/7/Secrets', rule)).toBe('secrets.read');
  for (const target of ['/users/7/secrets', '/USERS/7/Secrets', '/users/7/%53ECRETS/'])
    for (const method of ['GET', 'HEAD', 'POST']) expect(ask(method, target, rule, route('/**', null))).toBe('(none)');
  expect(ask('GET', '/users/7/secret', rule)).toBe('users.read');
  // The Turkish İ has two characters in lower case, and no server folds it.
  expect(ask('GET', '/%C4%B0x', compiled({ methods: ['GET'], pattern: '/İx', permission: 'i.read' }))).toBe('i.read');
});

test('five thousand rules are not tried one by one', () => {
  const routes = Array.from({ length: 5_000 }, (_, index) =>
    compiled({ methods: ['GET'], pattern: `/api/v1/r${index}/:id`, permission: `r${index}.read` }),
  );
  const judge = (index: number): void => {
    const judgement = judgeRequest(routes, 'GET', ['api', 'v1', `r${index}`, '7']);
    if (judgement.kind !== 'permissions') throw new Error('A rule was not found.');
  };
  const round = (index: number) => cpuMicros(() => judge(index), 1_000);
  // One by one the last rule takes thousands of times as long as the first.
  const ratios = Array.from({ length: 30 }, () => round(4_999) / Math.max(1, round(0)));
  expect(Math.min(...ratios)).toBeLessThan(20);
});
