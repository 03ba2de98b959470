import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../test/vectors.ts';
import { JSON_BOUNDS, parseStrictJson } from './json.ts';

const folder = 'json-test-suite/test_parsing';

describe.skipIf(!haveVectors(folder))(`${NEEDS_VECTORS} JSONTestSuite`, () => {
  const directory = resolve(vectorsFolder, folder);
  const names = haveVectors(folder) ? readdirSync(directory).filter((name) => name.endsWith('.json')) : [];
  const judge = (name: string): string => {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(resolve(directory, name)));
    } catch {
      return 'not UTF-8';
    }
    const result = parseStrictJson(text);
    return result.ok ? 'accepted' : result.reason;
  };

  test('is all there', () => expect(names.length).toBeGreaterThan(300));

  test.each(names.filter((name) => name.startsWith('y_')))('%s', (name) => {
    expect(judge(name)).toBe(name.startsWith('y_object_duplicated_key') ? 'repeated_member' : 'accepted');
  });

  test.each(names.filter((name) => name.startsWith('n_')))('%s', (name) => {
    expect(['syntax', 'not UTF-8', 'too_complex']).toContain(judge(name));
  });

  test.each(names.filter((name) => name.startsWith('i_')))('%s does not throw', (name) => {
    expect(judge(name)).toBeTypeOf('string');
  });
});

describe('text made to exhaust the parser', () => {
  const read = (text: string) => parseStrictJson(text);
  const TOO_COMPLEX = { ok: false, reason: 'too_complex' };

  test('a hundred thousand nested arrays, closed or not, or objects', () => {
    expect(read('['.repeat(100_000) + ']'.repeat(100_000))).toEqual(TOO_COMPLEX);
    expect(read('['.repeat(100_000))).toEqual(TOO_COMPLEX);
    expect(read(`${'{"a":'.repeat(100_000)}{"b":1,"b":2}${'}'.repeat(100_000)}`)).toEqual(TOO_COMPLEX);
    expect(parseStrictJson('['.repeat(100_000) + ']'.repeat(100_000), { ...JSON_BOUNDS, maxDepth: 100_000 }).ok).toBe(true);
  });

  test('one level more than the bound, and brackets inside strings, which are none', () => {
    const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
    expect(read(nested(64)).ok).toBe(true);
    expect(read(`[${nested(64)}]`)).toEqual(TOO_COMPLEX);
    expect(read(`{"${'['.repeat(1000)}":"${'{'.repeat(1000)}","\\"[":"${'\\"['.repeat(1000)}"}`).ok).toBe(true);
  });

  test('one value more than the bound, in arrays, in objects and between them', () => {
    const bounded = (text: string, maxValues: number) => parseStrictJson(text, { maxDepth: 64, maxValues });
    for (const [text, values] of [
      ['[1,"a,b",null]', 4],
      ['{"a":1,"b":[2,{"c":3}]}', 6],
      ['[[1],[2],[3]]', 7],
    ] as const) {
      expect(bounded(text, values).ok, text).toBe(true);
      expect(bounded(text, values - 1), text).toEqual(TOO_COMPLEX);
    }
  });

  test('a string that never ends', () => {
    for (const text of [`{"${'a'.repeat(1000)}`, `["${'\\"'.repeat(1000)}`, '"', `[${' '.repeat(100)}"\\`])
      expect(read(text), text.slice(0, 20)).toEqual({ ok: false, reason: 'syntax' });
  });

  test('a million backslashes and a million quotes', () => {
    expect(read(`{"${'\\\\'.repeat(500_000)}":1}`).ok).toBe(true);
    expect(read(`{"a":"${'\\"'.repeat(1_000_000)}"}`).ok).toBe(true);
  });

  test('a hundred thousand members, the last repeating the first', () => {
    const members = Array.from({ length: 100_000 }, (_, index) => `"${index}":0`).join();
    expect(read(`{${members}}`).ok).toBe(true);
    expect(read(`{${members},"\\u0030":1}`)).toEqual({ ok: false, reason: 'repeated_member', member: '0' });
  });
});
