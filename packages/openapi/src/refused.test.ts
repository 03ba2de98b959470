/**
 * Parts of real documents that no pattern could express, or that were ignored: now they are expressed, refused, or a fault with
 * its place.
 */
import { compileRoute, judgeRequest } from '@keyhouse/protocol';
import { describe, expect, test } from 'vitest';
import { readingsOf } from '../../protocol/src/path-readings.ts';
import { deriveRoutes } from './derive-routes.ts';

const documentOf = (paths: unknown, more: object = {}) => ({ openapi: '3.1.0', security: [{ key: [] }], paths, ...more });
const derive = (paths: unknown, more: object = {}) => deriveRoutes(documentOf(paths, more));

/** What `/verify` and a guard require by the routes of the document. */
function asking(paths: unknown, more: object = {}): (method: string, target: string) => string {
  const { routes, faults } = derive(paths, more);
  expect(faults).toEqual([]);
  const compiled = routes.map((rule) => {
    const answer = compileRoute(rule);
    if (!answer.ok) throw new Error(answer.reason);
    return answer.route;
  });
  return (method, target) => {
    const asked = new Set<string>();
    for (const { segments, routes: rules } of readingsOf(compiled)(target, false) ?? []) {
      const judged = judgeRequest(rules, method, segments);
      asked.add(judged.kind === 'permissions' ? judged.permissions.join(' ') : `(${judged.kind})`);
    }
    return [...asked].join(' & ');
  };
}

describe('an operation that is a $ref', () => {
  const operations = {
    guarded: { summary: 'Read secrets', 'x-permission': 'secrets.read' },
    open: { security: [] },
    hop: { $ref: '#/x-operations/guarded' },
    refused: { 'x-refused': true },
    empty: {},
  };
  const asked = (operation: unknown): unknown => {
    const { routes, faults } = derive({ '/pets': { get: operation } }, { 'x-operations': operations });
    return faults[0] ?? routes[0];
  };
  const rule = { methods: ['GET'], pattern: '/pets' };

  test('asks for what stands at its end', () => {
    expect(asked({ $ref: '#/x-operations/guarded' })).toEqual({ ...rule, permission: 'secrets.read' });
    expect(asked({ $ref: '#/x-operations/hop' })).toEqual({ ...rule, permission: 'secrets.read' });
    expect(asked({ $ref: '#/x-operations/open' })).toEqual({ ...rule, public: true });
    expect(asked({ $ref: '#/x-operations/refused' })).toEqual({ ...rule, refused: true });
    expect(derive({ '/pets': { get: { $ref: '#/x-operations/guarded' } } }, { 'x-operations': operations }).permissions).toEqual([
      { name: 'secrets.read', sentence: 'Read secrets' },
    ]);
  });

  test('our own words beside it count first, and no other word that decides is lost', () => {
    expect(asked({ $ref: '#/x-operations/guarded', 'x-permission': 'a.read', summary: 'x' })).toEqual({
      ...rule,
      permission: 'a.read',
    });
    expect(asked({ $ref: '#/x-operations/open', 'x-refused': true })).toEqual({ ...rule, refused: true });
    expect(asked({ $ref: '#/x-operations/open', 'x-public': false })).toEqual({ ...rule, permission: 'pets.read' });
    expect(asked({ $ref: '#/x-operations/guarded', 'x-public': true })).toContain('"x-public": true cannot be combined');
    expect(asked({ $ref: '#/x-operations/open', security: [{ key: [] }] })).toContain('next to its $ref');
    expect(asked({ $ref: '#/x-operations/open', servers: [] })).toContain('next to its $ref');
  });

  test.each([
    ['resources/pets.yml', 'points outside the document'],
    ['https://evil.example/a.json#/x', 'points outside the document'],
    ['#', 'points outside the document'],
    [7, 'points outside the document'],
    ['#/x-operations/none', 'does not exist in the document'],
    ['#/x-operations/constructor', 'does not exist in the document'],
    ['#/paths/~1pets/get', 'is circular'],
    ['#/openapi', 'An operation must be an object'],
  ])('to %j is a fault with its place', ($ref, sentence) => {
    expect(asked({ $ref })).toMatch(/^paths\["\/pets"\]\.get: /);
    expect(asked({ $ref })).toContain(sentence);
  });

  test('a path that is one keeps what stands beside it too', () => {
    const more = {
      components: { pathItems: { pets: { get: {}, 'x-permission': 'b.read' }, shut: { get: {}, 'x-refused': true } } },
    };
    const paths = (beside: object, name = 'pets') => ({ '/pets': { $ref: `#/components/pathItems/${name}`, ...beside } });
    expect(derive(paths({}), more).routes).toEqual([{ ...rule, permission: 'b.read' }]);
    expect(derive(paths({ 'x-permission': 'a.read' }), more).routes).toEqual([{ ...rule, permission: 'a.read' }]);
    expect(derive(paths({ 'x-refused': true }), more).routes).toEqual([{ pattern: '/pets', refused: true }]);
    expect(derive(paths({}, 'shut'), more).routes).toEqual([{ pattern: '/pets', refused: true }]);
    expect(derive(paths({ servers: [{ url: '/v2' }] }), more).faults).toEqual([expect.stringContaining('next to its $ref')]);
  });
});

