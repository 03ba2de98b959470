import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRoute, judgeRequest, readPath } from '@keyhouse/protocol';
import { describe, expect, test } from 'vitest';
import { deriveRoutes } from './derive-routes.ts';

const SECURED = [{ bearer: [] }];

/** A document in which every operation requires a credential. */
const documentOf = (paths: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  openapi: '3.1.0',
  info: { title: 'x', version: '1' },
  security: SECURED,
  paths,
  ...more,
});
const derive = (paths: Record<string, unknown>, more: Record<string, unknown> = {}) => deriveRoutes(documentOf(paths, more));

/** What a request asks for by the rules of the document. */
function ask(document: unknown, method: string, target: string): string {
  const { routes, faults } = deriveRoutes(document);
  expect(faults).toEqual([]);
  const compiled = routes.map((rule) => {
    const answer = compileRoute(rule);
    if (!answer.ok) throw new Error(answer.reason);
    return answer.route;
  });
  const path = readPath(target);
  if (!path.ok) return '(unreadable)';
  const judgement = judgeRequest(compiled, method, path.segments);
  return judgement.kind === 'permissions' ? judgement.permissions.join(', ') : `(${judgement.kind})`;
}

/** As people write them: a pet shop, with the special cases of real documents. */
const PETS = {
  openapi: '3.0.3',
  info: { title: 'Pets', version: '1.0.0' },
  servers: [{ url: 'https://{region}.pets.example/api/v3/' }, { url: '/api/v3' }],
  security: [{ token: [] }],
  tags: [{ name: 'pet', description: 'Everything about\n  your pets' }, { name: 'store' }, 7],
  paths: {
    '/pets': {
      get: { summary: 'Find pets', tags: ['pet'] },
      post: { summary: 'Add a pet', tags: ['pet'] },
    },
    '/pets/{petId}': {
      parameters: [{ name: 'petId', in: 'path' }],
      get: { summary: 'Look at a pet', tags: ['pet'] },
      head: { tags: ['pet'] },
      put: { summary: 'Change a pet', tags: ['pet'] },
      delete: { tags: ['pet'], 'x-permission': 'pets-trash.write', summary: 'Give a pet away' },
    },
    '/pets/search': { post: { summary: 'Search pets', tags: ['pet'], 'x-permission': 'pets.read' } },
    '/store/orders': { 'x-permission': 'orders.read', get: { summary: 'See your orders' } },
    '/store/status/': { get: { security: [] }, options: {} },
    '/inventory': { $ref: '#/components/pathItems/inventory' },
    '/{shop}/hours/today': { get: { 'x-public': true } },
    'x-note': 'not a path',
  },
  components: { pathItems: { inventory: { get: { summary: 'Count what is there' } } } },
};

