/**
 * What can be said about a new password before it is sent. The server's rules (core/passwords/password.ts) decide; those that
 * need no look-up are shown here while the user types. What this calls `short`, `long` or `personal` the server refuses too; a
 * test keeps them equal.
 */
export type PasswordHint =
  | { readonly state: 'empty' | 'long' | 'personal' | 'fair' | 'good' }
  | { readonly state: 'short'; readonly missing: number };

export const MIN_CHARACTERS = 8;
export const MAX_CHARACTERS = 128;
/** From here on guessing offline takes more than any attacker has, if the words were chosen at random. */
const GOOD_CHARACTERS = 16;

export function hintFor(password: string, words: readonly string[]): PasswordHint {
  if (password === '') return { state: 'empty' };
  const count = [...password.normalize('NFKC')].length;
  if (count < MIN_CHARACTERS) return { state: 'short', missing: MIN_CHARACTERS - count };
  if (count > MAX_CHARACTERS) return { state: 'long' };
  const letters = fold(password);
  const known = words.flatMap((word) => [word, word.split('@')[0] ?? '']).map(fold);
  if (known.some((word) => word !== '' && word === letters)) return { state: 'personal' };
  return { state: count < GOOD_CHARACTERS ? 'fair' : 'good' };
}

const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
