import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectLinear } from '../test/growth.ts';
import { haveVectors, NEEDS_VECTORS, vectorsFolder } from '../test/vectors.ts';
import { readPath } from './path.ts';

const REFUSED: Record<string, readonly string[]> = {
  'what does not begin with one slash': [
    '',
    '*',
    'api',
    '?/a',
    'http://example.com/',
    'https://a/api',
    '//evil/api',
    '\\api',
    ' /api',
    '%2fapi',
    'example.com:443',
  ],
  'empty segments': ['//', '/a//b', '/a//', '///', '//?x'],
  'dots, raw or encoded, alone or mixed': [
    '/.',
    '/..',
    '/./',
    '/../',
    '/a/./b',
    '/a/../b',
    '/a/..',
    '/a/.',
    '/a/..?x',
    '/%2e',
    '/%2E%2e/b',
    '/.%2e/b',
    '/%2e./b',
    '/a/%2e%2E',
    '/a/%2e/',
  ],
  'other spellings of a slash': [
    '/a\\b',
    '/a/..\\b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%5Cb',
    '/..%2fb',
    '/..%5cb',
    '/a/%2e%2e%2fb',
    '/%2f',
  ],
  'path parameters, fragments and hidden queries': [
    '/a;b',
    '/a/..;/b',
    '/a;/b',
    '/a%3bb',
    '/a/..%3b/b',
    '/a#b',
    '/#',
    '/a%23b',
    '/a%3fb',
    '/admin%3Fx',
  ],
  'control characters, raw or encoded': [
    '/a\0',
    '/a\tb',
    '/a\r\nb',
    '/a\x7f',
    '/a%00',
    '/a%00.png',
    '/a%0d%0aSet-Cookie:x',
    '/%09',
    '/a%7f',
    '/a%c2%80',
    '/a%C2%9f',
  ],
  'spaces and characters beyond ASCII, raw': [
    '/a b',
    '/é',
    '/\u2024\u2024/b',
    '/a\u00a0',
    '/\uff0e\uff0e/',
    '/\ud800',
    '/\u0130',
  ],
  'escapes that are none': ['/%', '/%2', '/%zz', '/%u002e', '/a%', '/%%32%65', '/%2%65', '/%-1', '/% 2e', '/%\u0662e'],
  'bytes that are not UTF-8': [
    '/%ff',
    '/%c0%ae%c0%ae/',
    '/%c0%af',
    '/%e0%80%af',
    '/%f0%80%80%af',
    '/%ed%a0%80',
    '/%c3',
    '/%80',
    '/%f4%90%80%80',
    '/%fe',
  ],
  'what would decode a second time': [
    '/%252e%252e/',
    '/%252f',
    '/a%255cb',
    '/%2500',
    '/%25%32%65',
    '/%2525%32%65',
    '/%252561',
    '/%2561dmin',
    '/%25u002e',
    '/%25U002F',
  ],
};

for (const [what, targets] of Object.entries(REFUSED)) {
  describe(`refuses ${what}`, () => {
    test.each(targets.map((target) => [target]))('%j', (target) => {
      expect(readPath(target)).toEqual({ ok: false });
    });
  });
}

test('whatever it accepts reads the same once more: no dots, no separators, nothing left to decode', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '%25',
    '%00',
    '%3b',
    '%c0%ae',
    '2e',
    '2f',
    ';',
    '\\',
    '#',
    '?',
    'a',
    'api',
    'é',
    '\0',
    '%',
    '%E2%80%A5',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`),
        fc.string({ unit: 'binary' }),
      ),
      (target) => {
        const path = readPath(target);
        if (!path.ok) return;
        for (const segment of path.segments) {
          expect(segment).not.toMatch(/[/\\;#?\p{Cc}]|^\.{0,2}$|%[0-9a-f]{2}/iu);
          expect(segment.isWellFormed()).toBe(true);
        }
        const again = readPath(`/${path.segments.map(encodeURIComponent).join('/')}`);
        expect(again).toEqual(path);
      },
    ),
    { numRuns: 5000 },
  );
});

test('agrees with the URL parser of browsers and Node on where an accepted path leads', () => {
  const piece = fc.constantFrom('/', '.', '..', '%2e', '%20', '%25', 'a', 'api', '~', '%C3%A9', '"', '|', '{', ':', '@', '%41');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const target = `/${pieces.join('')}`;
      const path = readPath(target);
      if (!path.ok) return;
      const seen = new URL(`http://a${target}`).pathname.split('/').slice(1).map(decodeURIComponent);
      if (seen.at(-1) === '') seen.pop();
      expect(path.segments).toEqual(seen);
    }),
    { numRuns: 3000 },
  );
});

test.each(['/', '/a', '%2e', '%25', '.', '/.a'])('takes no longer than the length of the path asks for: %s…', (piece) => {
  for (const size of [1_000, 125_000]) expectLinear(readPath, (length) => `/${piece.repeat(length / piece.length)}`, size);
});

describe.skipIf(!haveVectors('blns/blns.json'))(`${NEEDS_VECTORS} the big list of naughty strings`, () => {
  test('never throws, raw, as a path, or encoded', () => {
    const strings: unknown = JSON.parse(readFileSync(resolve(vectorsFolder, 'blns/blns.json'), 'utf8'));
    if (!Array.isArray(strings)) throw new Error('blns.json is a list of strings.');
    for (const text of strings.map(String)) {
      for (const target of [text, `/${text}`, `/api/${text.toWellFormed().split('/').map(encodeURIComponent).join('/')}`]) {
        expect(readPath(target).ok).toBeTypeOf('boolean');
      }
    }
  });
});

describe.skipIf(!haveVectors('llhttp-http1-request/url.md'))(`${NEEDS_VECTORS} the request targets of llhttp`, () => {
  const read = (name: string) => readFileSync(resolve(vectorsFolder, 'llhttp-http1-request', name), 'utf8');

  test('never throws; only targets in origin form are paths', () => {
    const urls = [...read('url.md').matchAll(/```url\n([\s\S]*?)\n```/g)].map(([, url]) => url ?? '');
    const lines = [...read('uri.md').matchAll(/^[A-Z]+ (.*) HTTP\/1\.[01]$/gm)].map(([, target]) => target ?? '');
    expect(urls.length + lines.length).toBeGreaterThan(20);
    for (const target of [...urls, ...lines]) {
      const path = readPath(target);
      if (path.ok) expect(target).toMatch(/^\/(?!\/)/);
    }
  });
});
