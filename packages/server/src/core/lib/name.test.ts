import { describe, expect, it } from 'vitest';
import { findNameFault, findOptionalNameFault, readForeignName } from './name.ts';

const INVISIBLE = 'The name must not contain invisible characters.';

describe('a name that people read', () => {
  it.each(['Ada', 'Zoë O’Neill-Łuc', '田中さん', 'مریم می‌خواهم', 'क्‍ष', '👩‍💻 ❤️ 👍🏽', 'Ledger (EU) №1', 'x'.repeat(100)])(
    'may be %j',
    (name) => {
      expect(findNameFault(name)).toBeNull();
    },
  );

  it.each([
    ['a right-to-left override', 'Invoice \u202efdp.exe'],
    ['a left-to-right mark', 'Ledger\u200e'],
    ['an isolate', '\u2066Ledger\u2069'],
    ['a zero width space', 'Led\u200bger'],
    ['a joiner in the middle of a word', 'Led\u200dger'],
    ['a joiner behind a picture', '👩\u200d'],
    ['a byte order mark', '\ufeffLedger'],
    ['a soft hyphen', 'Led\u00adger'],
    ['a Hangul filler', '\u3164'],
    ['a combining grapheme joiner', 'Led\u034fger'],
    ['an empty Braille cell', '\u2800'],
    ['a variation selector behind a letter', 'Led\ufe0fger'],
    ['tags', 'Ledger\u{e0041}'],
    ['a line separator', 'Led\u2028ger'],
  ])('may not hold %s', (_, name) => {
    expect(findNameFault(name)).toBe(INVISIBLE);
    expect(findOptionalNameFault(name)).toBe(INVISIBLE);
    expect(findOptionalNameFault(readForeignName(name))).toBeNull();
  });

  it('may not be empty, nor too long, nor hold control characters or half of a character', () => {
    expect(findNameFault(' \u2003')).toBe('The name field is required.');
    expect(findOptionalNameFault('')).toBeNull();
    expect(findNameFault('x'.repeat(101))).toBe('The name can have at most 100 characters.');
    for (const name of ['a\u0000', 'a\nb', 'a\u0085', '\ud800'])
      expect(findNameFault(name)).toBe('The name must not contain control characters.');
  });

  it('is cleaned where it comes from elsewhere, and left as it is where nothing is wrong', () => {
    expect(readForeignName('Ada\u202e\u0000Lovelace ')).toBe('Ada Lovelace');
    expect(readForeignName('👩‍💻 ❤️')).toBe('👩‍💻 ❤️');
    expect(readForeignName('\u200b\u3164')).toBe('');
    expect([...readForeignName('😀'.repeat(1_000_000))]).toHaveLength(100);
  });
});
