/** The two content types that bodies come in. A charset, where one is named, is UTF-8; there is no content coding. */

export const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

export const isForm = (type: string | undefined): boolean =>
  type !== undefined && /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

/** RFC 9110 §8.4: `identity` should not be sent, and says nothing. */
export const isEncoded = (coding: string | undefined): boolean => coding !== undefined && !/^(identity)?$/i.test(coding.trim());
