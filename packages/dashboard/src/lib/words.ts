/** Words that both entries say. */
import type { PasswordHint } from './new-password.ts';

export const passwordHint = (hint: PasswordHint): string => {
  switch (hint.state) {
    case 'empty':
      return 'At least 8 characters. Four unrelated words are easy to remember and hard to guess.';
    case 'short':
      return hint.missing === 1 ? 'One more character.' : `${hint.missing} more characters.`;
    case 'long':
      return 'At most 128 characters.';
    case 'personal':
      return 'This is your name or address: it would be the first guess.';
    case 'fair':
      return 'Long enough. A longer one is harder to guess.';
    case 'good':
      return 'A good length.';
  }
};