describe('a document of a shop', () => {
  test('gives routes by method, the more literal ones first', () => {
    expect(deriveRoutes(PETS).routes).toEqual([
      { methods: ['GET'], pattern: '/api/v3/inventory', permission: 'inventory.read' },
      { methods: ['GET'], pattern: '/api/v3/pets', permission: 'pets.read' },
      { methods: ['POST'], pattern: '/api/v3/pets', permission: 'pets.write' },
      { methods: ['POST'], pattern: '/api/v3/pets/search', permission: 'pets.read' },
      { methods: ['GET'], pattern: '/api/v3/pets/:petId', permission: 'pets.read' },
      { methods: ['PUT'], pattern: '/api/v3/pets/:petId', permission: 'pets.write' },
      { methods: ['DELETE'], pattern: '/api/v3/pets/:petId', permission: 'pets-trash.write' },
      { methods: ['GET'], pattern: '/api/v3/store/orders', permission: 'orders.read' },
      { methods: ['GET'], pattern: '/api/v3/store/status', public: true },
      { methods: ['GET'], pattern: '/api/v3/:shop/hours/today', public: true },
    ]);
  });

  test('gives a sentence to each permission: of its one operation, of the tag that all of them share, or of all summaries', () => {
    expect(deriveRoutes(PETS).permissions).toEqual([
      { name: 'inventory.read', sentence: 'Count what is there' },
      { name: 'orders.read', sentence: 'See your orders' },
      { name: 'pets-trash.write', sentence: 'Give a pet away' },
      { name: 'pets.read', sentence: 'See: Everything about your pets' },
      { name: 'pets.write', sentence: 'Change: Everything about your pets' },
    ]);
    const summed = derive({
      '/a': { get: { summary: 'See a' } },
      '/a/{x}': { get: { summary: 'See one a' } },
      '/b': { post: {} },
    });
    expect(summed.permissions.map(({ sentence }) => sentence)).toEqual(['See a; See one a', 'Change b']);
    const [long] = derive({ '/a': { get: { summary: '😀'.repeat(300) } } }).permissions;
    expect([...(long?.sentence ?? '')]).toHaveLength(200);
    expect(derive({ '/a': { get: { summary: 'See \u0000 it' } } }).permissions[0]?.sentence).toBe('See a');
  });

  test.each([
    ['GET', '/api/v3/pets/7', 'pets.read'],
    ['HEAD', '/api/v3/pets/7/', 'pets.read'],
    ['POST', '/api/v3/pets/search', 'pets.read'],
    ['GET', '/api/v3/pets/search', 'pets.read'],
    ['DELETE', '/api/v3/pets/search', 'pets-trash.write'],
    ['PATCH', '/api/v3/pets/7', '(none)'],
    ['POST', '/api/v3/store/status', '(none)'],
    ['GET', '/api/v3/store/status', '(public)'],
    ['GET', '/api/v3/north/hours/today', '(public)'],
    ['GET', '/api/v3/other', 'other.read'],
  ])('%s %s asks for %s', (method, target, wanted) => {
    expect(ask(PETS, method, target)).toBe(wanted);
  });

  test('warns of a method that is always refused', () => {
    expect(deriveRoutes(PETS).warnings).toEqual([
      'paths["/store/status/"].options: OPTIONS is always refused, except for CORS preflight requests.',
    ]);
  });
});

test('our own document: every operation has a route or is public', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8');
  const ours = JSON.parse(text) as { paths: Record<string, unknown> };
  // A gateway asks about any path at all: no template of OpenAPI says that, and so it is not assumed.
  expect(deriveRoutes(ours).faults).toEqual([expect.stringContaining('paths["/verify/{*}"]: ')]);
  delete ours.paths['/verify/{*}'];
  const { routes, faults } = deriveRoutes(ours);
  expect(faults).toEqual([]);
  expect(routes.length).toBeGreaterThan(20);
  // As the built-in patterns read it: what comes before the resource is not a resource.
  expect(ask(ours, 'GET', '/api/v1/cli/loggedUser')).toBe('cli.read');
  expect(ask(ours, 'POST', '/api/v1/auth/login')).toBe('(public)');
  expect(ask(ours, 'GET', '/.well-known/jwks.json')).toBe('(public)');
});

