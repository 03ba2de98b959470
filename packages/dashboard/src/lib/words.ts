/** Words that both entries use. */
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
      return 'This is your name or email address, which is easy to guess.';
    case 'fair':
      return 'Long enough. A longer one is harder to guess.';
    case 'good':
      return 'A good length.';
  }
};

/** Why coming back from another provider failed, as the server says after the `#`. Null for anything else. */
export const providerFailure = (reason: string): string | null => entryOf(FAILURES, reason) ?? null;

const FAILURES: Readonly<Record<string, string>> = {
  trip: 'This took too long, or was started in another window. Try again.',
  provider: 'Sign-in with the provider was cancelled or failed. Try again, or sign in another way.',
  unproved: 'The provider has not verified your email address, so you can’t sign in with it here. Sign in another way.',
  unlisted:
    'This provider isn’t trusted to verify your email address here. Sign in another way. If you are not an administrator, you can then link it under Security.',
  'too-many': 'Too many people from your network have registered just now. Try again in a few minutes.',
  'sign-up-closed': 'No one is registered here with this email address, and registration is closed.',
  'invitation-over': 'This invitation no longer works. It was already used, revoked, or it expired.',
  'other-address': 'Your invitation is for a different email address than this account’s.',
  'linked-elsewhere': 'This provider account is already linked to another user here.',
  'other-person': 'You signed in there as someone else than here. Nothing was confirmed.',
  'shut-out': 'You can’t sign in here. Ask the operator.',
};
