import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPath } from './path.ts';
import { isReserved, permissionFor } from './permission.ts';
import { compileRoute, judgeRoute, type Route } from './route.ts';

const route = (pattern: string, resource: string | null): Route => {
  const compiled = compileRoute(pattern, resource);
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.route;
};

const judge = (target: string, ...routes: Route[]): string => {
  const path = readPath(target);
  if (!path.ok) return 'refused';
  const judgement = judgeRoute(routes, path.segments);
  return judgement.kind === 'resource' ? judgement.resource : `(${judgement.kind})`;
};

describe('without routes of the operator', () => {
  test.each([
    ['/api/v1/invoices', 'invoices'],
    ['/api/v1/invoices/7/lines', 'invoices'],
    ['/api/v27/invoices/', 'invoices'],
    ['/api/invoices', 'invoices'],
    ['/api/v1x/7', 'v1x'],
    ['/api/v/7', 'v'],
    ['/invoices/7?x=1', 'invoices'],
    ['/v1/invoices', 'v1'],
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
    '/api/v1.2/x',
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
    ['/:a b', 'crm', 'placeholder'],
    ['/x:resource', 'crm', 'whole segment'],
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
    const compiled = compileRoute(pattern, resource);
    expect(compiled.ok ? 'accepted' : compiled.reason).toContain(sentence);
  });
});

test('whatever a path asks for is a permission that exists and is not reserved', () => {
  const piece = fc.constantFrom('/', 'api', 'v1', 'keyhouse', 'crm', '.', '%20', 'a', '-', '_', 'x'.repeat(60));
  const routes = [route('/crm/:resource/**', ':resource'), route('/a/:resource', 'a.:resource'), route('/a/:id/**', 'a')];
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const path = readPath(`/${pieces.join('')}`);
      const judgement = judgeRoute(routes, path.ok ? path.segments : []);
      if (judgement.kind !== 'resource') return;
      for (const method of ['GET', 'POST']) {
        const permission = permissionFor(method, judgement.resource);
        expect(permission).not.toBeNull();
        expect(isReserved(permission ?? '')).toBe(false);
      }
    }),
    { numRuns: 3000 },
  );
});
