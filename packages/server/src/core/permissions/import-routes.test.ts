import { expect, it } from 'vitest';
import type { EventDraft } from '../audit/event.ts';
import { type CurrentCatalogue, importRoutes, planImport } from './import-routes.ts';

const NOTHING: CurrentCatalogue = { permissions: [], routes: [], holders: new Map() };
const KEEP = { takesSentences: false };
const rule = (pattern: string, permission = 'a.read') => ({ methods: ['GET'], pattern, permission });

it('an import into nothing adds everything, and opens nothing to applications', () => {
  const plan = planImport(NOTHING, { permissions: [{ name: 'a.read', sentence: 'See a' }], routes: [rule('/a')] }, KEEP);
  expect(plan.permissions).toEqual([{ name: 'a.read', sentence: 'See a', isGrantable: false, isSensitive: false }]);
  expect([plan.changesPermissions, plan.changesRoutes, plan.routesAdded]).toEqual([true, true, [rule('/a')]]);
});

it('another order of routes is a change, another order of methods is none', () => {
  const routes = [rule('/a'), { methods: ['GET', 'POST'], pattern: '/b', public: true as const }];
  const turned = planImport({ ...NOTHING, routes }, { permissions: [], routes: routes.toReversed() }, KEEP);
  expect([turned.changesRoutes, turned.routesAdded, turned.routesGone]).toEqual([true, [], []]);
  const same = [rule('/a'), { methods: ['POST', 'GET'], pattern: '/b', public: true as const }];
  expect(planImport({ ...NOTHING, routes }, { permissions: [], routes: same }, KEEP).changesRoutes).toBe(false);
  const opened = [{ methods: ['GET'], pattern: '/a', public: true as const }, ...routes.slice(1)];
  expect(planImport({ ...NOTHING, routes }, { permissions: [], routes: opened }, KEEP).routesGone).toEqual([rule('/a')]);
});

it('says who holds what the document does not name, but not of wildcards and what is reserved', () => {
  const holders = new Map([
    ['a.read', 4],
    ['z.read', 3],
    ['b.read', 2],
    ['*', 5],
    ['*.read', 5],
    ['keyhouse.verify', 1],
    ['__proto__.read', 1],
  ]);
  const gone = { name: 'b.read', sentence: 'See b', isGrantable: true, isSensitive: false };
  const plan = planImport(
    { permissions: [gone], routes: [], holders },
    { permissions: [{ name: 'a.read', sentence: 'See a' }], routes: [] },
    KEEP,
  );
  expect(plan.gone).toEqual([{ name: 'b.read', holders: 2 }]);
  expect(plan.unlisted).toEqual([
    { name: '__proto__.read', holders: 1 },
    { name: 'z.read', holders: 3 },
  ]);
});

it('tells the audit log of what changed, and of nothing else', async () => {
  const written: (readonly EventDraft[])[] = [];
  const permissions = {
    setPermissionsAndRoutes: async ({ events }: { events: readonly EventDraft[] }) => void written.push(events),
  };
  const by = { actor: 'operator', requestId: null, person: {} } as const;
  const plan = planImport(NOTHING, { permissions: [], routes: [rule('/a')] }, KEEP);
  await importRoutes({ permissions, clock: { now: () => 5 } }, { plan, by });
  expect(written).toEqual([[{ event: 'permission.routes_set', atMs: 5, by, details: { count: 1 } }]]);
});
