/**
 * Questions to Keyhouse over HTTP. Each has an end in time and in length, follows no redirect (the key must not travel on), and either gives
 * what was asked for or throws `IssuerFault`, which says what is wrong in words that hold no credential.
 */
import type { Settings } from './options.ts';

export class IssuerFault extends Error {
  /** Null when nothing was answered. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.name = 'IssuerFault';
    this.status = status;
  }

  /** Keyhouse says that the guard's own key is not good, or may not. */
  get isRefused(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export interface Question {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly accept?: string;
  /** False: the question is anybody's. Default true: the guard's key goes along. */
  readonly isKeyed?: boolean;
  /** Ends the question, body included. */
  readonly signal: AbortSignal;
}

export type Ask = (question: Question) => Promise<Response>;

export function createAsk({ issuer, key, fetch }: Pick<Settings, 'issuer' | 'key' | 'fetch'>): Ask {
  return async ({ path, method = 'GET', body, accept = 'application/json', isKeyed = true, signal }) => {
    const headers = {
      Accept: accept,
      ...(isKeyed ? { Authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    // `error` would say it better, but workers do not know it; an answer that leads elsewhere is not ok, and is not followed.
    const init: RequestInit = { method, headers, redirect: 'manual', signal };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(issuer + path, init).catch((error: unknown) => {
      throw new IssuerFault(`${path}: no answer (${reasonOf(error)}).`, null);
    });
    const expected = accept.split(',', 1)[0] ?? '';
    const isExpected = response.status === 204 || (response.headers.get('content-type') ?? '').startsWith(expected);
    if (response.ok && isExpected) return response;
    await response.body?.cancel().catch(() => {});
    const what = response.ok ? `an answer that is no ${expected}` : `answered ${response.status}`;
    throw new IssuerFault(`${path}: ${what}.`, response.status);
  };
}

/** What failed, without the text of an exception: it may quote what was sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : error.name;
  return /^[\w-]{1,60}$/.test(code) ? code : 'unknown';
}

/** The bytes of an answer, if they are not more than so many; an answer without end is no answer. */
export async function readBytes(response: Response, most: number, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > most) throw new IssuerFault(`${path}: an answer of more than ${most} bytes.`, response.status);
      chunks.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error instanceof IssuerFault ? error : new IssuerFault(`${path}: the answer broke off (${reasonOf(error)}).`, null);
  }
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text out of such bytes; what is not UTF-8 is no answer. */
export function textOf(bytes: Uint8Array, path: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new IssuerFault(`${path}: an answer that is not UTF-8.`, 200);
  }
}
