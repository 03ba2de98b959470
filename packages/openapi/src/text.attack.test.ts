/** Files that are designed to be read in two ways, or never to the end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as yaml from 'yaml';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../../protocol/test/vectors.ts';
import { deriveRoutes } from './derive-routes.ts';
import { readOpenApiText } from './text.ts';

const read = readOpenApiText;
const refusedWith = (sentence: string) => ({ ok: false, reason: expect.stringContaining(sentence) });

test('JSON and YAML of one document are the same document', () => {
  const text = `
openapi: 3.1.0
security: [{ key: [] }]
paths:
  /pets/{id}:
    get: &see { summary: See it, responses: { 200: { description: yes } } }
    head: *see
`;
  const document = {
    openapi: '3.1.0',
    security: [{ key: [] }],
    paths: {
      '/pets/{id}': Object.fromEntries(
        ['get', 'head'].map((name) => [name, { summary: 'See it', responses: { 200: { description: 'yes' } } }]),
      ),
    },
  };
  expect(read(text)).toEqual({ ok: true, document });
  expect(read(`\n ${JSON.stringify(document)}`)).toEqual({ ok: true, document });
  expect(read('{openapi: 3.1.0, paths: {}}')).toEqual({ ok: true, document: { openapi: '3.1.0', paths: {} } });
});

describe('what two readers would read in two ways is refused', () => {
  test.each([
    ['{"paths":{},"paths":{}}', 'occurs twice'],
    ['{"a":{"\\u0062":1,"b":2}}', 'occurs twice'],
    ['paths: {}\npaths: {}', 'unique'],
    ['a: {b: 1, "b": 2}', 'unique'],
    ['a: &x {security: []}\nb: {<<: *x}', 'merge keys'],
    ['a: !!binary aGk=', 'tag'],
    ['a: !!js/function "function () {}"', 'tag'],
    ['a: !include other.yaml', 'tag'],
    ['a: 1\n---\nb: 2', 'multiple documents'],
    ['a: *nowhere', 'alias'],
    ['a: &x [*x]', ''],
    ['a:\n\t- b', 'neither'],
    ['a: "open', 'neither'],
    ['{"a":', 'neither'],
    ['- a', 'an object'],
    ['[]', 'an object'],
    ['null', 'an object'],
    ['', 'an object'],
    ['just words', 'an object'],
    ['\0', ''],
  ])('%j', (text, sentence) => {
    expect(read(text)).toMatchObject(refusedWith(sentence));
  });
});

test('a billion laughs, nesting beyond any stack and megabytes end soon', () => {
  const laughs = ['a0: &a0 [ha, ha]', ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`)];
  expect(read(laughs.join('\n'))).toMatchObject(refusedWith('cannot be read'));
  for (const deep of [`${'['.repeat(50_000)}`, `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`, `${'{"a":'.repeat(50_000)}`])
    expect(read(deep).ok).toBe(false);
  expect(read('x'.repeat(17_000_000))).toMatchObject(refusedWith('larger than 16 MB'));
  const items = Array.from({ length: 300_000 }, (_, index) => index);
  expect(read(JSON.stringify({ items })).ok).toBe(true);
});

test('no name changes what an object is', () => {
  for (const text of ['{"__proto__":{"x-public":true},"paths":{}}', '__proto__: {x-public: true}\npaths: {}']) {
    const answer = read(text);
    if (!answer.ok) throw new Error(answer.reason);
    expect(Object.getPrototypeOf(answer.document)).toBe(Object.prototype);
    expect(Object.hasOwn(answer.document, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['x-public']).toBeUndefined();
    expect(deriveRoutes(answer.document).routes).toEqual([]);
  }
});

test.skipIf(!haveVectors('blns'))(`${NEEDS_VECTORS} naughty strings are read or refused, as a file and within one`, () => {
  const strings = JSON.parse(readFileSync(join(vectorsFolder, 'blns', 'blns.json'), 'utf8')) as string[];
  for (const text of strings) {
    expect(typeof read(text).ok).toBe('boolean');
    expect(typeof read(`a: ${text}`).ok).toBe('boolean');
    const written = read(yaml.stringify({ paths: { [text]: text } }));
    if (written.ok) expect(written.document).toEqual({ paths: { [text]: text } });
    expect(read(JSON.stringify({ paths: { [text]: text } })).ok).toBe(true);
  }
});
