import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkPermissions } from '../../server/src/core/credentials/wish.ts';
import { readForeignName } from '../../server/src/core/lib/name.ts';
import { flag, foreignId, isZeroDate, json, moment, name, pastMoment, permissionsOf, sha256 } from './cells.ts';

/** The server's own rules. */
const RULES = {
  readName: readForeignName,
  findPermissionFault: (names: readonly string[]) =>
    checkPermissions(names, 0, (each) => each !== 'gone.read')[0]?.sentence ?? null,
};

const digest = (text: string) => createHash('sha256').update(text);

describe('a cell of a foreign row', () => {
  it.each([
    ['2024-05-06 07:08:09', '2024-05-06T07:08:09.000Z'],
    ['2024-05-06 07:08:09.123456', '2024-05-06T07:08:09.123Z'],
    ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09.000Z'],
    ['2024-05-06 07:08:09+02', '2024-05-06T05:08:09.000Z'],
    ['2024-05-06 07:08:09+0230', '2024-05-06T04:38:09.000Z'],
    ['2024-05-06T07:08:09.5-05:00', '2024-05-06T12:08:09.500Z'],
    ['2024-05-06', '2024-05-06T00:00:00.000Z'],
    ['1715000000', '2024-05-06T12:53:20.000Z'],
    ['1715000000123', '2024-05-06T12:53:20.123Z'],
    [1_715_000_000_123, '2024-05-06T12:53:20.123Z'],
  ])('%j is a moment', (cell, said) => {
    const ms = moment(cell);
    expect(typeof ms === 'number' ? new Date(ms).toISOString() : ms).toBe(said);
  });

  it.each([
    '31.12.2024',
    '2024-02-31',
    '2024-13-01',
    '2024-05-06 25:00:00',
    '0000-00-00 00:00:00',
    'now',
    '-1',
    '1e9',
    '9'.repeat(15),
    '1969-01-01',
  ])('%j is none', (cell) => expect(moment(cell)).toBeUndefined());

  it('that is empty says nothing, which is no fault', () => {
    for (const cell of ['', '  ', null, undefined]) {
      expect([moment(cell), flag(cell), foreignId(cell), json(cell)]).toEqual([null, null, null, null]);
      expect(sha256(cell)).toBeUndefined();
    }
  });

  it('is a hash in three spellings, and in no other', () => {
    const hex = digest('key').digest('hex');
    const base64 = digest('key').digest('base64');
    for (const said of [hex, hex.toUpperCase(), base64, base64.replace('=', ''), digest('key').digest('base64url')])
      expect(sha256(said), said).toBe(hex);
    // The last character of 43 carries four bits; with other bits set it would be a second text of the same hash.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const slack = base64.slice(0, 42) + letters[letters.indexOf(base64[42] ?? '') + 1];
    const bad = [
      '',
      'x',
      hex.slice(1),
      `${hex}0`,
      `0x${hex.slice(2)}`,
      `sha256:${hex}`,
      `${base64}=`,
      base64.slice(0, 42),
      digest('key').digest().toString('latin1'),
    ];
    for (const said of bad) expect(sha256(said), said).toBeUndefined();
    expect([sha256(digest('').digest('hex')), sha256(digest('').digest('base64'))]).toEqual([undefined, undefined]);
    expect(Buffer.from(slack, 'base64').toString('hex')).toBe(hex);
    expect(sha256(slack)).toBeUndefined();
  });

  it('is MySQL’s date of nothing, which is no moment and not unreadable', () => {
    for (const zero of ['0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00.000000', ' 0000-00-00 ']) {
      expect([isZeroDate(zero), pastMoment(zero), moment(zero)], zero).toEqual([true, null, undefined]);
    }
    for (const other of ['0000-00-01', '2024-00-00', '0000-00-00 00:00:01', '', null, 0])
      expect([other, isZeroDate(other)]).toEqual([other, false]);
    expect(pastMoment('2024-05-06 07:08:09')).toBe(Date.parse('2024-05-06T07:08:09Z'));
  });

  it('is a flag, an id, or JSON', () => {
    expect(['1', 't', 'TRUE', true, 1].map(flag)).toEqual([true, true, true, true, true]);
    expect(['0', 'f', 'False', false, 0].map(flag)).toEqual([false, false, false, false, false]);
    expect(flag('maybe')).toBeUndefined();
    expect([foreignId('9b1c-4d'), foreignId(12), foreignId(' 7 ')]).toEqual(['9b1c-4d', '12', '7']);
    for (const bad of ['1|2', 'a b', 'ü', 'x'.repeat(65), '\0']) expect(foreignId(bad)).toBeUndefined();
    expect([json('["a"]'), json(['a']), json('[')]).toEqual([['a'], ['a'], undefined]);
  });

  it('is a name that may stand here', () => {
    expect(name(RULES, 'Ada', 'x')).toEqual({ name: 'Ada', isChanged: false });
    expect(name(RULES, ' ', 'x')).toEqual({ name: 'x', isChanged: false });
    expect(name(RULES, '\u0000', 'x')).toEqual({ name: 'x', isChanged: true });
    expect(name(RULES, 'a\r\nb', 'x')).toEqual({ name: 'a b', isChanged: true });
    expect(name(RULES, '😀'.repeat(200), 'x').name).toBe('😀'.repeat(100));
  });

  it('holds abilities that are mapped, known, or not taken', () => {
    const map = new Map([
      ['admin', ['*.read', 'crm.write']],
      ['*', ['invoices.read']],
    ]);
    const wish = { map, dropUnknownAbilities: false };
    const held = (...abilities: string[]) => {
      const judged = permissionsOf(RULES, wish, abilities);
      return judged.ok ? judged.value.permissions : judged.reason;
    };
    expect(held('admin', 'admin')).toEqual(['*.read', 'crm.write']);
    expect(held('*')).toEqual(['invoices.read']);
    expect(permissionsOf(RULES, { ...wish, map: new Map() }, ['*', 'x.read'])).toEqual({
      ok: true,
      value: { permissions: null, isLess: false },
    });
    // Everything is everything, unless the operator says what else `*` means; reserved permissions stay reserved.
    expect(permissionsOf(RULES, { ...wish, map: new Map() }, ['x', '*', 'gone.read'])).toEqual({
      ok: true,
      value: { permissions: null, isLess: false },
    });
    expect(held('*', 'x')).toBe('unknown_ability');
    expect(permissionsOf(RULES, { ...wish, map: new Map() }, ['*', 'keyhouse.verify'])).toMatchObject({ reason: 'reserved' });
    expect([held(), held('gone.read'), held('read'), held('keyhouse.verify')]).toEqual([
      ...['no_permissions', 'unknown_ability', 'unknown_ability', 'reserved'],
    ]);
    expect(held(...Array.from({ length: 101 }, (_, index) => `r${index}.read`))).toBe('permissions');
    const dropping = permissionsOf(RULES, { ...wish, dropUnknownAbilities: true }, ['read', 'crm.read']);
    expect(dropping).toEqual({ ok: true, value: { permissions: ['crm.read'], isLess: true } });
    expect(permissionsOf(RULES, { ...wish, dropUnknownAbilities: true }, ['read'])).toMatchObject({ reason: 'no_permissions' });
  });
});
