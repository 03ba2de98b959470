import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStrictJson } from './json.ts';

test('reads any JSON value as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test('finds a repeated member wherever it stands, however its name is spelt', () => {
  const escaped = (name: string) =>
    [...Array(name.length).keys()].map((at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  const name = fc.string({ unit: 'binary', maxLength: 8 });
  fc.assert(
    fc.property(name, fc.array(fc.jsonValue(), { maxLength: 3 }), fc.nat(3), (member, between, depth) => {
      const middle = between.map((value, at) => `"${at}${JSON.stringify(member).slice(1)}:${JSON.stringify(value)},`).join('');
      const object = `{${JSON.stringify(member)}:1,${middle}"${escaped(member)}":2}`;
      const text = '[{"a":['.repeat(depth) + object + ']}]'.repeat(depth);
      expect(parseStrictJson(text)).toEqual({ ok: false, reason: 'repeated_member', member });
    }),
  );
});

test.each([
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"a":{"b":1},"c":[{"d":1,"d":1}]}', 'd'],
  ['{"":1,"":1}', ''],
  ['{"\\"":1,"\\u0022":1}', '"'],
  ['{"a\\\\":1,"a\\\\":1}', 'a\\'],
  ['{"x":[1,2],"y":{},"x":0}', 'x'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('refuses %s', (text, member) => {
  expect(parseStrictJson(text)).toEqual({ ok: false, reason: 'repeated_member', member });
});

test.each([
  '{"a":{"a":{"a":1}},"b":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"a","b":"a"}',
  '{"a":["a","a"]}',
  '{"a":"{\\"a\\":1,\\"a\\":2}"}',
])('accepts equal names in different objects, and equal values: %s', (text) => {
  expect(parseStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test.each(['', ' ', '{', '{"a":1,}', "{'a':1}", '\ufeff{}', 'NaN', '{"a":1}{"a":1}'])('refuses %j as no JSON', (text) => {
  expect(parseStrictJson(text)).toEqual({ ok: false, reason: 'syntax' });
});

test('a member __proto__ is plain data and changes no prototype', () => {
  const result = parseStrictJson('{"__proto__":{"administrator":true}}');
  const value = result.ok ? result.value : null;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(value).not.toHaveProperty('administrator');
  expect({}).not.toHaveProperty('administrator');
});