describe('a version', () => {
  test.each([
    ['/v1/invoices/{id}', 'invoices.read'],
    ['/2010-04-01/Accounts/{Sid}.json', 'Accounts.read'],
    ['/2010-04-01/Accounts.json', 'Accounts.read'],
    ['/api/0/projects/', 'projects.read'],
    ['/{tenant}/v2/orders', 'orders.read'],
    ['/v1/items:search', 'items.read'],
    ['/v1/Products({id})/lines', 'Products.read'],
    ['/{id}.json/parts', 'parts.read'],
    ['/store/v1/orders', 'store.read'],
  ])('is not what %s is about', (path, permission) => {
    expect(derive({ [path]: { get: {} } }).permissions.map(({ name }) => name)).toEqual([permission]);
  });

  test('behind a base path neither', () => {
    const servers = [{ url: 'https://a.example/store' }];
    expect(derive({ '/v1/orders': { get: {} } }, { servers }).routes).toEqual([
      { methods: ['GET'], pattern: '/store/v1/orders', permission: 'orders.read' },
    ]);
  });

  test('many operations that ask for one resource are told', () => {
    const paths = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`/v1/Services/{id}/p${index}`, { get: {} }]));
    expect(derive(paths).warnings).toEqual([
      expect.stringMatching(/^paths: All 20 operations require permissions of one resource, Services/),
    ]);
    expect(derive({ ...paths, '/v1/Users': { get: {} } }).warnings).toEqual([]);
    expect(derive(paths, { 'x-permission': 'a.read' }).warnings).toEqual([]);
  });
});

describe('text around templates', () => {
  const ask = asking({
    '/v1/items:search': { post: { 'x-permission': 'items.read' } },
    '/v1/items/{id}:cancel': { post: { 'x-permission': 'cancellations.write' } },
    '/v1/items/{id}': { post: {} },
    '/calls/{id}.json': { get: { security: [] } },
    '/calls/{id}': { get: {} },
    '/Products({id})': { get: {} },
    '/compare/{base}...{head}': { get: {} },
    '/old/{id}_old': { get: { 'x-permission': 'archive.read' } },
    '/old/{id}': { get: {} },
    '/stars/a*b': { get: {} },
    '/stars/**': { get: { 'x-permission': 'sky.read' } },
  });

  test.each([
    ['POST', '/v1/items:search', 'items.read'],
    ['POST', '/v1/items/7:cancel', 'cancellations.write'],
    ['POST', '/v1/items/7', 'items.write'],
    ['POST', '/v1/items/7%3Acancel', 'cancellations.write & items.write'],
    ['GET', '/calls/7.json', '(public)'],
    ['GET', '/calls/7', 'calls.read'],
    ['GET', '/calls/7.b.json', 'calls.read'],
    ['GET', '/calls/7.JSON', 'calls.read'],
    ['GET', '/Products(7)', 'Products.read'],
    ['GET', "/Products('a')", 'Products.read'],
    ['GET', '/Products()', '(none)'],
    ['GET', '/compare/a...b', 'compare.read'],
    ['GET', '/old/7_old', 'archive.read'],
    ['GET', '/old/7', 'old.read'],
    ['GET', '/stars/a*b', 'stars.read'],
    ['GET', '/stars/**', 'sky.read'],
    ['GET', '/stars/x', 'stars.read'],
  ])('%s %s asks for %s', (method, target, wanted) => {
    expect(ask(method, target)).toBe(wanted);
  });

  test('the pattern that says most stands first', () => {
    const paths = ['/{a}', '/{a}.gz', '/{a}.tar.gz', '/x.tar.gz', '/{a}-{b}.gz', '/b{a}'];
    const { routes } = derive(Object.fromEntries(paths.map((path) => [path, { get: { 'x-permission': 'a.read' } }])));
    expect(routes.map(({ pattern }) => pattern)).toEqual([
      '/x.tar.gz',
      '/:a.tar.gz',
      String.raw`/:a\-:b.gz`,
      '/:a.gz',
      '/b:a',
      '/:a',
    ]);
  });
});

