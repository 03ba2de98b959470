/** Words that both entries say. */
import { entryOf } from './entry-of.ts';
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

/** Why coming back from another provider ended in nothing, as the server says behind the `#`. Null for anything else. */
export const providerFailure = (reason: string): string | null => entryOf(FAILURES, reason) ?? null;

const FAILURES: Readonly<Record<string, string>> = {
  trip: 'This took too long, or was begun in another window. Try again.',
  provider: 'The other side did not let you in, or you cancelled there. Try again, or log in in another way.',
  unproved:
    'The other side has not confirmed that your address is yours, so it cannot open the door here. Log in in another way.',
  unlisted:
    'This provider may not vouch for your email address here. Sign in another way. If you are not an administrator, you can then link it under Security.',
  'too-many': 'Too many people have registered from your network just now. Try again in a few minutes.',
  'sign-up-closed': 'Nobody is registered here with this address, and registering is not open.',
  'invitation-over': 'This invitation no longer works. It was already used, taken back, or it expired.',
  'other-address': 'Your invitation is for another email address than the one of this account.',
  'linked-elsewhere': 'This account of the other side is linked to another user here already.',
  'other-person': 'This was somebody else than the one who is logged in here. Nothing was confirmed.',
  'shut-out': 'You cannot log in here. Ask whoever runs this place.',
};
