import { describe, expect, it } from 'vitest';
import { haveVectors, NEEDS_VECTORS, readVectors } from '../../../../protocol/test/vectors.ts';
import { emailKey } from './email.ts';

const CONFUSABLES = 'homoglyph/chars.txt';

describe('somebody with a look-alike address', () => {
  it.each([
    ['\u212aim@example.com', 'kim@example.com'], //      Kelvin sign, lower case k
    ['m\u0130ke@example.com', 'mike@example.com'], //    capital I with a dot
    ['m\u0131ke@example.com', 'mike@example.com'], //    dotless i, upper case I
    ['o\uff46fice@example.com', 'office@example.com'], // full width, NFKC f
    ['o\ufb03ce@example.com', 'office@example.com'], //  ligature, NFKC ffi
    ['\u017fam@example.com', 'sam@example.com'], //      long s, upper case S
    ['stra\u00dfe@example.com', 'strasse@example.com'], // sharp s, upper case SS
    ['p\u0430ul@example.com', 'paul@example.com'], //    Cyrillic a
    ['a.b@example.com', 'ab@example.com'],
    ['ann+x@example.com', 'ann@example.com'],
  ])('%j does not share the key of %s', (attack, owner) => {
    expect(emailKey(attack)).not.toBe(emailKey(owner));
  });

  it.skipIf(!haveVectors(CONFUSABLES))(
    `${NEEDS_VECTORS} shares no key with a plain address, for every known confusable character`,
    () => {
      let tried = 0;
      for (const line of readVectors(CONFUSABLES).split('\n')) {
        if (line.startsWith('#') || line.length < 2) continue;
        const [plain = '', ...alike] = [...line];
        if (!/[a-z0-9]/i.test(plain)) continue;
        const owner = emailKey(`x${plain}y@example.com`);
        for (const character of alike.filter(
          (one) => one.toLowerCase() !== plain.toLowerCase() && (one.codePointAt(0) ?? 0) > 0x7f,
        )) {
          expect(emailKey(`x${character}y@example.com`), `${plain} ${character}`).not.toBe(owner);
          tried++;
        }
      }
      expect(tried).toBeGreaterThan(500);
    },
  );

  it('cannot make two domains one that DNS keeps apart', () => {
    expect(emailKey('ann@ex\u0430mple.com')).not.toBe(emailKey('ann@example.com'));
    // Full width is the same name for DNS, and for the server that delivers the mail.
    expect(emailKey('ann@\uff45xample.com')).toBe(emailKey('ann@example.com'));
  });
});
