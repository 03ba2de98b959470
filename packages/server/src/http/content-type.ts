/** The two content types that bodies come in. A charset, where one is named, is UTF-8; there is no content coding and no transfer coding but chunks. */

export const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

export const isForm = (type: string | undefined): boolean =>
  type !== undefined && /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

/** Whether a content coding was applied. RFC 9110 §8.4: `identity` should not be sent and means none. */
export const isEncoded = (coding: string | undefined): boolean => coding !== undefined && !/^(identity)?$/i.test(coding.trim());

/** RFC 9112 §6.1: what came compressed on the way, before it was cut into chunks. */
export const isCompressedOnTheWay = (coding: string | undefined): boolean =>
  coding !== undefined && !/^chunked$/i.test(coding.trim());
