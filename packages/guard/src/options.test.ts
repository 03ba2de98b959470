/** What a guard takes from an OpenAPI document, and what it says about it when it starts. */
import { makeKeyText } from '@keyhouse/protocol';
import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';
import { createReadQuestion } from './question.ts';

const key = makeKeyText('live', (length) => new Uint8Array(length).fill(7));
const documentOf = (paths: object, more: object = {}) => ({ openapi: '3.1.0', security: [{ key: [] }], paths, ...more });

/** What the guard of a document asks for, and what it said at its start. */
function start(openapi: object) {
  const said: string[] = [];
  const settings = readOptions({ issuer: 'https://keys.example.com', key, openapi, log: (sentence) => said.push(sentence) });
  const read = createReadQuestion(settings);
  const ask = (method: string, target: string): string => {
    const question = read([method], target, false);
    return question.kind === 'permissions' ? question.permissions.join(' ') : question.kind;
  };
  return { ask, said };
}

describe('a guard with an OpenAPI document', () => {
  it('asks for what stands at the end of a $ref, and opens nothing that is left out', () => {
    const { ask, said } = start(
      documentOf(
        {
          '/v1/secrets': { get: { $ref: '#/x-operations/secrets' } },
          '/v1/items/{id}.json': { get: { security: [] } },
          '/v1/files/{path+}': { get: { security: [] }, 'x-refused': true },
        },
        { 'x-operations': { secrets: { 'x-permission': 'vault.read' } } },
      ),
    );
    expect(ask('GET', '/v1/secrets')).toBe('vault.read');
    expect(ask('GET', '/v1/items/7.json')).toBe('public');
    expect(ask('GET', '/v1/items/7')).toBe('items.read');
    expect([ask('GET', '/v1/files/a/b'), ask('POST', '/v1/files')]).toEqual(['refused', 'refused']);
    expect(said).toEqual([
      expect.stringMatching(/^openapi: paths\["\/v1\/files\/\{path\+\}"\]: .*so \/v1\/files\/\*\* is refused/),
    ]);
  });

  it('does not start with a $ref that it cannot follow', () => {
    expect(() => start(documentOf({ '/a': { get: { $ref: 'a.yaml' } } }))).toThrow(
      'openapi: paths["/a"].get: Its $ref points outside the document.',
    );
  });

  it('says of many notes how many there are', () => {
    const paths = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`/r${index}`, { get: {} }]));
    const { said } = start(documentOf(paths, { security: [] }));
    expect(said).toHaveLength(11);
    expect(said.at(-1)).toContain('… and 20 more');
  });
});
