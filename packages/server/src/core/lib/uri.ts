/** Comparing URIs as text. */

/** An origin with nothing behind it but a slash. Not of other schemes, where the slash is a path, nor before a query. */
const BARE_ORIGIN = /^(https?:\/\/[^/?#]+)\/$/;

/** Without the slash that URL libraries write behind a bare origin; any other text as it is. */
export const withoutOriginSlash = (uri: string): string => BARE_ORIGIN.exec(uri)?.[1] ?? uri;

/** Whether two URIs are the same text, the slash behind a bare origin aside: both forms are one request to one server (RFC 9110 §4.2.3). */
export const isSameUri = (one: string, other: string): boolean =>
  one === other || withoutOriginSlash(one) === withoutOriginSlash(other);
