import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../test/vectors.ts';
import { parseStrictJson } from './json.ts';

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
    expect(judge(name)).toBe(name.startsWith('y_object_duplicated_key') ? 'repeated-member' : 'accepted');
  });

  test.each(names.filter((name) => name.startsWith('n_')))('%s', (name) => {
    expect(['syntax', 'not UTF-8']).toContain(judge(name));
  });

  test.each(names.filter((name) => name.startsWith('i_')))('%s does not throw', (name) => {
    expect(judge(name)).toBeTypeOf('string');
  });
});

describe('text made to exhaust the parser', () => {
  test('a hundred thousand nested arrays, closed or not, or objects', () => {
    expect(parseStrictJson('['.repeat(100_000) + ']'.repeat(100_000)).ok).toBe(true);
    expect(parseStrictJson('['.repeat(100_000))).toEqual({ ok: false, reason: 'syntax' });
    expect(parseStrictJson(`${'{"a":'.repeat(100_000)}{"b":1,"b":2}${'}'.repeat(100_000)}`)).toMatchObject({ member: 'b' });
  });

  test('a million backslashes and a million quotes', () => {
    expect(parseStrictJson(`{"${'\\\\'.repeat(500_000)}":1}`).ok).toBe(true);
    expect(parseStrictJson(`{"a":"${'\\"'.repeat(1_000_000)}"}`).ok).toBe(true);
  });

  test('a hundred thousand members, the last repeating the first', () => {
    const members = Array.from({ length: 100_000 }, (_, index) => `"${index}":0`).join();
    expect(parseStrictJson(`{${members}}`).ok).toBe(true);
    expect(parseStrictJson(`{${members},"\\u0030":1}`)).toEqual({ ok: false, reason: 'repeated-member', member: '0' });
  });
});
