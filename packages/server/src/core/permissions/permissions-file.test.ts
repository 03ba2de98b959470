import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../audit/event.ts';
import type { CataloguedPermission, StoredRoute } from './catalogue.ts';
import { loadPermissionIndex } from './permission-set.ts';
import { readPermissionsFile } from './permissions-file.ts';
import { setCatalogue } from './set-catalogue.ts';
import { setRoutes } from './set-routes.ts';

const read = (value: unknown) => readPermissionsFile(JSON.stringify(value));
const entry = (name: string, more: Partial<CataloguedPermission> = {}): CataloguedPermission => ({
  ...{ name, sentence: 'x', isGrantable: false, isSensitive: false },
  ...more,
});
const index = (permissions: readonly CataloguedPermission[], routes: readonly StoredRoute[] = []) =>
  loadPermissionIndex({ listPermissions: async () => permissions, listRoutes: async () => routes });

describe('the file of permissions', () => {
  it('is read, and a list that is left out stays as it is', () => {
    const permissions = [{ name: 'invoices.read', sentence: 'See your invoices' }];
    const routes = [
      { pattern: '/api/crm/:resource/**', resource: 'crm.:resource' },
      { pattern: '/status', public: true },
      { pattern: '/Products(:id)', resource: 'products' },
      { pattern: '/internal/**', refused: true },
      { methods: ['DELETE'], pattern: String.raw`/items/:id\:cancel`, refused: true },
    ];
    expect(read({ permissions, routes })).toEqual({
      ok: true,
      value: {
        permissions: [entry('invoices.read', { sentence: 'See your invoices' })],
        routes: routes,
      },
    });
    expect(read({ routes: [] })).toEqual({ ok: true, value: { permissions: null, routes: [] } });
  });

  it('opens to applications only what it calls grantable, and sensitive only what is grantable', () => {
    const sentence = 'x';
    const good = [
      { name: 'a.read', sentence, grantable: true },
      { name: 'a.write', sentence, grantable: true, sensitive: true },
    ];
    expect(read({ permissions: good })).toMatchObject({
      ok: true,
      value: {
        permissions: [entry('a.read', { isGrantable: true }), entry('a.write', { isGrantable: true, isSensitive: true })],
      },
    });
    const bad = [
      { name: 'a.read', sentence, grantable: 'yes' },
      { name: 'b.read', sentence, grantable: true, sensitive: 1 },
      { name: 'c.read', sentence, sensitive: true },
    ];
    const answer = read({ permissions: bad });
    expect(answer.ok ? [] : answer.faults?.map((fault) => fault.split(':')[0])).toEqual([
      'permissions[0].grantable',
      'permissions[1].sensitive',
      'permissions[2].sensitive',
    ]);
  });

  it('is told every fault at once, with its place', () => {
    const answer = read({
      permissions: [
        { name: 'invoices', sentence: 'x' },
        { name: 'keyhouse.read', sentence: 'x' },
        { name: 'a.read', sentence: '', extra: 1 },
        7,
      ],
      routes: [
        { pattern: 'api', resource: 'x' },
        { pattern: '/a' },
        { pattern: '/b', resource: 'b', public: true },
        { pattern: '/c', public: 'yes' },
      ],
      more: 1,
    });
    expect(answer.ok).toBe(false);
    if (answer.ok) return;
    expect(answer.faults?.map((fault) => fault.split(':')[0])).toEqual([
      'more',
      'permissions[0].name',
      'permissions[1].name',
      'permissions[2].extra',
      'permissions[2].sentence',
      'permissions[3]',
      'routes[0]',
      'routes[1]',
      'routes[2]',
      'routes[3]',
    ]);
  });

  it.each(['', '[]', 'null', '7', '{}', '{"routes":[],"routes":[]}', '{"permissions":{}}', '{"routes":null}'])(
    'is refused when it is %s',
    (text) => {
      expect(readPermissionsFile(text)).toMatchObject({ ok: false, reason: 'invalid' });
    },
  );

  it('is refused with an entry that stands twice', () => {
    const twice = { name: 'a.read', sentence: 'x' };
    expect(read({ permissions: [twice, twice] })).toMatchObject({
      ok: false,
      faults: ['permissions[1]: a.read is listed twice.'],
    });
  });

  it('says by which methods a route asks for which permission, and names no two alike', () => {
    const routes = [
      { methods: ['POST'], pattern: '/reports/search', permission: 'reports.read' },
      { methods: ['GET', 'POST'], pattern: '/status', public: true },
      { methods: ['GET'], pattern: '/status', public: true },
    ];
    expect(read({ routes })).toEqual({ ok: true, value: { permissions: null, routes } });
    expect(read({ routes: [...routes, { methods: ['POST', 'GET'], pattern: '/status', permission: 'a.read' }] })).toMatchObject({
      ok: false,
      faults: ['routes[3]: GET, POST /status is listed twice.'],
    });
  });

  it('never opens a door by a resource that was left out', () => {
    for (const route of [
      { pattern: '/a/**' },
      { pattern: '/a/**', public: false },
      { pattern: '/a/**', resource: null },
      { pattern: '/a/**', resource: null, public: true },
      { pattern: '/a/**', methods: ['GET'] },
      { pattern: '/a/**', methods: ['GET'], permission: null },
      { pattern: '/a/**', methods: [], public: true },
      { pattern: '/a/**', methods: 'GET', public: true },
      { pattern: '/a/**', method: ['GET'], public: true },
      { pattern: '/a/**', resourse: 'a' },
    ]) {
      expect(read({ routes: [route] }).ok).toBe(false);
    }
  });
});

