import { overrideNamed } from '@keyhouse/protocol';

/**
 * The relevant parts of a request's headers, found in one pass; `headers` is a flat list of names and values as Node's
 * `rawHeaders`.
 */
export interface Head {
  /** The value of the header; null without one. */
  readonly authorization: string | null;
  /** Two `Authorization` headers: it is not clear which one counts. */
  readonly isRepeated: boolean;
  /** What a framework may take for the method, in upper case. */
  readonly overrides: readonly string[];
  readonly hasOrigin: boolean;
  readonly hasRequestMethod: boolean;
  readonly userAgent: string | null;
  readonly hasForwardedFor: boolean;
}

const NOTHING: readonly string[] = [];

export function readHead(headers: readonly string[]): Head {
  let authorization: string | null = null;
  let isRepeated = false;
  let overrides = NOTHING;
  let hasOrigin = false;
  let hasRequestMethod = false;
  let userAgent: string | null = null;
  let hasForwardedFor = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    switch (name.length) {
      case 6:
        hasOrigin ||= name.toLowerCase() === 'origin';
        break;
      case 10:
        if (name.toLowerCase() === 'user-agent') userAgent = headers[index + 1] ?? null;
        break;
      case 15:
        hasForwardedFor ||= name.toLowerCase() === 'x-forwarded-for';
        break;
      case 29:
        hasRequestMethod ||= name.toLowerCase() === 'access-control-request-method';
        break;
      case 13:
        if (name === 'authorization' || name === 'Authorization' || name.toLowerCase() === 'authorization') {
          isRepeated = authorization !== null;
          authorization = headers[index + 1] ?? '';
          break;
        }
        if (overrideNamed(name) !== null) overrides = [...overrides, (headers[index + 1] ?? '').toUpperCase()];
        break;
      case 17:
      case 22:
        if (overrideNamed(name) !== null) overrides = [...overrides, (headers[index + 1] ?? '').toUpperCase()];
        break;
    }
  }
  return { authorization, isRepeated, overrides, hasOrigin, hasRequestMethod, userAgent, hasForwardedFor };
}
