/**
 * Which passwords are acceptable. Length is what counts (NIST SP 800-63B §3.1.1.2): no rules of composition, all of Unicode,
 * spaces included. Refused is what an attacker tries first: the common ones, and what the attacker knows about the user. These
 * rules apply when a password is set; at a log-in any text is only compared.
 */
import { localPart } from '../lib/email.ts';
import type { Claim } from './fair-queue.ts';

export const MIN_PASSWORD_CHARACTERS = 8;
export const MAX_PASSWORD_CHARACTERS = 128;
/** UTF-16 units of input that are read: 128 characters may take several each before they are normalised. */
const MAX_INPUT_LENGTH = 1024;

export type PasswordFault = 'malformed' | 'too_short' | 'too_long' | 'personal' | 'common';

export const PASSWORD_SENTENCES: Readonly<Record<PasswordFault, string>> = {
  malformed: 'The password must be valid Unicode text.',
  too_short: `The password must have at least ${MIN_PASSWORD_CHARACTERS} characters.`,
  too_long: `The password must have at most ${MAX_PASSWORD_CHARACTERS} characters.`,
  personal: 'The password must not be your name or email address, even with digits or symbols around it.',
  common: 'This password is too common. Choose another one, such as four unrelated words.',
};

/** Knows the common passwords; asked with a normalised, lower-case password. */
export interface CommonPasswords {
  isCommon(password: string, claim?: Claim): Promise<{ ok: true; value: boolean } | { ok: false; reason: 'busy' }>;
}

export interface PersonalWords {
  readonly email: string;
  readonly names: readonly string[];
}

/** The password in the form that is hashed, the same on every keyboard (NFKC); null if it is too long. Log-in uses it too. */
export function normalizePassword(password: string): string | null {
  return password.length > MAX_INPUT_LENGTH ? null : password.normalize('NFKC');
}

/** The first fault of a new password, or null; what needs no look-up is checked first. `busy` if the look-up has no room. */
export async function findPasswordFault(
  common: CommonPasswords,
  password: string,
  words: PersonalWords,
  claim?: Claim,
): Promise<PasswordFault | 'busy' | null> {
  const normalized = normalizePassword(password);
  if (normalized === null) return 'too_long';
  if (!normalized.isWellFormed()) return 'malformed';
  const characters = [...normalized].length;
  if (characters < MIN_PASSWORD_CHARACTERS) return 'too_short';
  if (characters > MAX_PASSWORD_CHARACTERS) return 'too_long';
  if (isMadeOf(normalized, wordsOf(words))) return 'personal';
  if (isMadeOf(normalized, ['keyhouse'])) return 'common';
  const answer = await common.isCommon(normalized.toLowerCase(), claim);
  if (!answer.ok) return 'busy';
  return answer.value ? 'common' : null;
}

function wordsOf({ email, names }: PersonalWords): readonly string[] {
  const parts = names.flatMap((name) => name.split(/\s+/));
  const [first = '', ...others] = parts;
  const last = others.at(-1) ?? '';
  return [email, localPart(email), ...names, ...parts, first + last, last + first];
}

/**
 * True if nothing is left of the password when one of the words is removed: compared without case, signs and spaces, and again
 * without digits at the edges. A word within a longer password is not a fault.
 */
function isMadeOf(password: string, words: readonly string[]): boolean {
  const letters = fold(password);
  const core = withoutEdgeDigits(letters);
  return words.map(fold).some((word) => {
    const wordCore = withoutEdgeDigits(word);
    // One or two letters say nothing about a person.
    return (word !== '' && word === letters) || (wordCore.length > 2 && wordCore === core);
  });
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}

function withoutEdgeDigits(text: string): string {
  const characters = [...text];
  const isDigit = (character: string): boolean => /^\p{N}$/u.test(character);
  const first = characters.findIndex((character) => !isDigit(character));
  const last = characters.findLastIndex((character) => !isDigit(character));
  return first < 0 ? '' : characters.slice(first, last + 1).join('');
}
