/**
 * Reads a body as UTF-8 JSON without a repeated member, or as a form without a repeated parameter. Its size is bounded before it
 * is parsed, so that a request costs no more than its route can need.
 */
import { type JsonBounds, parseStrictJson } from '@keyhouse/protocol';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../core/refusal.ts';
import { invalid } from './faults.ts';

/** RFC 8259 §8.1: UTF-8, and no byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Many clients name a content type whether they send something or not. Where no body is expected, none is read. */
export function isWanted({ routeOptions }: FastifyRequest, bytes: Uint8Array): boolean {
  const { body = 'none' } = routeOptions.config;
  return body !== 'none' && !(body === 'optional-json' && bytes.length === 0);
}

interface JsonForm {
  readonly bounds: JsonBounds;
  /** OAuth has one answer for every unreadable request (RFC 6749 §5.2). */
  readonly isOAuth: boolean;
}

export function readJson(bytes: Uint8Array, { bounds, isOAuth }: JsonForm): unknown {
  const parsed = parseStrictJson(decode(bytes), bounds);
  if (parsed.ok) return parsed.value;
  switch (parsed.reason) {
    case 'syntax':
      throw new Refusal({ code: 'not_json' });
    case 'repeated_member':
      throw new Refusal({ code: 'repeated_member' });
    case 'too_complex':
      throw isOAuth ? new Refusal({ code: 'bad_request' }) : invalid('body', TOO_COMPLEX);
  }
}

const TOO_COMPLEX = 'The body is nested too deeply or has too many members.';

/** In a query or a form. OAuth ignores unknown ones, but no client sends so many. */
export const MAX_PARAMETERS = 100;
/**
 * Bytes of a form. The longest credentials and assertions fit several times. Smaller than for JSON, because escapes make a form
 * more costly to read.
 */
export const FORM_BODY_LIMIT = 65_536;

/** Counts ampersands, without parsing. */
function refuseTooManyParameters(text: string): void {
  let parameters = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    parameters += 1;
    if (parameters > MAX_PARAMETERS) throw new Refusal({ code: 'bad_request' });
  }
}

/** RFC 6749 §3.2: parameters sent more than once are refused; ones without a value count as omitted. */
export function readForm(bytes: Uint8Array): Record<string, string> {
  const text = decodeForm(bytes);
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw new Refusal({ code: 'bad_request' });
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw new Refusal({ code: 'repeated_parameter' });
    form.set(name, value);
  }
  return Object.fromEntries([...form].filter(([, value]) => value !== ''));
}

/** The same, for callers that must tell a repeated parameter from a single one: each with all its values. */
export function readParameters(input: string | Uint8Array): ReadonlyMap<string, readonly string[]> {
  const text = typeof input === 'string' ? input : decodeForm(input);
  refuseTooManyParameters(text);
  const parameters = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (value === '') continue;
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

function decodeForm(bytes: Uint8Array): string {
  // The door checks the declared length only.
  if (bytes.length > FORM_BODY_LIMIT) throw new Refusal({ code: 'too_large' });
  const text = decode(bytes);
  refuseTooManyParameters(text);
  return text;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Refusal({ code: 'not_json' });
  }
}
