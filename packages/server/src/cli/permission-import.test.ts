import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from './test-helper.ts';

const SHOP = `
openapi: 3.0.3
servers: [{ url: https://api.shop.example/api/v1 }]
security: [{ key: [] }]
tags: [{ name: carts, description: The carts of your customers }]
paths:
  /orders:
    get: { summary: See your orders }
    post: { summary: Order something }
  /orders/search:
    post: { summary: Look for orders, x-permission: orders.read }
  /carts/{id}:
    get: { tags: [carts] }
    put: { tags: [carts], security: [] }
`;

describe('permission import', () => {
  let bench: Bench;
  const file = (name: string, text: string): string => {
    const path = join(bench.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const importing = (path: string, ...more: string[]) => bench.json(['permission', 'import', path, '--yes', ...more]);

  beforeAll(async () => {
    bench = openBench();
    const catalogue = {
      permissions: [
        { name: 'orders.read', sentence: 'What you ordered', grantable: true },
        { name: 'legacy.write', sentence: 'Old things' },
      ],
      routes: [{ pattern: '/legacy/**', resource: 'legacy' }],
    };
    await bench.json(['permission', 'set', file('before.json', JSON.stringify(catalogue)), '--yes']);
    for (const list of ['legacy.write', 'legacy.write,orders.read'])
      await bench.json(['key', 'create', '--account', '1', '--name', 'ERP', '--permissions', list]);
  });
  afterAll(() => bench.clear());

  it('shows what would change, who holds what goes, and what is open, and changes nothing in a dry run', async () => {
    const before = await bench.json(['permission', 'list']);
    const { exitCode, stdout } = await bench.run(['permission', 'import', file('shop.yaml', SHOP), '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'Permissions: 2 added, 1 kept, 1 gone',
      '  + carts.read  See: The carts of your customers',
      '  + orders.write  Order something',
      '  - legacy.write  held by 2: keys and tokens keep it, applications lose it, and it cannot be granted again',
      'Routes: 5 added, 0 kept, 1 gone',
      '  + GET /api/v1/carts/:id → carts.read',
      '  + PUT /api/v1/carts/:id → nothing: public',
      '  + GET /api/v1/orders → orders.read',
      '  + POST /api/v1/orders → orders.write',
      '  + POST /api/v1/orders/search → orders.read',
      '  - any method /legacy/** → legacy.read or .write',
      'Public: 1',
      '  ! PUT /api/v1/carts/:id → nothing: public',
      '',
      'Nothing was changed: this was a dry run.',
      '',
    ]);
    expect(await bench.json(['permission', 'list'])).toEqual(before);
  });

  it('replaces both lists, but keeps the sentences of people and who may ask', async () => {
    expect(await importing(file('shop.yaml', SHOP))).toMatchObject({
      ...{ changed: true, dry_run: false, warnings: [] },
      permissions: { kept: ['orders.read'], reworded: [], gone: [{ name: 'legacy.write', holders: 2 }], unlisted: [] },
      routes: { kept: 0, gone: [{ pattern: '/legacy/**', resource: 'legacy' }] },
    });
    const { permissions, routes } = await bench.json(['permission', 'list']);
    expect(permissions).toEqual([
      { name: 'carts.read', sentence: 'See: The carts of your customers', grantable: false, sensitive: false },
      { name: 'orders.read', sentence: 'What you ordered', grantable: true, sensitive: false },
      { name: 'orders.write', sentence: 'Order something', grantable: false, sensitive: false },
    ]);
    expect(routes).toContainEqual({ methods: ['POST'], pattern: '/api/v1/orders/search', permission: 'orders.read' });
    const { events } = (await bench.json(['audit', 'list'])) as { events: { event: string; details: unknown }[] };
    expect(events.slice(0, 2).map(({ event, details }) => [event, details])).toEqual([
      ['permission.routes_set', { count: 5 }],
      ['permission.catalogue_set', { count: 3 }],
    ]);
  });

  it('changes nothing the second time, says so, and writes no event', async () => {
    const before = await bench.run(['audit', 'list', '--json']);
    expect(await importing(file('shop.yaml', SHOP))).toMatchObject({ changed: false, routes: { added: [], kept: 5, gone: [] } });
    const { stdout } = await bench.run(['permission', 'import', '-', '--yes'], { input: SHOP });
    expect(stdout).toBe('The catalogue and the routes already match the document. Nothing was changed.\n');
    expect(await bench.run(['audit', 'list', '--json'])).toEqual(before);
  });

  it('takes its sentences when asked to, and the base path that is chosen', async () => {
    expect(await importing(file('shop.yaml', SHOP), '--sentences', '--base', '/v9')).toMatchObject({
      changed: true,
      permissions: {
        reworded: [{ name: 'orders.read', from: 'What you ordered', to: 'See your orders; Look for orders' }],
      },
      routes: { added: expect.arrayContaining([{ methods: ['GET'], pattern: '/v9/orders', permission: 'orders.read' }]) },
    });
    const { permissions } = await bench.json(['permission', 'list']);
    expect(permissions).toContainEqual({
      ...{ name: 'orders.read', sentence: 'See your orders; Look for orders', grantable: true, sensitive: false },
    });
  });

  it('takes what a real document has: versions, references, text around templates, and what is left out', async () => {
    const text = `
openapi: 3.2.0
security: [{ key: [] }]
paths:
  /v1/items:search: { post: { $ref: "#/x-operations/search" } }
  /v1/items/{id}.json: { get: {} }
  /v1/items/{id}.json#stream: { get: {} }
  "/v1/files/{path+}": { get: {}, x-refused: true }
x-operations: { search: { summary: Look for items, x-permission: items.read } }
`;
    const { stdout } = await bench.run(['permission', 'import', file('real.yaml', text), '--dry-run']);
    const lines = stdout.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '  + any method /v1/files/** → nothing: refused',
        '  + GET /v1/items/:id.json → items.read',
        '  + POST /v1/items\\:search → items.read',
        'Always refused: 1',
        '  ! any method /v1/files/** → nothing: refused',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('Note: '))).toHaveLength(3);
  });

  it('warns of what nobody protects', async () => {
    const open = file('open.yaml', 'openapi: 3.1.0\npaths: {/orders: {get: {}}}');
    const { exitCode, stderr } = await bench.run(['permission', 'import', open, '--yes']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Note: paths["/orders"].get: The document has no security for it, so it will require orders.read');
  });

  it.each([
    [
      'faults, each with its place',
      'openapi: 3.1.0\npaths: {/.a: {get: {}}, "/f/{x}{y}": {get: {}}, /g: {get: {$ref: other.yaml}}}',
      ['paths["/.a"].get: ', 'paths["/f/{x}{y}"]: ', 'paths["/g"].get: Its $ref points outside the document'],
    ],
    ['Swagger 2.0', 'swagger: "2.0"\nbasePath: /v1\npaths: {}', ['Swagger 2.0']],
    ['what is neither JSON nor YAML', '{"a":', ['neither JSON nor strict YAML']],
    ['a member that stands twice', '{"paths":{},"paths":{}}', ['occurs twice']],
    ['letters that steer a terminal', 'openapi: 3.1.0\npaths: {"/\\e[2Ja": {get: {}}}', ['is not allowed in a path']],
    ['an empty file', '', ['must be an object']],
  ])('takes nothing of a file with %s', async (_, text, sentences) => {
    const before = await bench.json(['permission', 'list']);
    const { exitCode, stdout, stderr } = await bench.run(['permission', 'import', file('bad.yaml', text), '--yes']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    for (const sentence of sentences) expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('\u001b');
    expect(await bench.json(['permission', 'list'])).toEqual(before);
  });
});
