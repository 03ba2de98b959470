import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectLinear } from '../test/growth.ts';
import { actionFor, covers, isPermission, isReserved, permissionFor, permits, WILDCARDS } from './permission.ts';

const permission = fc
  .stringMatching(/^[A-Za-z0-9_-]{1,5}(\.[A-Za-z0-9_-]{1,5}){0,2}\.(read|write)$/)
  .filter((text) => !isReserved(text));
const anything = fc.oneof(
  permission,
  fc.constantFrom<string>(...WILDCARDS, 'keyhouse.verify', 'crm.read', 'crm.write', 'crm.leads.read'),
);
const list = fc.array(anything, { maxLength: 5 });
const held = fc.option(list, { nil: null });

describe('the grammar', () => {
  test.each(['crm.read', 'crm.leads.write', 'a.b.c.d.read', 'A-b_9.read', '-._.read', 'read.read', `${'x'.repeat(123)}.read`])(
    'accepts %s',
    (text) => {
      expect(isPermission(text)).toBe(true);
    },
  );

  test.each([
    '',
    'read',
    '.read',
    'crm',
    'crm.',
    'crm.Read',
    'crm.delete',
    'crm..read',
    '.crm.read',
    'crm.read.',
    'crm.read\n',
    ' crm.read',
    'cr m.read',
  ])('refuses %j', (text) => {
    expect(isPermission(text)).toBe(false);
  });

  test.each(['*', '*.read', 'crm.*.read', 'crm.*', 'keyhouse.verify', 'größe.read', 'crm/leads.read', `${'x'.repeat(124)}.read`])(
    'refuses %j, too',
    (text) => {
      expect(isPermission(text)).toBe(false);
    },
  );

  test('accepts what the expression of the contract accepts', () => {
    const contract = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.(read|write)$/;
    const near = fc.string({
      unit: fc.constantFrom('a', 'Z', '.', '-', 'read', '.read', 'write', '.write', '*', ' ', 'é'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(near, (text) => isPermission(text) === contract.test(text)),
      { numRuns: 3000 },
    );
  });

  test.each([
    (size: number) => 'a.'.repeat(size / 2),
    (size: number) => 'a'.repeat(size),
    (size: number) => `${'.a'.repeat(size / 2)}!.read`,
    (size: number) => `${'a'.repeat(size)}.read`,
  ])('does not backtrack over text made for it: %s', (textOf) => {
    for (const size of [16, 125_000]) expectLinear(isPermission, textOf, size);
  });

  test.each(['keyhouse.verify', 'Keyhouse.verify', 'KEYHOUSE.x.read', 'keyhouse.'])('%s is reserved', (text) =>
    expect(isReserved(text)).toBe(true),
  );
  test.each(['keyhouse', 'keyhouses.read', 'crm.keyhouse.read', 'key.house.read'])('%s is not', (text) =>
    expect(isReserved(text)).toBe(false),
  );
});

describe('permits', () => {
  test.each<[readonly string[] | null, string, boolean]>([
    [null, 'crm.read', true],
    [['*'], 'crm.write', true],
    [['*.read'], 'crm.leads.read', true],
    [['*.read'], 'crm.leads.write', false],
    [['*.write'], 'crm.read', false],
    [['crm.read'], 'crm.read', true],
    [['crm.read'], 'crm.leads.read', false],
    [['crm.read'], 'CRM.read', false],
    [['crm.write'], 'crm.read', false],
    [[], 'crm.read', false],
    [null, 'keyhouse.verify', false],
    [['*'], 'keyhouse.verify', false],
    [['*.read'], 'keyhouse.x.read', false],
    [['*'], 'Keyhouse.x.read', false],
    [['keyhouse.verify'], 'keyhouse.verify', true],
    [['Keyhouse.verify'], 'keyhouse.verify', false],
    [null, '*', false],
    [['*'], '*', false],
    [null, 'nonsense', false],
    [['nonsense'], 'nonsense', false],
  ])('%j asked for %s: %s', (list, wanted, answer) => {
    expect(permits(list, wanted)).toBe(answer);
  });
});

describe('covers', () => {
  test.each<[readonly string[] | null, readonly string[] | null, boolean]>([
    [null, null, true],
    [null, ['*'], true],
    [['*'], null, false],
    [['*'], ['*', '*.read', '*.write', 'crm.read'], true],
    [['*.read'], ['*.read', 'crm.read'], true],
    [['*.read'], ['*'], false],
    [['*.read', '*.write'], ['*'], false],
    [['crm.read'], ['*.read'], false],
    [['crm.read', 'crm.write'], ['crm.write'], true],
    [['crm.read'], ['crm.read', 'crm.write'], false],
    [[], [], true],
    [null, ['keyhouse.verify'], false],
    [['*'], ['keyhouse.verify'], false],
    [['keyhouse.verify'], ['keyhouse.verify'], true],
    [null, ['nonsense'], false],
  ])('%j may hand on %j: %s', (list, wanted, answer) => {
    expect(covers(list, wanted)).toBe(answer);
  });

  test('nobody can hand on more than they hold: what the child may, the parent may', () => {
    fc.assert(
      fc.property(held, held, anything, (parent, child, wanted) => {
        if (covers(parent, child) && permits(child, wanted)) expect(permits(parent, wanted)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test('handing on twice reaches no further than once', () => {
    fc.assert(
      fc.property(held, held, held, (first, second, third) => {
        if (covers(first, second) && covers(second, third)) expect(covers(first, third)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test('null and * reach equally far', () => {
    fc.assert(
      fc.property(anything, list, (wanted, wantedList) => {
        expect(permits(null, wanted)).toBe(permits(['*'], wanted));
        expect(covers(null, wantedList)).toBe(covers(['*'], wantedList));
      }),
    );
  });
});

describe('methods', () => {
  test('GET and HEAD read; POST, PUT, PATCH and DELETE write', () => {
    expect(['GET', 'HEAD'].map(actionFor)).toEqual(['read', 'read']);
    expect(['POST', 'PUT', 'PATCH', 'DELETE'].map(actionFor)).toEqual(['write', 'write', 'write', 'write']);
  });

  test.each(['get', 'Get', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND', '', 'GET ', 'constructor', '__proto__'])(
    '%j asks for nothing that exists',
    (method) => {
      expect(actionFor(method)).toBeNull();
      expect(permissionFor(method, 'crm')).toBeNull();
    },
  );

  test('names the permission, or none for a resource that cannot be', () => {
    expect(permissionFor('GET', 'crm.leads')).toBe('crm.leads.read');
    expect(permissionFor('DELETE', 'invoices')).toBe('invoices.write');
    for (const resource of ['', '*', 'a b', 'a.', 'x'.repeat(125)]) expect(permissionFor('GET', resource)).toBeNull();
  });
});
