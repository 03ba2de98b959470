/**
 * The two content types of bodies. If a charset is named, it is UTF-8. No content coding, and no transfer coding except
 * `chunked`.
 */

export const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

export const isForm = (type: string | undefined): boolean =>
  type !== undefined && /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

/** Whether a content coding was applied. RFC 9110 §8.4: `identity` should not be sent and means none. */
export const isEncoded = (coding: string | undefined): boolean => coding !== undefined && !/^(identity)?$/i.test(coding.trim());

/** Whether there is a transfer coding other than `chunked`, such as `gzip, chunked` (RFC 9112 §6.1). */
export const isCompressedOnTheWay = (coding: string | undefined): boolean =>
  coding !== undefined && !/^chunked$/i.test(coding.trim());
