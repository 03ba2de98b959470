/** Reads a body as UTF-8 JSON without a repeated member, or as a form without a repeated parameter. */
import { parseStrictJson } from '@keyhouse/protocol';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../core/refusal.ts';

/** RFC 8259 §8.1: UTF-8, and no byte order mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Many clients name a content type whether they send something or not. Where nothing is wanted, nothing is read. */
export function isWanted({ routeOptions }: FastifyRequest, bytes: Uint8Array): boolean {
  const { body = 'none' } = routeOptions.config;
  return body !== 'none' && !(body === 'optional-json' && bytes.length === 0);
}

export function readJson(bytes: Uint8Array): unknown {
  const parsed = parseStrictJson(decode(bytes));
  if (parsed.ok) return parsed.value;
  throw new Refusal({ code: parsed.reason === 'syntax' ? 'not_json' : 'repeated_member' });
}

/** RFC 6749 §3.2: parameters sent more than once are refused; ones without a value count as omitted. */
export function readForm(bytes: Uint8Array): Record<string, string> {
  const text = decode(bytes);
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw new Refusal({ code: 'bad_request' });
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw new Refusal({ code: 'repeated_parameter' });
    form.set(name, value);
  }
  return Object.fromEntries([...form].filter(([, value]) => value !== ''));
}

/** The same, for whoever must tell a repeated parameter from a single one: each with all its values. */
export function readParameters(text: string | Uint8Array): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(typeof text === 'string' ? text : decode(text))) {
    if (value === '') continue;
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Refusal({ code: 'not_json' });
  }
}
