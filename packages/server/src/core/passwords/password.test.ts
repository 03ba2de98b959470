import { afterAll, describe, expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS, readVectors } from '../../../../protocol/test/vectors.ts';
import { type CommonPasswords, findPasswordFault } from './password.ts';
import { openPasswordHashing } from './password-hashing.ts';

const COMMON = 'common-passwords/zxcvbn-passwords.txt';
const passwords = openPasswordHashing({ threads: 1 });
afterAll(() => passwords.close());

const nothingCommon: CommonPasswords = { isCommon: async () => ({ ok: true, value: false }) };
const ANN = { email: 'ann.lee@example.com', names: ['Ann Lee', 'Ann', 'Lee'] };
const faultOf = (password: string) => findPasswordFault(nothingCommon, password, ANN);

describe('a new password', () => {
  it.each([
    'correct horse battery staple',
    'ÅÄÖåäöÅÄ',
    '        x',
    'пароль-подлиннее',
    '😀😁😂🤣😃😄😅😆',
    'a'.repeat(128),
    'ann likes long passwords',
  ])('may be any text of 8 to 128 characters (%#)', async (password) => {
    expect(await faultOf(password)).toBeNull();
  });

  it.each([
    ['', 'too_short'],
    ['1234567', 'too_short'],
    ['😀😁😂🤣😃😄😅', 'too_short'],
    ['e\u0301'.repeat(7), 'too_short'], // seven letters once composed
    ['a'.repeat(129), 'too_long'],
    ['\ufdfa'.repeat(8), 'too_long'], // eighteen letters each under NFKC
    ['a'.repeat(1_000_000), 'too_long'],
    ['\ud800aaaaaaaa', 'malformed'],
    ['ann.lee@example.com', 'personal'],
    ['ANN.LEE@EXAMPLE.COM', 'personal'],
    ['ann.lee1', 'personal'],
    ['12 Ann Lee 34', 'personal'],
    ['LeeAnn!!1', 'personal'],
    ['ann!!!!!!2026', 'personal'],
    ['Keyhouse2026!', 'common'],
  ])('may not be what the rules refuse (%#: $1)', async (password, fault) => {
    expect(await faultOf(password)).toBe(fault);
  });

  it('may not be the digits that are the address, nor be refused for a name of one letter', async () => {
    expect(await findPasswordFault(nothingCommon, '12345678', { email: '12345678@example.com', names: [] })).toBe('personal');
    expect(await findPasswordFault(nothingCommon, 'x1234567', { email: 'x@example.com', names: ['x'] })).toBeNull();
  });

  it('may not be a common one, in any case, also in full width', async () => {
    for (const common of ['password', 'PassWord', 'qwertyuiop', 'ｐａｓｓｗｏｒｄ']) {
      expect(await findPasswordFault(passwords, common, ANN)).toBe('common');
    }
    expect(await findPasswordFault(passwords, 'correct horse battery staple', ANN)).toBeNull();
  });

  it.skipIf(!haveVectors(COMMON))(`${NEEDS_VECTORS} may not be among the passwords that attackers try first`, async () => {
    const words = readVectors(COMMON)
      .split('\n')
      .map((line) => line.trim().split(/\s+/)[0] ?? '')
      .filter((word) => word.length >= 8)
      .slice(0, 3000);
    const missed: string[] = [];
    for (const word of words)
      if ((await findPasswordFault(passwords, word, { email: 'x@y.z', names: [] })) === null) missed.push(word);
    expect(words).toHaveLength(3000);
    expect(missed).toEqual([]);
  });
});