describe('two paths that a request cannot tell apart', () => {
  const TWINS = { '/a': { post: {} }, '/a?beta=true': { post: {}, get: {} }, '/a#stream': { post: {} } };

  test('are judged as one, and it is told', () => {
    const { routes, warnings, faults } = derive(TWINS);
    expect(faults).toEqual([]);
    expect(routes).toEqual([
      { methods: ['GET'], pattern: '/a', permission: 'a.read' },
      { methods: ['POST'], pattern: '/a', permission: 'a.write' },
    ]);
    expect(warnings).toEqual([
      'paths["/a?beta=true"]: Requests are matched without query and fragment, so this path is read as "/a".',
      'paths["/a#stream"]: Requests are matched without query and fragment, so this path is read as "/a".',
      'paths["/a?beta=true"]: A request for it looks the same as one for "/a", so both are read as one path.',
      'paths["/a#stream"]: A request for it looks the same as one for "/a", so both are read as one path.',
    ]);
    expect(derive({ '/x/{id}': { get: {} }, '/x/{name}/': { put: {} } }).routes).toHaveLength(2);
    expect(
      derive({ '#x': { get: { 'x-permission': 'a.read' } }, '/{a}?b={c}': { get: {}, 'x-permission': 'b.read' } }).routes,
    ).toEqual([
      { methods: ['GET'], pattern: '/', permission: 'a.read' },
      { methods: ['GET'], pattern: '/:a', permission: 'b.read' },
    ]);
  });

  test('of a public and a guarded one the guarded one counts, of a refused one the refusal', () => {
    const open = derive({ ...TWINS, '/a#stream': { post: { security: [] } } });
    expect(open.routes).toContainEqual({ methods: ['POST'], pattern: '/a', permission: 'a.write' });
    expect(open.warnings).toContain(
      'paths["/a#stream"]: Its POST and that of "/a" differ, so the stricter one applies: it requires a.write.',
    );
    expect(derive({ '/a': { post: { security: [] } }, '/a#x': { post: {} } }).routes).toEqual([
      { methods: ['POST'], pattern: '/a', permission: 'a.write' },
    ]);
    expect(derive({ ...TWINS, '/a#stream': { 'x-refused': true } }).routes).toEqual([{ pattern: '/a', refused: true }]);
  });

  test('of two permissions neither counts: it is a fault', () => {
    const { faults, routes } = derive({ ...TWINS, '/a#stream': { post: { 'x-permission': 'streams.write' } } });
    expect(faults).toEqual([
      expect.stringMatching(/^paths\["\/a#stream"\]: A POST request for it looks the same as one for "\/a"/),
    ]);
    expect(routes).toEqual([]);
  });
});

