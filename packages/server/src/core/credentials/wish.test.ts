import { describe, expect, it } from 'vitest';
import { checkWish, type Wish } from './wish.ts';

const everything = () => true;
const wish = (over: Partial<Wish>): Wish => ({
  accountId: 2,
  name: 'build server',
  permissions: null,
  addresses: null,
  expiresAtMs: null,
  ...over,
});
const fieldsOf = (over: Partial<Wish>, exists: (name: string) => boolean = everything) =>
  checkWish(wish(over), 1_000, exists).map(({ field }) => field);

describe('what may be asked for', () => {
  it('is a name, and everything else only when wanted', () => {
    expect(fieldsOf({})).toEqual([]);
    expect(fieldsOf({ permissions: ['invoices.read', '*.write'], addresses: ['203.0.113.0/24'], expiresAtMs: 1_001 })).toEqual(
      [],
    );
  });

  it('has every fault told at once', () => {
    expect(fieldsOf({ name: ' ', permissions: [], addresses: [], expiresAtMs: 1_000 })).toEqual([
      'name',
      'permissions',
      'addresses',
      'expires',
    ]);
  });

  it('is no permission that is malformed, unknown or listed twice', () => {
    expect(fieldsOf({ permissions: ['invoices'] })).toEqual(['permissions']);
    expect(fieldsOf({ permissions: ['invoices.read', 'invoices.read'] })).toEqual(['permissions']);
    expect(fieldsOf({ permissions: ['invoices.read'] }, () => false)).toEqual(['permissions']);
    expect(fieldsOf({ permissions: Array.from({ length: 101 }, (_, i) => `r${i}.read`) })).toEqual(['permissions']);
  });

  it('is no reserved permission outside the operator account, and no invented one within', () => {
    expect(fieldsOf({ accountId: 1, permissions: ['keyhouse.verify'] })).toEqual([]);
    expect(fieldsOf({ accountId: 2, permissions: ['keyhouse.verify'] })).toEqual(['permissions']);
    expect(fieldsOf({ accountId: 1, permissions: ['keyhouse.verify.read'] })).toEqual(['permissions']);
    expect(fieldsOf({ accountId: 1, permissions: ['Keyhouse.verify'] })).toEqual(['permissions']);
  });

  it('is no name that would break a line or a terminal', () => {
    for (const name of ['a\nb', 'a\u0000', '\u001b[31m', '\ud800', 'x'.repeat(101)]) expect(fieldsOf({ name })).toEqual(['name']);
  });
});