describe('where the paths begin', () => {
  const paths = { '/pets': { get: {} } };
  const patternOf = (servers: unknown, base?: string): unknown => {
    const { routes, faults } = deriveRoutes(documentOf(paths, { servers }), base === undefined ? {} : { base });
    return faults[0] ?? routes[0]?.pattern;
  };

  test.each([
    [[], '/pets'],
    [[{ url: '/' }], '/pets'],
    [[{ url: 'https://api.example.com' }], '/pets'],
    [[{ url: '//api.example.com/v1' }], '/v1/pets'],
    [[{ url: 'https://api.example.com/api/v1/' }, { url: 'http://localhost:8080/api/v1' }], '/api/v1/pets'],
    [[{ url: 'https://{host}:{port}/caf%C3%A9' }], '/café/pets'],
    [[{ url: '{protocol}://{host}/api/v3' }], '/api/v3/pets'],
    [[{ url: '/a:b' }], String.raw`/a\:b/pets`],
  ])('%j', (servers, pattern) => {
    expect(patternOf(servers)).toBe(pattern);
  });

  test.each([
    [[{ url: '/v1' }, { url: '/v2' }], 'servers: The servers have different paths (/v1, /v2)'],
    [[{ url: 'https://a.example/{version}' }], 'servers: The base path "/{version}" has a variable'],
    [[{ url: 'v1' }], 'servers: A server needs a "url"'],
    [[{ url: '' }], 'servers: A server needs a "url"'],
    [[{ url: '/v1?x=1' }], 'servers: The base path "/v1?x=1" cannot be read'],
    [[{ url: '/../v1' }], 'servers: The base path "/../v1" cannot be read'],
    [[{}], 'servers: A server needs a "url"'],
    [[null], 'servers: A server needs a "url"'],
    ['/v1', 'servers: It must be a list'],
  ])('%j leaves it to the operator', (servers, sentence) => {
    expect(patternOf(servers)).toContain(sentence);
    expect(patternOf(servers, '/chosen/')).toBe('/chosen/pets');
  });

  test('refuses a chosen base that is none, and servers of a path that lead elsewhere', () => {
    for (const base of ['v1', '', '/{x}', '/a//b', '/..', '/a;b']) expect(patternOf([], base)).toContain('base: The base path');
    const elsewhere = { '/pets': { servers: [{ url: '/v2' }], get: {} } };
    expect(derive(elsewhere).faults).toEqual([expect.stringContaining('paths["/pets"].servers: ')]);
    expect(derive({ '/pets': { get: { servers: [{ url: '/v2' }] } } }).faults).toEqual([
      expect.stringContaining('paths["/pets"].get: '),
    ]);
    expect(derive({ '/pets': { servers: [{ url: 'https://b.example' }], get: {} } }).faults).toEqual([]);
  });
});

