/** What a name that people read may contain. Nothing is repaired here: a caller refuses what does not pass. */

const CONTROL = /\p{Cc}/u;

/** True for text with a character of Unicode's class Cc: NUL, tab, line breaks, DEL, and the C1 range U+0080–U+009F. */
export function hasControlCharacters(text: string): boolean {
  return CONTROL.test(text);
}

/**
 * True for text without control characters and without lone surrogates. PostgreSQL cannot store NUL, a log line must not
 * be broken in two, and a lone surrogate has no UTF-8 form, so that it would come back changed.
 */
export function isWellFormedText(text: string): boolean {
  return text.isWellFormed() && !hasControlCharacters(text);
}