describe('a request that may mean two paths', () => {
  const crossed = { '/{kind}/mine': { get: { 'x-permission': 'mine.read' } }, '/books/{id}': { get: {} } };

  test('is refused where they ask for different things, and it is told', () => {
    const { warnings } = derive(crossed);
    expect(warnings).toEqual([
      'paths["/books/{id}"]: GET /books/mine can match this path and "/{kind}/mine", which require different things, so it is refused.',
    ]);
    const ask = asking(crossed);
    expect([ask('GET', '/books/mine'), ask('GET', '/books/7'), ask('GET', '/films/mine')]).toEqual([
      '(none)',
      'books.read',
      'mine.read',
    ]);
  });

  test('is no question where they ask for the same, by other methods, or where a path says it', () => {
    expect(derive({ ...crossed, '/{kind}/mine': { post: { 'x-permission': 'mine.read' } } }).warnings).toEqual([]);
    expect(derive({ ...crossed, '/{kind}/mine': { get: { 'x-permission': 'books.read' } } }).warnings).toEqual([]);
    const said = { ...crossed, '/books/mine': { get: { 'x-permission': 'own.read' } } };
    expect(derive(said).warnings).toEqual([]);
    expect(asking(said)('GET', '/books/mine')).toBe('own.read');
    // The path that says it does so for GET alone.
    const both = {
      '/{kind}/mine': { put: { 'x-permission': 'mine.write' } },
      '/books/{id}': { put: {} },
      '/books/mine': { get: {} },
    };
    const ask = asking(both);
    expect([ask('GET', '/books/mine'), ask('PUT', '/books/mine')]).toEqual(['books.read', '(none)']);
  });

  test('is a fault where no pattern says which requests these are', () => {
    const { faults } = derive({ '/a/x{id}': { get: {} }, '/a/{id}y': { get: { 'x-permission': 'b.read' } } });
    expect(faults).toEqual([expect.stringContaining('The same request can match this path and "/a/x{id}"')]);
    const refused = derive({ '/a/x{id}': { 'x-refused': true }, '/a/{id}y': { 'x-refused': true }, '/b': { get: {} } });
    expect(refused.faults).toEqual([]);
  });
});

describe('x-refused', () => {
  const built = { get: {}, post: { security: [] } };

  test('leaves out a path or an operation, and no request for it passes', () => {
    const ask = asking({
      '/internal/{id}': { ...built, 'x-refused': true },
      '/public/{id}': { get: { security: [] }, delete: { 'x-refused': true, security: [] } },
    });
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      for (const target of ['/internal/7', '/internal/7/', '/INTERNAL/7', '/%69nternal/7'])
        expect(ask(method, target)).toMatch(/\(none\)/);
    expect(ask('GET', '/public/7')).toBe('(public)');
    expect(ask('DELETE', '/public/7')).toBe('(none)');
  });

  test.each([
    ['/files/{path+}', '/files/**', '/files/a/b'],
    ['/files/{a}{b}', '/files/**', '/files/x'],
    ['/files//x', '/files/**', '/files/x'],
    ['/files/../x', '/files/**', '/files'],
    ['/{*}', '/**', '/whatever'],
    ['files', '/**', '/files'],
    ['/files/{a;b}/x', '/files/**', '/files/1/x'],
  ])('leaves out %s, which no pattern says, with all that no other path names below %s', (path, pattern, target) => {
    const paths = { [path]: { ...built, 'x-refused': true }, '/files/known': { get: {} } };
    expect(derive(paths).warnings).toEqual([expect.stringContaining(`so ${pattern} is refused`)]);
    const ask = asking(paths);
    expect(ask('GET', '/files/known')).toBe('files.read');
    for (const method of ['GET', 'POST', 'DELETE']) expect(ask(method, target)).toBe('(none)');
  });

  test('costs no route of its own where it stands first, and one where it does not', () => {
    const before = { '/a/{x}': { 'x-refused': true }, '/{y}/b': { get: {}, 'x-permission': 'b.read' } };
    expect(derive(before).routes.map(({ pattern }) => pattern)).toEqual(['/a/:x', '/:y/b']);
    const behind = { '/{y}/b': { 'x-refused': true }, '/a/{x}': { get: {} } };
    expect(derive(behind).routes.map(({ pattern }) => pattern)).toEqual(['/a/b', '/a/:x', '/:y/b']);
    for (const paths of [before, behind]) expect(asking(paths)('GET', '/a/b')).toBe('(none)');
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`/{x}/l${index}`, { get: {} }]));
    expect(derive({ ...many, '/a/{b+}': { 'x-refused': true } }).faults).toEqual([]);
  });

  test('needs nothing of the path that it leaves out', () => {
    expect(derive({ '/a': { $ref: 'other.yaml', 'x-refused': true } }).faults).toEqual([]);
    expect(derive({ '/a': { get: 7, 'x-refused': true } }).faults).toEqual([]);
    expect(derive({ '/a': { get: { $ref: 'other.yaml', 'x-refused': true } } }).faults).toEqual([]);
    expect(derive({ '/a': { get: { servers: [{ url: '/elsewhere' }], 'x-refused': true } } }).faults).toEqual([]);
    expect(derive({ '/{id}': { 'x-refused': true } }).routes).toEqual([{ pattern: '/:id', refused: true }]);
  });

  test.each([
    [{ '/a': { 'x-refused': 'true', get: {} } }, '"x-refused" must be true or false'],
    [{ '/a': { 'x-refused': true, 'x-public': true } }, '"x-refused": true cannot be combined'],
    [{ '/a': { get: { 'x-refused': true, 'x-permission': 'a.read' } } }, '"x-refused": true cannot be combined'],
    [{ '/a': { get: { 'x-refused': null } } }, '"x-refused" must be true or false'],
  ])('%j is a fault', (paths, sentence) => {
    expect(derive(paths).faults).toEqual([expect.stringContaining(sentence)]);
  });

  test('each fault of a path says that it can be left out', () => {
    for (const path of ['/a/{b}{c}', '/a//b', '/a;b', 'a'])
      expect(derive({ [path]: { get: {} } }).faults).toEqual([expect.stringContaining('"x-refused": true')]);
    expect(derive({ '/a': { 'x-refused': false, get: {} } }).routes).toHaveLength(1);
  });
});