describe('what an operation asks for', () => {
  const asked = (operation: unknown, item: object = {}, root: object = {}): unknown => {
    const { routes, faults } = derive({ '/pets/{id}': { ...item, get: operation } }, { ...root });
    const [rule] = routes;
    if (faults.length > 0 || rule === undefined) return faults[0];
    return 'permission' in rule ? rule.permission : 'public';
  };

  test('the nearest word counts', () => {
    expect(asked({})).toBe('pets.read');
    expect(asked({ 'x-permission': 'a.read' }, { 'x-permission': 'b.read' }, { 'x-permission': 'c.read' })).toBe('a.read');
    expect(asked({}, { 'x-permission': 'b.read' }, { 'x-permission': 'c.read' })).toBe('b.read');
    expect(asked({}, {}, { 'x-permission': 'c.read' })).toBe('c.read');
    expect(asked({}, { 'x-public': true })).toBe('public');
    expect(asked({ security: [] }, {}, { 'x-permission': 'c.read' })).toBe('public');
    expect(asked({ security: [], 'x-permission': 'a.read' })).toBe('a.read');
    expect(asked({ security: [], 'x-public': false }, {}, { 'x-permission': 'c.read' })).toBe('c.read');
    expect(asked({ 'x-permission': 'a.read' }, { 'x-public': true })).toBe('a.read');
    expect(asked({}, {}, { 'x-public': true })).toBe('public');
    expect(asked({}, { 'x-permission': 'b.read' }, { 'x-public': true })).toBe('b.read');
  });

  test('what is not public where it stands is not made public from further away', () => {
    expect(asked({ 'x-public': false }, { 'x-public': true })).toBe('pets.read');
    expect(asked({}, { 'x-public': false }, { 'x-public': true })).toBe('pets.read');
    expect(asked({ security: SECURED }, { 'x-public': true }, { 'x-public': true })).toBe('pets.read');
    expect(asked({ security: SECURED }, { 'x-public': true }, { 'x-permission': 'c.read' })).toBe('c.read');
    expect(asked({ security: [{}] }, { 'x-public': true })).toContain('optional');
    expect(asked({ security: SECURED, 'x-public': true })).toBe('public');
    expect(asked({ 'x-public': false, security: [] })).toBe('pets.read');
  });

  test.each([
    [{ 'x-permission': 'pets' }, '"x-permission" must be a permission'],
    [{ 'x-permission': ['pets.read'] }, '"x-permission" must be a permission'],
    [{ 'x-permission': '*' }, '"x-permission" must be a permission'],
    [{ 'x-permission': null }, '"x-permission" must be a permission'],
    [{ 'x-permission': '__proto__' }, '"x-permission" must be a permission'],
    [{ 'x-permission': 'keyhouse.read' }, 'reserved'],
    [{ 'x-public': 'true' }, '"x-public" must be true or false'],
    [{ 'x-public': true, 'x-permission': 'a.read' }, '"x-public": true cannot be combined'],
    [{ security: [{}] }, 'optional'],
    [{ security: [{}, { token: [] }] }, 'optional'],
    [{ security: {} }, '"security" must be a list'],
    [{ security: null }, '"security" must be a list'],
    [{ security: [[]] }, '"security" must be a list'],
    [7, 'An operation must be an object'],
  ])('%j is a fault with its place', (operation, sentence) => {
    expect(asked(operation)).toMatch(/^paths\["\/pets\/\{id\}"\]\.get: /);
    expect(asked(operation)).toContain(sentence);
  });

  test('warns of what nobody protects, and asks for a permission all the same', () => {
    for (const more of [{ security: undefined }, { security: [] }]) {
      const { routes, warnings } = derive({ '/pets': { get: {}, post: { 'x-permission': 'a.write' } } }, more);
      expect(routes).toContainEqual({ methods: ['GET'], pattern: '/pets', permission: 'pets.read' });
      expect(warnings).toEqual([
        expect.stringMatching(/^paths\["\/pets"\]\.get: The document has no security for it.*pets\.read/),
      ]);
    }
  });

  test('HEAD goes with GET', () => {
    const item = (get: object | undefined, head: object) => derive({ '/a': { ...(get && { get }), head } });
    expect(item({}, {}).routes).toEqual([{ methods: ['GET'], pattern: '/a', permission: 'a.read' }]);
    expect(item(undefined, {}).routes).toEqual([{ methods: ['GET'], pattern: '/a', permission: 'a.read' }]);
    expect(item({}, { 'x-permission': 'b.read' }).faults).toEqual([expect.stringContaining('paths["/a"].head: HEAD is allowed')]);
    expect(item(undefined, { 'x-public': true }).faults).toEqual([expect.stringContaining('paths["/a"].head: HEAD is allowed')]);
  });
});

