import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { nameRoute, readRoutes } from './set-routes.ts';

const isRead = (route: unknown): boolean => readRoutes([route]).faults.length === 0;

describe('a route', () => {
  it('names a resource, a permission for its methods, that it is public, or that it is refused', () => {
    const routes = [
      { pattern: '/api/invoices/**', resource: 'invoices' },
      { methods: ['GET', 'POST'], pattern: '/reports', permission: 'reports.read' },
      { pattern: '/status', public: true },
      { methods: ['DELETE'], pattern: '/status', refused: true },
    ];
    expect(readRoutes(routes)).toEqual({ value: routes, faults: [] });
  });

  it('that forgot or misspelled what it needs opens no door', () => {
    const bad = [
      { pattern: '/api/**' },
      { pattern: '/api/**', resouce: 'invoices' },
      { pattern: '/api/**', resource: 'invoices', public: true },
      { pattern: '/api/**', public: 'true' },
      { pattern: '/api/**', public: false },
      { pattern: '/api/**', resource: 'invoices', public: false },
      { pattern: '/api/**', resource: null },
      { pattern: '/api/**', permission: 'invoices.read' },
      { methods: 'GET', pattern: '/api/**', permission: 'invoices.read' },
      { methods: [], pattern: '/api/**', permission: 'invoices.read' },
      { methods: ['GET'], pattern: '/api/**', permission: 'invoices' },
      { pattern: 'api/**', resource: 'invoices' },
      { pattern: ['/api/**'], resource: 'invoices' },
    ];
    for (const route of bad) expect(isRead(route), JSON.stringify(route)).toBe(false);
  });

  it('stands once in the list, whatever the order of its methods', () => {
    const rule = { pattern: '/reports', permission: 'reports.read' };
    expect(nameRoute({ ...rule, methods: ['POST', 'GET'] })).toBe('GET, POST /reports');
    expect(nameRoute({ pattern: '/reports', resource: 'reports' })).toBe('/reports');
    const { faults } = readRoutes([
      { ...rule, methods: ['GET', 'POST'] },
      { ...rule, methods: ['POST', 'GET'], permission: 'reports.write' },
      { pattern: '/reports', public: true },
    ]);
    expect(faults).toEqual(['routes[1]: GET, POST /reports is listed twice.']);
  });
});

it('replaces all routes, in the order in which they are tried, and is on record', async () => {
  const house = await openHouse();
  const { permissions } = house.keyhouse;
  const set = async (list: readonly unknown[]) => {
    const { value, faults } = readRoutes(list);
    expect(faults).toEqual([]);
    await permissions.setRoutes({ routes: value, by: OPERATOR });
    return (await permissions.listRoutes()).map(nameRoute);
  };
  const [b, a] = [
    { pattern: '/b', public: true },
    { pattern: '/a', resource: 'a' },
  ];
  expect(await set([b, a])).toEqual(['/b', '/a']);
  expect(await set([a])).toEqual(['/a']);
  expect(permissions.routes()).toHaveLength(1);
  expect((await house.events()).slice(0, 2)).toEqual(['permission.routes_set', 'permission.routes_set']);
});
