import { describe, expect, it } from 'vitest';
import { OPERATOR, openHouse } from '../../../test/house.ts';
import { indexCatalogue } from './permission-set.ts';

const entry = (name: string, isGrantable = false, isSensitive = false) => ({
  name,
  sentence: `See ${name}`,
  isGrantable,
  isSensitive,
});

describe('the catalogue', () => {
  it('lets any well-formed permission exist while it is empty, and only what it lists from then on', () => {
    const [empty, filled] = [
      indexCatalogue([]),
      indexCatalogue([entry('invoices.read', true), entry('payroll.read', true, true)]),
    ];
    expect(['a.read', 'invoices.read', 'nothing', '*', '*.read', 'keyhouse.verify'].map((name) => empty.exists(name))).toEqual([
      ...[true, true, false, false, false, false],
    ]);
    expect(['a.read', 'invoices.read', 'payroll.read', '*'].map((name) => filled.exists(name))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([empty.grantable, filled.grantable]).toEqual([null, ['invoices.read', 'payroll.read']]);
  });

  it('opens to applications only what it says is grantable', () => {
    const index = indexCatalogue([entry('invoices.read', true), entry('internal.read')]);
    expect(['invoices.read', 'internal.read', 'a.read'].map((name) => index.isGrantable(name))).toEqual([true, false, false]);
    expect(indexCatalogue([]).isGrantable('a.read')).toBe(true);
    expect([index.isSensitive('invoices.read'), index.isSensitive('a.read')]).toEqual([false, false]);
    expect([index.sentenceOf('invoices.read'), index.sentenceOf('a.read')]).toEqual(['See invoices.read', 'a.read']);
  });

  it('is in force at once where it was set, and is on record', async () => {
    const house = await openHouse();
    const { permissions, credentials } = house.keyhouse;
    const { accountId } = await house.user();
    await permissions.setCatalogue({ catalogue: [entry('invoices.read')], by: OPERATOR });
    expect([permissions.exists('invoices.read'), permissions.exists('a.read')]).toEqual([true, false]);
    const wish = {
      accountId,
      name: 'key',
      environment: 'live',
      addresses: null,
      expiresAtMs: null,
      source: 'dashboard',
    } as const;
    expect((await credentials.createKey({ ...wish, permissions: ['a.read'] }, OPERATOR)).ok).toBe(false);
    expect((await house.events())[0]).toBe('permission.catalogue_set');
  });
});

it('says who holds a permission by name, and counts no wildcard and no credential that may everything', async () => {
  const house = await openHouse();
  const { permissions, credentials } = house.keyhouse;
  const { accountId } = await house.user();
  const held = await house.key(accountId, { name: 'holds', permissions: ['invoices.read', 'a.read'] });
  const revoked = await house.key(accountId, { name: 'revoked', permissions: ['invoices.read'] });
  await house.key(accountId, { permissions: ['*.read'] });
  await house.key(accountId);
  await credentials.revoke({ kind: 'key', id: revoked.id, accountId }, OPERATOR);
  const holders = await permissions.holdersOf(['invoices.read']);
  expect(holders).toMatchObject({ isWhole: true, sessions: 0, tokens: { count: 0 }, applications: { count: 0 } });
  expect(holders.keys).toEqual({
    count: 1,
    first: [{ name: 'holds', account: { id: accountId, kind: 'personal', name: expect.any(String) } }],
  });
  await credentials.narrow({ kind: 'key', id: held.id, permissions: ['a.read'] }, OPERATOR);
  expect((await permissions.holdersOf(['invoices.read'])).keys.count).toBe(0);
});
