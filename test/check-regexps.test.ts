import { describe, expect, it } from 'vitest';
import { findExpressions, findFault } from '../scripts/check-regexps.ts';

describe('the check of regular expressions', () => {
  it('finds literals, those made from a text, and patterns of schemas, each with its line', () => {
    const text = [
      'const a = /^a+$/g;',
      "const b = new RegExp('b|c', 'i');",
      "const schema = Type.String({ pattern: '^[0-9]+$' });",
      "const route = { pattern: '/a/**' };",
      'const d = new RegExp(a.source);',
    ].join('\n');
    expect(findExpressions('x.ts', text)).toEqual({
      expressions: [
        { source: '^a+$', flags: 'g', place: 'x.ts:1' },
        { source: 'b|c', flags: 'i', place: 'x.ts:2' },
        { source: '^[0-9]+$', flags: 'u', place: 'x.ts:3' },
      ],
      built: ['x.ts:5'],
    });
  });

  it('refuses the one that stopped the server, and those that take the square of the length', async () => {
    const comments = String.raw`^\uFEFF?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*)*<svg[\s>]`;
    expect(await findFault({ source: comments, flags: '' })).toContain('exponential');
    expect(await findFault({ source: '=+$', flags: '' })).toContain('polynomial');
    expect(await findFault({ source: '^[a-z0-9]+$', flags: '' })).toBeNull();
  });
});