describe('what cannot be said is a fault', () => {
  test.each([
    [{ '/files/{a}{b}': { get: {} } }, 'two templates without text between'],
    [{ '/files/{a': { get: {} } }, 'without a matching one'],
    [{ '/files/{a}.{b}}': { get: {} } }, 'without a matching one'],
    [{ '/files/{a};v={b}': { get: {} } }, 'is not allowed in a path'],
    [{ '/files/{a}%2f{b}': { get: {} } }, 'is not allowed in a path'],
    [{ '/files/{a}%25': { get: {} } }, 'is not allowed in a path'],
    [{ '/files{?a}': { get: {} } }, 'The name of the template'],
    [{ [`/${'{a}.'.repeat(9)}`]: { get: { 'x-permission': 'a.read' } } }, 'at most 8 placeholders'],
    [{ '/files/{path+}': { get: {} } }, 'The name of the template'],
    [{ '/files/{}': { get: {} } }, 'The name of the template'],
    [{ '/:resource': { get: {} } }, 'is not a valid name'],
    [{ '/files/%2e%2e/x': { get: {} } }, 'is not allowed in a path'],
    [{ '/a//b': { get: {} } }, 'is not allowed in a path'],
    [{ '//': { get: {} } }, 'is not allowed in a path'],
    [{ '/a/../b': { get: {} } }, 'is not allowed in a path'],
    [{ '/a%3fb': { get: {} } }, 'is not allowed in a path'],
    [{ '/a;b': { get: {} } }, 'is not allowed in a path'],
    [{ '/a\u0000': { get: {} } }, 'is not allowed in a path'],
    [{ '/\ud800': { get: {} } }, 'is not allowed in a path'],
    [{ pets: { get: {} } }, 'must begin with a slash'],
    [{ [`/${'a'.repeat(9000)}`]: { get: {} } }, 'is not allowed in a path'],
    [{ '/{id}': { get: {} } }, 'Write "x-permission"'],
    [{ '/': { get: {} } }, 'Write "x-permission"'],
    [{ '/.a': { get: {} } }, 'is not a valid name'],
    [{ '/v1': { get: {} } }, 'Write "x-permission"'],
    [{ '/x-{id}': { get: {} } }, 'Write "x-permission"'],
    [{ '/größen': { get: {} } }, 'is not a valid name'],
    [{ '/keyhouse': { get: {} } }, 'reserved'],
    [{ [`/${'x'.repeat(124)}`]: { get: {} } }, 'is not a valid name'],
    [{ '/a': null }, 'A path must be an object'],
    [{ '/a': { $ref: 'other.yaml#/a' } }, 'points outside the document'],
    [{ '/a': { $ref: 'https://evil.example/a.json' } }, 'points outside the document'],
    [{ '/a': { $ref: '#/nowhere' } }, 'does not exist in the document'],
    [{ '/a': { $ref: '#/constructor/prototype' } }, 'does not exist in the document'],
    [{ '/a': { $ref: '#/paths/~1a' } }, 'is circular'],
    [{ '/a': { $ref: '#/components/pathItems/x', get: {} } }, 'next to its $ref'],
  ])('%.60j', (paths, sentence) => {
    const { routes, permissions, faults } = derive(paths, { components: { pathItems: {} } });
    expect(faults).toEqual([expect.stringContaining(sentence)]);
    expect([routes, permissions]).toEqual([[], []]);
  });

  test.each([
    [{ swagger: '2.0', basePath: '/v1', paths: {} }, 'Swagger 2.0'],
    [{ openapi: '3.3.0', paths: { '/a': {} } }, '3.0, 3.1 or 3.2'],
    [{ openapi: '3.2.0', paths: { '/a': {} }, 'x-refused': true }, 'Write it in a path'],
    [{ openapi: 3.1, paths: { '/a': {} } }, 'in quotation marks'],
    [{ openapi: '3.1.0' }, 'no paths'],
    [{ openapi: '3.1.0', paths: [] }, 'no paths'],
    [{ openapi: '3.1.0', paths: {} }, 'no paths'],
    [{}, 'must be 3.0'],
    [null, 'an object'],
    [[], 'an object'],
    ['openapi: 3.1.0', 'an object'],
  ])('%j is no document', (document, sentence) => {
    expect(deriveRoutes(document).faults).toEqual([expect.stringContaining(sentence)]);
  });
});

test('a template of the name "resource" stands for any segment, and encoded letters for themselves', () => {
  const document = documentOf({ '/x/{resource}': { get: {} }, '/x/caf%C3%A9/{a.b}': { get: { 'x-permission': 'cafe.read' } } });
  expect(ask(document, 'GET', '/x/a.b')).toBe('x.read');
  expect(ask(document, 'GET', '/x/caf%C3%A9/a.b')).toBe('cafe.read');
});

test('a document names the resource that a request without routes asks for', () => {
  for (const path of [
    '/v1/invoices',
    '/api/v2/invoices',
    '/2010-04-01/Invoices',
    '/api/0/invoices',
    '/invoices',
    '/store/v1/orders',
  ]) {
    const { permissions } = deriveRoutes({ openapi: '3.1.0', security: [{ key: [] }], paths: { [path]: { get: {} } } });
    const asked = judgeRequest([], 'GET', path.split('/').slice(1));
    expect(asked).toEqual({ kind: 'permissions', permissions: permissions.map(({ name }) => name) });
  }
});
