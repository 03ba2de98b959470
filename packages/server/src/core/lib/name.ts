/**
 * The one rule for names that people read: of users, teams, tokens, keys, applications, passkeys, the brand. A name is one line
 * of visible text. Characters that nobody sees, or that turn the direction of the text around them (Unicode UAX #9), could make
 * two names look alike, or change the sentence around a name.
 */
export const MAX_NAME_LENGTH = 100;

/**
 * Format characters, line separators, characters that are not drawn (Default_Ignorable_Code_Point), and the empty Braille cell.
 */
const INVISIBLE = /[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const INVISIBLE_RUNS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]+/gu;

/** 👩‍💻, ❤️: a joiner is allowed only between two parts of one picture. */
const PICTURE = /\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?(?:\u200d(?=\p{Extended_Pictographic}))?/gu;
/** In Persian, and behind a virama in scripts of India, a joiner is part of the spelling (RFC 5892 appendices A.1 and A.2). */
const SPELLING =
  /(?<=[\p{Script=Arabic}\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca])[\u200c\u200d](?=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}])/gu;

/** A sentence that says what is wrong with a name; null: nothing. */
export function findNameFault(name: string): string | null {
  return name.trim() === '' ? 'The name field is required.' : findOptionalNameFault(name);
}

/** The same, for a name that may be empty. */
export function findOptionalNameFault(name: string): string | null {
  if (name.length > 4 * MAX_NAME_LENGTH || [...name].length > MAX_NAME_LENGTH)
    return `The name can have at most ${MAX_NAME_LENGTH} characters.`;
  if (!name.isWellFormed() || /\p{Cc}/u.test(name)) return 'The name must not contain control characters.';
  return hasInvisibleCharacters(name) ? 'The name must not contain invisible characters.' : null;
}

/**
 * A name that came from elsewhere, where nobody can be asked to choose another one: characters that are not allowed are replaced
 * by a space. It may be empty.
 */
export function readForeignName(text: string): string {
  // Cut first, so that a megabyte costs nothing.
  const short = text.slice(0, 4 * MAX_NAME_LENGTH).toWellFormed();
  const clean = /\p{Cc}/u.test(short) || hasInvisibleCharacters(short) ? short.replace(INVISIBLE_RUNS, ' ') : short;
  return [...clean.trim()].slice(0, MAX_NAME_LENGTH).join('').trim();
}

const hasInvisibleCharacters = (text: string): boolean => INVISIBLE.test(text.replace(PICTURE, '').replace(SPELLING, ''));
