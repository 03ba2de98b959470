/** The two content types that bodies come in. A charset, where one is named, is UTF-8. */

export const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/json[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);

export const isForm = (type: string | undefined): boolean =>
  type !== undefined && /^application\/x-www-form-urlencoded[ \t]*(;[ \t]*charset="?utf-8"?[ \t]*)?$/i.test(type);
