/**
 * Documents that are designed to break their reader: it never throws, never hangs, and opens nothing that the document does not
 * open.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRoute, isPermission, isReserved } from '@keyhouse/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../../protocol/test/vectors.ts';
import { deriveRoutes } from './derive-routes.ts';

const documentOf = (paths: unknown, more: object = {}) => ({ openapi: '3.1.0', security: [{ key: [] }], paths, ...more });

/** What must be true of every answer. */
function expectSound(document: unknown): void {
  const { routes, permissions, faults } = deriveRoutes(document);
  expect(faults.length).toBeLessThanOrEqual(101);
  if (faults.length > 0) expect([routes, permissions]).toEqual([[], []]);
  for (const rule of routes) expect(compileRoute(rule)).toMatchObject({ ok: true });
  for (const { name, sentence } of permissions) {
    expect(isPermission(name) && !isReserved(name)).toBe(true);
    expect([...sentence].length).toBeLessThanOrEqual(200);
  }
}

describe('names that every object knows', () => {
  const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '$ref'];

  test.each(NAMES)('as a path, a member and a permission: %s', (name) => {
    // As in a parsed file: an own member, whatever its name.
    const paths = JSON.parse(`{"/${name}":{"get":{"summary":"x"}},"/a/{${name.replace('$', '')}}":{"get":{}}}`) as unknown;
    const { routes, permissions, faults } = deriveRoutes(documentOf(paths));
    if (name === '$ref') expect(faults).toEqual([expect.stringContaining('is not a valid name')]);
    else {
      expect(permissions.map((permission) => permission.name)).toContain(`${name}.read`);
      expect(routes).toContainEqual({ methods: ['GET'], pattern: `/${name}`, permission: `${name}.read` });
    }
    expectSound(JSON.parse(`{"openapi":"3.1.0","${name}":{"get":{}},"paths":{"/a":{"${name}":{"x-public":true},"get":{}}}}`));
    expect(deriveRoutes(documentOf({ '/a': { get: { 'x-permission': name } } })).faults).toHaveLength(1);
    expect(deriveRoutes(documentOf({ '/a': { $ref: `#/${name}` } })).faults).toHaveLength(1);
  });

  test('what a prototype says is not what the document says', () => {
    const opened: unknown = Object.create({ 'x-public': true, security: [], get: { security: [] } });
    const { routes } = deriveRoutes(documentOf({ '/a': { get: opened, post: {} } }));
    expect(routes).toContainEqual({ methods: ['GET'], pattern: '/a', permission: 'a.read' });
    const polluted = JSON.parse('{"openapi":"3.1.0","__proto__":{"x-public":true},"paths":{"/a":{"get":{}}}}') as unknown;
    expect(deriveRoutes(polluted).routes).toEqual([{ methods: ['GET'], pattern: '/a', permission: 'a.read' }]);
  });
});

test('ten thousand paths are read, and so is the worst tangle of them', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`/r${index}/{id}`, { get: {}, post: {} }]));
  const { routes, permissions, faults } = deriveRoutes(documentOf(many));
  expect([routes.length, permissions.length, faults]).toEqual([20_000, 20_000, []]);
  const tangled = Array.from({ length: 2_000 }, (_, index) => [
    [`/{x}/l${index}`, { get: { 'x-permission': 'a.read' } }],
    [`/l${index}/{x}`, { get: { 'x-permission': 'b.read' } }],
  ]);
  expect(deriveRoutes(documentOf(Object.fromEntries(tangled.flat()))).faults).toEqual([
    expect.stringContaining('Too many pairs'),
  ]);
});

test('references that go round, deep and nowhere end', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, index) => [`/p${index}`, { $ref: `#/paths/~1p${index + 1}` }]),
  );
  expect(deriveRoutes(documentOf(chain)).faults).toHaveLength(100);
  expectSound(documentOf({ '/a': { $ref: `#${'/a'.repeat(100_000)}` } }));
  expectSound(documentOf({ '/a': { $ref: '#/%E0%A4%A/%' } }));
  const round: Record<string, unknown> = { openapi: '3.1.0' };
  round.paths = { '/a': { get: round } };
  expectSound(round);
});

test('a deep path and a long list of servers cost little', () => {
  expectSound(documentOf({ [`${'/{x}'.repeat(2_000)}`]: { get: { 'x-permission': 'a.read' } } }));
  expectSound(documentOf({ '/a': { get: {} } }, { servers: Array.from({ length: 100_000 }, () => ({ url: '/v1' })) }));
});

test('whatever the document is, nothing throws, and nothing is public that does not say so', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>([], {}, [{}], true, false, null, 'a.read', undefined),
  );
  const operation = fc.record(
    {
      ...{ security: value, 'x-permission': value, 'x-public': value, 'x-refused': value },
      ...{ servers: value, summary: value, tags: value, $ref: value },
    },
    { requiredKeys: [] },
  );
  const item = fc.oneof(
    value,
    fc.record(
      {
        get: operation,
        head: operation,
        post: operation,
        query: value,
        additionalOperations: value,
        $ref: value,
        servers: value,
        'x-refused': value,
      },
      { requiredKeys: [] },
    ),
  );
  const path = fc
    .array(
      fc.constantFrom('/', 'a', 'b', '{x}', '{y}', '{', '}', '.', '..', '%2f', ':', '*', '?', '#', 'é', 'v1', 'keyhouse', '\0'),
      { maxLength: 6 },
    )
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(fc.dictionary(path, item, { maxKeys: 5 }), value, value, (paths, servers, security) => {
      const document = documentOf(paths, { servers, ...(security === undefined ? {} : { security }) });
      expectSound(document);
      const saysPublic = /"x-public":true|"security":\[\]/.test(JSON.stringify(paths));
      if (!saysPublic) expect(deriveRoutes(document).routes.filter((rule) => 'public' in rule)).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test.skipIf(!haveVectors('blns'))(`${NEEDS_VECTORS} naughty strings as paths, permissions, sentences and servers`, () => {
  const strings = JSON.parse(readFileSync(join(vectorsFolder, 'blns', 'blns.json'), 'utf8')) as string[];
  expect(strings.length).toBeGreaterThan(400);
  for (const text of strings) {
    expectSound(documentOf({ [`/${text}`]: { get: { 'x-permission': 'a.read' } } }));
    expectSound(documentOf({ [`/a/{${text}}`]: { get: {} } }));
    expectSound(documentOf({ '/a': { get: { 'x-permission': text } } }));
    expectSound(documentOf({ '/a': { get: { summary: text, tags: [text] } } }, { tags: [{ name: text, description: text }] }));
    expectSound(documentOf({ '/a': { get: {} } }, { servers: [{ url: text }] }));
  }
});
