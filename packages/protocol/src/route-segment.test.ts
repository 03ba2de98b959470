/** Text around placeholders in a segment: what a pattern says, and what of a request matches it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitOf, type Part, readPart, resourceIn } from './route-segment.ts';

const part = (text: string): Part => {
  const read = readPart(text);
  if ('fault' in read) throw new Error(read.fault);
  return read.part;
};
const fit = (pattern: string, segment: string) => fitOf(part(pattern), segment);

describe('a segment of a pattern', () => {
  test.each([
    [':id', { kind: 'any' }],
    [':resource', { kind: 'resource' }],
    ['a.b', { kind: 'literal', text: 'a.b' }],
    [String.raw`items\:search`, { kind: 'literal', text: 'items:search' }],
    [String.raw`\:id`, { kind: 'literal', text: ':id' }],
    [String.raw`a\*`, { kind: 'literal', text: 'a*' }],
    [':id.json', { kind: 'mixed', texts: ['', '.json'], hasResource: false }],
    [String.raw`:id\:cancel`, { kind: 'mixed', texts: ['', ':cancel'], hasResource: false }],
    [String.raw`:id\_old`, { kind: 'mixed', texts: ['', '_old'], hasResource: false }],
    ['Products(:id)', { kind: 'mixed', texts: ['Products(', ')'], hasResource: false }],
    [':base...:head', { kind: 'mixed', texts: ['', '...', ''], hasResource: false }],
    ['.:id', { kind: 'mixed', texts: ['.', ''], hasResource: false }],
    ['x-:resource', { kind: 'mixed', texts: ['x-', ''], hasResource: true }],
  ])('%s', (text, wanted) => {
    expect(part(text)).toEqual(wanted);
  });

  test.each([
    [':id.json', '7.json', 'sure'],
    [':id.json', '7.b.json', 'likely'],
    [':id.json', '.json.json', 'likely'],
    [':id.json', '7.JSON', 'unlikely'],
    [':id.json', '.json', 'unlikely'],
    [':id.json', '7.json.', null],
    [':id.json', '7json', null],
    [':id.json', '7', null],
    ['Products(:id)', "Products('a')", 'sure'],
    ['Products(:id)', 'Products(7))', 'likely'],
    ['Products(:id)', 'products(7)', 'unlikely'],
    ['Products(:id)', 'Products()', 'unlikely'],
    ['Products(:id)', 'Products(7)x', null],
    ['Products(:id)', 'Products', null],
    [String.raw`:a\-:b`, '1-2', 'sure'],
    [String.raw`:a\-:b`, '1-2-3', 'sure'],
    [String.raw`:a\-:b`, '1-', 'unlikely'],
    [String.raw`:a\-:b`, '-', 'unlikely'],
    [String.raw`:a\-:b`, '--', 'unlikely'],
    [String.raw`:a\-:b`, '---', 'likely'],
    [String.raw`:a\-:b`, '12', null],
    [':a.:b.:c', '1.2.3.4', 'sure'],
    ['ab:x', 'ab', 'unlikely'],
    ['ab:x\\ba', 'aba', null],
    ['ab:x\\ba', 'abba', 'unlikely'],
    ['ab:x\\ba', 'abxba', 'sure'],
    [String.raw`items\:search`, 'items:search', 'sure'],
    [String.raw`items\:search`, 'items:Search', 'unlikely'],
    [String.raw`items\:search`, 'items7', null],
    ['x-:resource', 'x-crm', 'sure'],
    ['x-:resource', 'x-a.b', null],
    ['x-:resource', 'X-crm', 'unlikely'],
  ])('%s takes %s: %s', (pattern, segment, wanted) => {
    expect(fit(pattern, segment)).toBe(wanted);
  });

  test('the placeholder of a resource is what stands between the texts', () => {
    expect(resourceIn(part(':resource'), 'crm')).toBe('crm');
    expect(resourceIn(part('x-:resource.json'), 'x-crm.json')).toBe('crm');
  });
});

/** Each way to cut the segment is tried: slow, and obviously right. */
function fitsInSomeWay(texts: readonly string[], segment: string): boolean {
  const [first = '', ...rest] = texts;
  if (!segment.startsWith(first)) return false;
  const behind = segment.slice(first.length);
  if (rest.length === 0) return behind === '';
  for (let length = 1; length <= behind.length; length++) if (fitsInSomeWay(rest, behind.slice(length))) return true;
  return false;
}

const fewLetters = (minLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength, maxLength: 3 });
const anyTexts = fc
  .tuple(fewLetters(0), fc.array(fewLetters(1), { maxLength: 3 }), fewLetters(0))
  .filter(([first, middle, last]) => first + last !== '' || middle.length > 0)
  .map(([first, middle, last]) => [first, ...middle, last]);
const patternOf = (texts: readonly string[]): string =>
  texts.map((text, index) => (index === 0 ? text : `:p${index}${/^[ab]/.test(text) ? '\\' : ''}${text}`)).join('');

test('a pattern takes what some way to cut the segment takes, and nothing else', () => {
  fc.assert(
    fc.property(anyTexts, fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 12 }), (texts, segment) => {
      const found = part(patternOf(texts));
      expect(found).toMatchObject({ kind: 'mixed', texts });
      const fits = fitOf(found, segment);
      expect(fits === 'sure' || fits === 'likely').toBe(fitsInSomeWay(texts, segment));
    }),
    { numRuns: 20_000 },
  );
});

test('whatever a pattern is, it is read or refused, and reads the same once more', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ':', '\\', '*', '.', '%', ';', '(', ')', 'é', '-'), minLength: 1 }),
      (text) => {
        const read = readPart(text);
        expect(readPart(text)).toEqual(read);
        if (!('part' in read) || read.part.kind === 'resource') return;
        const segment =
          read.part.kind === 'literal' ? read.part.text : read.part.kind === 'any' ? 'x' : read.part.texts.join('x');
        // `..` is not a literal, and the texts around an x never make one.
        expect(fitOf(read.part, segment)).not.toBeNull();
      },
    ),
    { numRuns: 5_000 },
  );
});
