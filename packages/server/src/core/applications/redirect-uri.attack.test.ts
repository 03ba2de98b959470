import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { haveNaughtyStrings, NEEDS_VECTORS, naughtyStrings } from '../../../../protocol/test/vectors.ts';
import { matchesRedirectUri, redirectUriFault } from './redirect-uri.ts';

const STRICT = { allowsSchemesWithoutDot: false };

describe('a redirect URI that would carry a code elsewhere', () => {
  it.each([
    ['plain http', 'http://app.example.com/cb'],
    ['http on another name of the same machine', 'http://127.0.0.2/cb'],
    ['http on a number that means it', 'http://2130706433/cb'],
    ['http on a short form', 'http://127.1/cb'],
    ['http on a name that begins like it', 'http://localhost.evil.example/cb'],
    ['http on everything', 'http://0.0.0.0/cb'],
    ['a user name', 'https://app.example.com@evil.example/cb'],
    ['an empty user name', 'https://@evil.example/cb'],
    ['a password', 'https://a:b@app.example.com/cb'],
    ['a fragment', 'https://app.example.com/cb#x'],
    ['an empty fragment', 'https://app.example.com/cb#'],
    ['a wildcard', 'https://*.example.com/cb'],
    ['a wildcard in the path', 'https://app.example.com/*'],
    ['a script', 'javascript:alert(1)'],
    ['a script with a dot', 'javascript:alert(document.cookie)'],
    ['data', 'data:text/html,x'],
    ['a file', 'file:///etc/passwd'],
    ['a scheme without a dot, which anybody may take', 'myapp://callback'],
    ['a scheme that ends in a dot', 'com.:/callback'],
    ['a relative one', '/callback'],
    ['one without a scheme', '//evil.example/cb'],
    ['a backslash', 'https:\\\\evil.example/cb'],
    ['a backslash in the path', 'https://app.example.com\\@evil.example/cb'],
    ['one slash', 'https:/evil.example/cb'],
    ['three slashes', 'https:///evil.example/cb'],
    ['a space', 'https://app.example.com/c b'],
    ['a space before it', ' https://app.example.com/cb'],
    ['a tab inside', 'https://app.exam\tple.com/cb'],
    ['a line break behind it', 'https://app.example.com/cb\n'],
    ['letters beyond ASCII', 'https://аpp.example.com/cb'],
    ['upper case', 'HTTPS://app.example.com/cb'],
    ['upper case in the host', 'https://App.example.com/cb'],
    ['the usual port', 'https://app.example.com:443/cb'],
    ['dots in the path', 'https://app.example.com/a/../cb'],
    ['no host', 'https://'],
    ['a code of its own', 'https://app.example.com/cb?code=x'],
    ['a state of its own', 'https://app.example.com/cb?a=1&state=x'],
    ['an issuer of its own', 'https://app.example.com/cb?iss=x'],
    ['nothing', ''],
    ['more than 500 characters', `https://app.example.com/${'a'.repeat(500)}`],
  ])('may not be registered: %s', (_, uri) => {
    expect(redirectUriFault(uri, STRICT)).toEqual(expect.stringMatching(/\.$|https?:/));
  });

  it.each([
    ...[
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'vbscript:x',
      'blob:x',
      'about:blank',
      'view-source:x',
      'filesystem:x',
    ],
    ...[
      'http://app.example.com/cb',
      'http://cursor/cb',
      'ftp://a.example/',
      'ws://a.example/',
      'wss://a.example/',
      'mailto:a@a.example',
      'tel:1',
    ],
    ...[
      'intent://x#Intent',
      'intent:x',
      'content:x',
      'ms-msdt:x',
      'search-ms:x',
      'ms-settings:x',
      'chrome://settings',
      'chrome-extension://x/cb',
    ],
    ...[
      'moz-extension://x/cb',
      'web+x:y',
      'steam://run/1',
      'ssh://a.example',
      'smb://a.example',
      'urn:x',
      'cursor',
      '1cursor://x',
      'Cursor://x',
    ],
    ...['cursor://a@x/cb', 'cursor://x/*', 'cursor://x/#x', 'cursor://x/?code=1', 'cur_sor://x'],
  ])('may not be registered with schemes that have no dot allowed, either: %s', (uri) => {
    expect(redirectUriFault(uri, { allowsSchemesWithoutDot: true })).toEqual(expect.any(String));
  });

  it.each([
    'http://127.0.0.1:80@evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:99999999/cb',
    'http://127.0.0.1:+80/cb',
    'http://127.0.0.1:080/cb',
    'http://127.0.0.1:80/cb/',
    'http://127.0.0.1:80/cb?x',
    'http://127.0.0.1:80/cb#x',
    'http://127.0.0.1:80\\/cb',
    'http://127.0.0.1\n/cb',
    'http://localhost/cb',
    'http://[::1]/cb',
    'https://127.0.0.1/cb',
    'HTTP://127.0.0.1/cb',
    'http://u@127.0.0.1/cb',
  ])('is not the loopback address that was registered: %s', (asked) => {
    expect(matchesRedirectUri(['http://127.0.0.1/cb'], asked)).toBe(false);
  });

  it('https has the port that was registered, also on the same machine', () => {
    expect(matchesRedirectUri(['https://localhost/cb'], 'https://localhost:8443/cb')).toBe(false);
  });

  it('never names another place than the registered one, whatever is asked for', () => {
    const registered = ['https://app.example.com/cb', 'http://127.0.0.1/cb', 'http://[::1]:3000', 'com.example.app:/cb'];
    const origins = new Set(registered.map((uri) => new URL(uri).hostname + new URL(uri).pathname));
    const piece = fc.constantFrom(
      'http',
      'https',
      ':',
      '/',
      '//',
      '127.0.0.1',
      '[::1]',
      '@',
      'evil.example',
      '/cb',
      '3000',
      '\\',
      '#',
      '?',
      '.',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const asked = pieces.join('');
        if (!matchesRedirectUri(registered, asked)) return;
        const { hostname, pathname, username, hash } = new URL(asked);
        expect([origins.has(hostname + pathname), username, hash]).toEqual([true, '', '']);
      }),
      { numRuns: 20_000 },
    );
  });

  describe.skipIf(!haveNaughtyStrings)(`${NEEDS_VECTORS} the big list of naughty strings`, () => {
    it('holds none that may be registered but plain https', () => {
      const strings: readonly unknown[] = naughtyStrings;
      for (const text of strings.map(String)) {
        if (redirectUriFault(text, STRICT) === null) expect(text).toMatch(/^https:\/\//);
        expect(matchesRedirectUri(['https://app.example.com/cb'], text)).toBe(false);
      }
    });
  });
});
