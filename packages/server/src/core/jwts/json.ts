/** JSON that came inside something signed: read strictly, so that no two programs read it in two ways. */
import { parseStrictJson } from '@keyhouse/protocol';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON out of bytes: UTF-8 without repair, no member twice; undefined when it is anything else. */
export const parseJsonBytes = (bytes: Uint8Array): unknown => {
  try {
    const parsed = parseStrictJson(UTF8.decode(bytes));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined; // Not UTF-8: a fatal TextDecoder says so by throwing.
  }
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