describe('the permissions that exist', () => {
  it('are all well-formed ones while the catalogue is empty, but no reserved one', async () => {
    const { exists, names } = await index([]);
    expect(names.size).toBe(0);
    expect(exists('anything.read')).toBe(true);
    for (const name of ['anything', '*', '*.read', 'keyhouse.verify', 'keyhouse.read', 'Keyhouse.read', ''])
      expect(exists(name)).toBe(false);
  });

  it('are those of the catalogue once there is one', async () => {
    const { exists } = await index([entry('invoices.read')]);
    expect(exists('invoices.read')).toBe(true);
    expect(exists('invoices.write')).toBe(false);
  });

  it('are all grantable while the catalogue is empty, and then only those that say so', async () => {
    const empty = await index([]);
    expect(['anything.read', 'keyhouse.read', 'anything'].map(empty.isGrantable)).toEqual([true, false, false]);
    expect([empty.grantable, empty.isSensitive('anything.read'), empty.sentenceOf('anything.read')]).toEqual([
      null,
      false,
      'anything.read',
    ]);
    const filled = await index([
      entry('a.read', { isGrantable: true, sentence: 'See it' }),
      entry('a.write', { isGrantable: true, isSensitive: true }),
      entry('b.read'),
    ]);
    expect(['a.read', 'a.write', 'b.read', 'c.read'].map(filled.isGrantable)).toEqual([true, true, false, false]);
    expect(['a.read', 'a.write', 'c.read'].map(filled.isSensitive)).toEqual([false, true, false]);
    expect([filled.grantable, filled.sentenceOf('a.read')]).toEqual([['a.read', 'a.write'], 'See it']);
  });

  it('are not served over a stored route that nobody can read', async () => {
    await expect(index([], [{ pattern: 'broken', public: true }])).rejects.toThrow('broken');
  });
});

it('replacing the lists is told to the audit log', async () => {
  const events: EventDraft[] = [];
  const permissions = {
    setPermissions: async ({ event }: { event: EventDraft }) => void events.push(event),
    setRoutes: async ({ event }: { event: EventDraft }) => void events.push(event),
  };
  const ports = { permissions, clock: { now: () => 5 } };
  const by = { actor: 'operator', requestId: null, person: {} } as const;
  await setCatalogue(ports, { catalogue: [], by });
  await setRoutes(ports, { routes: [{ pattern: '/a', public: true }], by });
  expect(events).toEqual([
    { event: 'permission.catalogue_set', atMs: 5, by, details: { count: 0 } },
    { event: 'permission.routes_set', atMs: 5, by, details: { count: 1 } },
  ]);
});
