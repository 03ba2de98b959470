/**
 * One segment of a route pattern: a literal, a placeholder, or text with placeholders in it (`:id.json`, `Products(:id)`), and
 * how well a segment of a request matches it. A pattern never becomes a regular expression: the texts are searched from the left,
 * once each.
 */
import { isSafeSegment } from './path.ts';

export type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'resource' }
  | { readonly kind: 'any' }
  | Mixed;

/** Before, between and after its placeholders: one more text than placeholders. Only the first and the last may be empty. */
interface Mixed {
  readonly kind: 'mixed';
  readonly texts: readonly string[];
  /** Its only placeholder is `:resource`. */
  readonly hasResource: boolean;
}

/**
 * `sure`: every framework that has this pattern matches. `likely`: we do, and most of them; others go on to a later route (a
 * placeholder before `.json` that has a dot in it). `unlikely`: we do not, and some of them do (another case, an empty
 * placeholder).
 */
export type Fit = 'sure' | 'likely' | 'unlikely';

export type ReadPart = { readonly part: Part } | { readonly fault: string };

export const PLACEHOLDER = ':resource';
/** What `:resource` takes, and what the names of placeholders are made of. */
export const NAME = /^[A-Za-z0-9_-]+$/;

/** Enough for any path that people write; with this limit no segment of a request costs much. */
const MAX_MIXED_LENGTH = 256;
const MAX_PLACEHOLDERS = 8;

/**
 * Reads a segment of a pattern. `\:` and `\*` are a colon and an asterisk; a backslash after a placeholder ends its name
 * (`:id\_old`). `fault` is a sentence for the operator.
 */
export function readPart(text: string): ReadPart {
  if (text === PLACEHOLDER) return { part: { kind: 'resource' } };
  const tokens = readTokens(text);
  if ('fault' in tokens) return tokens;
  const { texts, names } = tokens;
  const fault = texts.some((literal) => !isSafeText(literal)) ? UNSAFE : faultOfNames(tokens, text.length);
  if (fault !== null) return { fault };
  if (names.length === 0)
    return isSafeSegment(texts[0] ?? '') ? { part: { kind: 'literal', text: texts[0] ?? '' } } : { fault: UNSAFE };
  if (names.length === 1 && texts.every((literal) => literal === '')) return { part: { kind: 'any' } };
  return { part: { kind: 'mixed', texts, hasResource: names[0] === 'resource' } };
}

const UNSAFE =
  'Write segments decoded, without % # ? ; control characters, and neither . nor ..; a backslash only as \\: and \\*, or after a placeholder.';

interface Tokens {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

function readTokens(text: string): Tokens | { readonly fault: string } {
  const texts: string[] = [];
  const names: string[] = [];
  let literal = '';
  for (let index = 0; index < text.length; ) {
    const character = text.charAt(index);
    if (character === '*')
      return { fault: 'Only ** at the end stands for several segments; use :name for one, and \\* for an asterisk.' };
    if (character === ':') {
      const name = /^[A-Za-z0-9_-]*/.exec(text.slice(index + 1))?.[0] ?? '';
      if (name === '')
        return { fault: 'A placeholder is a colon and a name of letters, digits, _ and -; write \\: for a literal colon.' };
      texts.push(literal);
      names.push(name);
      literal = '';
      index += name.length + 1;
      continue;
    }
    const next = text.charAt(index + 1);
    const isEscape = character === '\\' && (/[:*]/.test(next) || (literal === '' && names.length > 0 && NAME.test(next)));
    if (character === '\\' && !isEscape) return { fault: UNSAFE };
    literal += isEscape ? next : character;
    index += isEscape ? 2 : 1;
  }
  return { texts: [...texts, literal], names };
}

function faultOfNames({ texts, names }: Tokens, length: number): string | null {
  if (names.length === 0) return null;
  if (texts.slice(1, -1).includes('')) return 'Two placeholders in one segment need text between them.';
  if (names.length > MAX_PLACEHOLDERS) return `A segment has at most ${MAX_PLACEHOLDERS} placeholders.`;
  if (names.includes('resource') && names.length > 1) return 'A segment with :resource has no other placeholder.';
  return texts.join('') !== '' && length > MAX_MIXED_LENGTH
    ? `A segment with placeholders in its text has at most ${MAX_MIXED_LENGTH} characters.`
    : null;
}

/** A dot alone is a dot segment only where it is the whole segment, not a part of one. */
const isSafeText = (text: string): boolean => text === '' || (!text.includes('%') && isSafeSegment(`x${text}x`));

/** Null: it does not match, in any framework. */
export function fitOf(part: Part, segment: string): Fit | null {
  switch (part.kind) {
    case 'literal':
      if (part.text === segment) return 'sure';
      return part.text.toLowerCase() === segment.toLowerCase() ? 'unlikely' : null;
    case 'any':
      return 'sure';
    case 'resource':
      return NAME.test(segment) ? 'sure' : null;
    case 'mixed':
      return fitOfMixed(part, segment);
  }
}

function fitOfMixed({ texts, hasResource }: Mixed, segment: string): Fit | null {
  const values = split(texts, segment, 1);
  if (values === null) return fitsLoosely(texts.map(lower), lower(segment)) ? 'unlikely' : null;
  if (hasResource) return NAME.test(values[0] ?? '') ? 'sure' : null;
  // Some routers end a placeholder at the first character of the text after it, and try no other end.
  const isSure = values.every((value, index) => texts[index + 1] === '' || !value.includes(texts[index + 1]?.charAt(0) ?? ''));
  return isSure ? 'sure' : 'likely';
}

/** Whether it matches if placeholders may be empty, as in some frameworks. Both in lower case. */
export const fitsLoosely = (texts: readonly string[], segment: string): boolean => split(texts, segment, 0) !== null;

/** The value of `:resource` in a segment that matches; empty if it has none. */
export function resourceIn(part: Part, segment: string): string {
  if (part.kind !== 'mixed') return segment;
  const [before = '', after = ''] = part.texts;
  return segment.slice(before.length, segment.length - after.length);
}

export const isResource = (part: Part): boolean => part.kind === 'resource' || (part.kind === 'mixed' && part.hasResource);

/** The part with each of its texts changed. */
export function withTexts(part: Part, change: (text: string) => string): Part {
  if (part.kind === 'literal') return { ...part, text: change(part.text) };
  return part.kind === 'mixed' ? { ...part, texts: part.texts.map(change) } : part;
}

/**
 * The values of the placeholders, each at least `minLength` characters long; null if the texts are not in the segment in this order.
 * Each text is taken at its first occurrence: what matches in any way matches in this one, so nothing is tried twice.
 */
function split(texts: readonly string[], segment: string, minLength: 0 | 1): readonly string[] | null {
  const first = texts[0] ?? '';
  const last = texts.at(-1) ?? '';
  const end = segment.length - last.length;
  if (!segment.startsWith(first) || end < first.length + minLength || !segment.endsWith(last)) return null;
  const values: string[] = [];
  let start = first.length;
  for (const text of texts.slice(1, -1)) {
    const found = segment.indexOf(text, start + minLength);
    if (found === -1) return null;
    values.push(segment.slice(start, found));
    start = found + text.length;
  }
  if (end < start + minLength) return null;
  return [...values, segment.slice(start, end)];
}

const lower = (text: string): string => text.toLowerCase();
