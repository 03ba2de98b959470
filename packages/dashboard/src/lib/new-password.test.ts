import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPasswordFault } from '../../../server/src/core/passwords/password.ts';
import { hintFor } from './new-password.ts';

const FAULTS = { short: 'too_short', long: 'too_long', personal: 'personal' } as const;
const common = { isCommon: async () => ({ ok: true, value: false }) as const };
const EMAIL = 'ada.lovelace@example.com';

const passwords = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }).filter((text) => text.isWellFormed()),
  fc.string({ unit: 'grapheme', maxLength: 140 }),
  fc.constantFrom(EMAIL, 'Ada.Lovelace', 'ada lovelace', 'correct horse battery', '1234567', 'ﬃﬃﬃ'),
);

test('what the page calls too short, too long or personal is what the server refuses for the same reason', async () => {
  await fc.assert(
    fc.asyncProperty(passwords, async (password) => {
      const { state } = hintFor(password, [EMAIL]);
      const fault = await findPasswordFault(common, password, { email: EMAIL, names: [] });
      if (state in FAULTS) expect(fault).toBe(FAULTS[state as keyof typeof FAULTS]);
      else if (state !== 'empty') expect(['personal', 'common', null]).toContain(fault);
    }),
  );
});

test('counts what is missing in characters, as the server does', () => {
  expect(hintFor('🐎🐎🐎', [])).toEqual({ state: 'short', missing: 5 });
});
