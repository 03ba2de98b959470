/** Comparing URIs as text. */

/** An origin followed by a slash and nothing else. Not for other schemes, where the slash is a path, nor before a query. */
const BARE_ORIGIN = /^(https?:\/\/[^/?#]+)\/$/;

/** Without the slash that URL libraries write after a bare origin; any other text unchanged. */
export const withoutOriginSlash = (uri: string): string => BARE_ORIGIN.exec(uri)?.[1] ?? uri;

/**
 * Whether two URIs are the same text, apart from the slash after a bare origin: both forms name the same resource (RFC 9110
 * §4.2.3).
 */
export const isSameUri = (one: string, other: string): boolean =>
  one === other || withoutOriginSlash(one) === withoutOriginSlash(other);