describe('a colon at the beginning of a segment', () => {
  const ask = asking({ '/profiles/:id': { get: { 'x-permission': 'secrets.read' } } });

  test('is a colon, and what it may have meant is refused', () => {
    expect(ask('GET', '/profiles/:id')).toBe('secrets.read');
    expect([ask('GET', '/profiles/7'), ask('POST', '/profiles/7')]).toEqual(['(none)', '(none)']);
    expect(derive({ '/profiles/:id': { get: {} } }).warnings).toEqual([expect.stringContaining('For a template write "{id}"')]);
  });

  test('does not shut the path that says what it is', () => {
    const both = asking({ '/profiles/:id': { get: {} }, '/profiles/{id}': { get: { 'x-permission': 'p.read' } } });
    expect(both('GET', '/profiles/7')).toBe('p.read');
    const escaped = asking({ '/profiles/%3Aid': { get: {} } });
    expect([escaped('GET', '/profiles/7'), escaped('GET', '/profiles/:id')]).toEqual(['profiles.read', 'profiles.read']);
  });
});

describe('OpenAPI 3.2', () => {
  const derive32 = (paths: unknown) =>
    deriveRoutes({ ...documentOf(paths), openapi: '3.2.0', $self: 'https://a.example/openapi.json' });

  test('is read, and its new methods are refused plainly', () => {
    const { routes, warnings, faults } = derive32({
      '/a': { get: {}, query: { security: [] }, additionalOperations: { COPY: { security: [] }, PURGE: {} } },
    });
    expect(faults).toEqual([]);
    expect(routes).toEqual([{ methods: ['GET'], pattern: '/a', permission: 'a.read' }]);
    expect(warnings).toEqual([
      'paths["/a"].query: QUERY is always refused.',
      'paths["/a"].additionalOperations["COPY"]: This method is always refused, because no permission covers it.',
      'paths["/a"].additionalOperations["PURGE"]: This method is always refused, because no permission covers it.',
    ]);
    const ask = asking({ '/a': { query: { security: [] } } });
    expect(['QUERY', 'COPY'].map((method) => ask(method, '/a'))).toEqual(['(none)', '(none)']);
  });

  test.each([
    [{ '/a': { additionalOperations: { POST: {} } } }, '"post"'],
    [{ '/a': { additionalOperations: { query: {} } } }, '"query"'],
    [{ '/a': { additionalOperations: [] } }, 'It must be an object with one operation'],
  ])('%j is a fault', (paths, sentence) => {
    expect(derive32(paths).faults).toEqual([expect.stringContaining(sentence)]);
  });
});

test('"x-public": false says of optional security, once for all, that it asks for a permission', () => {
  const paths = { '/a': { get: { security: [{}, { key: [] }] } }, '/b': { get: { security: [{}] } } };
  expect(derive(paths).faults).toHaveLength(2);
  expect(derive(paths, { 'x-public': false }).permissions.map(({ name }) => name)).toEqual(['a.read', 'b.read']);
});
