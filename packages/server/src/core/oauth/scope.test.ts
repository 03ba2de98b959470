import { describe, expect, it } from 'vitest';
import { indexCatalogue } from '../permissions/permission-set.ts';
import { currentPermissions, mayAsk, narrowScope, readScope, roleAllows } from './scope.ts';

const entry = (name: string, rest: { isGrantable?: boolean; isSensitive?: boolean } = {}) => ({
  ...{ name, sentence: name, isGrantable: true, isSensitive: false, ...rest },
});
const INDEX = indexCatalogue([
  ...[entry('invoices.read'), entry('invoices.write'), entry('payroll.read', { isSensitive: true })],
  entry('internal.read', { isGrantable: false }),
]);
type Asker = Parameters<typeof mayAsk>[1];
const ANY: Asker = { permissions: null, verifiedAtMs: null };
const VERIFIED: Asker = { permissions: null, verifiedAtMs: 1 };

describe('reading a scope', () => {
  it('tells permissions from openid and its like, each once, and passes over what nobody knows', () => {
    expect(readScope(INDEX, ANY, '  openid invoices.read email invoices.read phone ')).toEqual({
      ...{ ok: true, value: { permissions: ['invoices.read'], scopes: ['openid', 'email'] } },
    });
  });

  it('refuses by name what the application may not ask for, wildcards and reserved names among them', () => {
    const refused = (text: string, application = ANY) => {
      const read = readScope(INDEX, application, text);
      return read.ok ? null : read.name;
    };
    expect(refused('invoices.read internal.read')).toBe('internal.read');
    expect(refused('unknown.read')).toBe('unknown.read');
    expect(refused('*')).toBe('*');
    expect(refused('Keyhouse.verify')).toBe('Keyhouse.verify');
    expect(refused('payroll.read')).toBe('payroll.read');
    expect(refused('payroll.read', { ...ANY, verifiedAtMs: 1 })).toBeNull();
    expect(refused('invoices.write', { ...ANY, permissions: ['invoices.read'] })).toBe('invoices.write');
  });

  it('refuses what cannot be a scope (RFC 6749 §3.3), and more than a hundred permissions', () => {
    for (const text of ['', '   ', 'a"b', 'a\\b', 'ä', 'a\tb'])
      expect(readScope(INDEX, ANY, text), text).toEqual({ ok: false, reason: 'malformed' });
    const open = indexCatalogue([]);
    const many = Array.from({ length: 101 }, (_, nth) => `p${nth}.read`);
    expect(readScope(open, ANY, many.join(' '))).toEqual({ ok: false, reason: 'too_many' });
    expect(readScope(open, ANY, many.slice(1).join(' ')).ok).toBe(true);
  });
});

it('lets only verified applications ask for what is sensitive', () => {
  expect([ANY, VERIFIED].map((application) => mayAsk(INDEX, application, 'payroll.read'))).toEqual([false, true]);
});

it('gives a session what is still askable, still granted, and within the role that its user holds', () => {
  const wanted = ['invoices.read', 'invoices.write', 'payroll.read'];
  const of = (role: 'viewer' | 'developer', granted = wanted, application = VERIFIED) =>
    currentPermissions(INDEX, application, { wanted, granted, role });
  expect(of('developer')).toEqual(wanted);
  expect(of('viewer')).toEqual(['invoices.read', 'payroll.read']);
  expect(of('developer', ['invoices.write'])).toEqual(['invoices.write']);
  expect(of('developer', wanted, ANY)).toEqual(['invoices.read', 'invoices.write']);
  expect([roleAllows('viewer', 'invoices.read'), roleAllows('viewer', 'invoices.write')]).toEqual([true, false]);
});

it('narrows a scope to a part of it, in its own order, and never beyond it', () => {
  const held = { permissions: ['invoices.read', 'invoices.write'], scopes: ['openid'] };
  expect(narrowScope(held, 'openid invoices.write')).toEqual({
    ...{ ok: true, value: { permissions: ['invoices.write'], scopes: ['openid'] } },
  });
  expect(narrowScope(held, 'invoices.read email')).toEqual({ ok: false, reason: 'beyond' });
  expect(narrowScope(held, ' ')).toEqual({ ok: false, reason: 'beyond' });
});
