/**
 * JSON in which no object names a member twice. RFC 8259 §4 leaves open which of two equal names counts, so two programs can read
 * one signed text in two ways; RFC 7515 §4 and the contract refuse such text.
 *
 * Depth and number of values are bounded (RFC 8259 §9) before anything is built: the cost of a text is known from its length
 * alone.
 */

export interface JsonBounds {
  /** Arrays and objects inside each other. Code that walks or writes the value may be recursive. */
  readonly maxDepth: number;
  /** Scalars, arrays and objects together; an empty array or object may count as two. */
  readonly maxValues: number;
}

/** Nothing that we read is nested deeper; its size is limited by the length that the caller allows. */
export const JSON_BOUNDS: JsonBounds = { maxDepth: 64, maxValues: Number.POSITIVE_INFINITY };

export type StrictJson =
  | { ok: true; value: unknown }
  | { ok: false; reason: 'syntax' | 'repeated_member' | 'too_complex'; member?: string };

/**
 * Parses JSON text and refuses repeated member names at any depth. Names are compared decoded: `"a"` repeats `"\u0061"`.
 * `__proto__` becomes a plain own property, as JSON.parse does it.
 */
export function parseStrictJson(text: string, bounds: JsonBounds = JSON_BOUNDS): StrictJson {
  if (exceeds(text, bounds)) return { ok: false, reason: 'too_complex' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'syntax' };
  }
  // Text without an object has no members, and scalars need no scan.
  if (typeof value !== 'object' || value === null) return { ok: true, value };
  const member = findRepeatedMember(text);
  return member === null ? { ok: true, value } : { ok: false, reason: 'repeated_member', member };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Counts brackets and commas outside strings, in text that may not be JSON. */
function exceeds(text: string, { maxDepth, maxValues }: JsonBounds): boolean {
  if (text.length <= maxDepth && text.length <= maxValues) return false;
  let depth = 0;
  let values = 1;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index);
        if (end < 0) return false; // The string never ends: not JSON.
        index = end;
        break;
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        values += 1;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth -= 1;
        break;
      case COMMA:
        values += 1;
        break;
      default:
        continue;
    }
    if (depth > maxDepth || values > maxValues) return true;
  }
  return false;
}

/** The first repeated name in text that is known to be JSON. A loop with an explicit stack: depth must not cost call frames. */
function findRepeatedMember(text: string): string | null {
  // For each open bracket the names seen in it; null stands for an array.
  const open: (Set<string> | null)[] = [];
  let names: Set<string> | null = null;
  let nameIsNext = false;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index);
        if (names !== null && nameIsNext) {
          const name = decodeString(text, index, end);
          if (names.has(name)) return name;
          names.add(name);
          nameIsNext = false;
        }
        index = end;
        break;
      }
      case COMMA:
        nameIsNext = names !== null;
        break;
      case OPEN_OBJECT:
        open.push(names);
        names = new Set();
        nameIsNext = true;
        break;
      case OPEN_ARRAY:
        open.push(names);
        names = null;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        names = open.pop() ?? null;
        break;
    }
  }
  return null;
}

/**
 * Where the string that opens at `start` has its closing quote: the first one after an even number of backslashes; -1 if there is
 * none.
 */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return end;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

function decodeString(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? String(JSON.parse(text.slice(start, end + 1))) : raw;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON from bytes: UTF-8 without repair, no member twice, not too deep; undefined if it is anything else. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  try {
    const parsed = parseStrictJson(UTF8.decode(bytes));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined; // Not UTF-8: a fatal TextDecoder says so by throwing.
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
