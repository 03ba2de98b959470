import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSafeSegment, readPath } from './path.ts';

test.each([
  ['/', []],
  ['/?a=/../', []],
  ['/api', ['api']],
  ['/api/', ['api']],
  ['/api/crm/leads', ['api', 'crm', 'leads']],
  ['/api/crm/?x=%2f..//;#', ['api', 'crm']],
  ['/a%20b/caf%C3%A9', ['a b', 'café']],
  ['/%61pi', ['api']],
  ['/a:b@c!$&\'()*+,=~"<>^`{|}', ['a:b@c!$&\'()*+,=~"<>^`{|}']],
  ['/100%25', ['100%']],
  ['/100%25zz', ['100%zz']],
  ['/...', ['...']],
  ['/.well-known/a..b', ['.well-known', 'a..b']],
  ['/API', ['API']],
])('reads %s', (target, segments) => {
  expect(readPath(target)).toEqual({ ok: true, segments });
});

test('reads back whatever encodeURIComponent wrote, unless it is refused for what it holds', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), fc.boolean(), (segments, slash) => {
      const target = `/${segments.map(encodeURIComponent).join('/')}${slash ? '/' : ''}`;
      expect(readPath(target)).toEqual(segments.every(isSafeSegment) ? { ok: true, segments } : { ok: false });
    }),
    { numRuns: 1000 },
  );
});

test('paths have at most 8,192 characters; the query does not count', () => {
  expect(readPath(`/${'a'.repeat(8191)}`).ok).toBe(true);
  expect(readPath(`/${'a'.repeat(8192)}`).ok).toBe(false);
  expect(readPath(`/a?${'b'.repeat(9000)}`).ok).toBe(true);
});
