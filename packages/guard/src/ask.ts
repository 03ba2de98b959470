/**
 * Requests to Keyhouse over HTTP. Each is bounded in time and in length, follows no redirect (the key must not travel on), and
 * either returns what was asked for or throws `IssuerFault`, which says what is wrong in words that contain no credential.
 */
import { untilEnded } from './deadline.ts';
import type { Settings } from './options.ts';

export class IssuerFault extends Error {
  /** Null if nothing was answered. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.name = 'IssuerFault';
    this.status = status;
  }

  /** Keyhouse says that the guard's own key is not valid, or not allowed. */
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
  /** In addition to those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** False: the guard's key is not sent. Default true. */
  readonly isKeyed?: boolean;
  /** Ends the request, body included. */
  readonly signal: AbortSignal;
}

export type Ask = (question: Question) => Promise<Response>;

/** As Node, Bun and Deno say it. */
const BROKE_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ConnectionReset', 'ConnectionClosed']);

export function createAsk({ issuer, key, fetch }: Pick<Settings, 'issuer' | 'key' | 'fetch'>): Ask {
  return async ({ path, method = 'GET', body, accept = 'application/json', headers: more = {}, isKeyed = true, signal }) => {
    const headers = {
      ...more,
      Accept: accept,
      ...(isKeyed ? { Authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    };
    // `error` would be clearer, but workers do not know it; a redirect is not ok, and is not followed.
    const init: RequestInit = { method, headers, redirect: 'manual', signal };
    if (body !== undefined) init.body = JSON.stringify(body);
    const asking = async (): Promise<Response> => await fetch(issuer + path, init);
    // Every request may be repeated, and one on a connection that was just being closed has to be.
    const again = async (error: unknown): Promise<Response> => {
      if (signal.aborted || !BROKE_OFF.has(reasonOf(error))) throw error;
      return await asking();
    };
    const response = await untilEnded(asking().catch(again), signal).catch((error: unknown) => {
      throw new IssuerFault(`${path}: no answer (${reasonOf(error)}).`, null);
    });
    const expected = accept.split(',', 1)[0] ?? '';
    const isExpected = response.status === 204 || (response.headers.get('content-type') ?? '').startsWith(expected);
    if (response.ok && isExpected) return response;
    void response.body?.cancel().catch(() => {});
    const what = response.ok ? `the answer is not ${expected}` : `answered ${response.status}`;
    throw new IssuerFault(`${path}: ${what}.`, response.status);
  };
}

/** What failed, without the text of an exception, which may quote what was sent. Names only if they look like names. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : error.name;
  return /^(?:[A-Z][A-Z0-9_]{1,39}|[A-Za-z]{0,34}Error)$/.test(code) ? code : 'unknown';
}

export interface Bounds {
  readonly maxBytes: number;
  readonly path: string;
  /** Ends the reading, whether the response reacts to it or not. */
  readonly signal: AbortSignal;
}

/** The bytes of an answer, if they are not more than this many; an endless answer is not valid. */
export async function readBytes(response: Response, { maxBytes, path, signal }: Bounds): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  let length = 0;
  for await (const chunk of chunksOf(response, { path, signal })) {
    if (length + chunk.length > maxBytes)
      throw new IssuerFault(`${path}: the answer has more than ${maxBytes} bytes.`, response.status);
    // One growing array: a thousand chunks of one byte each cost no more than their content.
    if (length + chunk.length > bytes.length) bytes = grown(bytes, length, length + chunk.length);
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

/** The content of an answer, piece by piece. Closed when the reader stops. */
export async function* chunksOf(
  response: Response,
  { path, signal }: Pick<Bounds, 'path' | 'signal'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await untilEnded(reader.read(), signal);
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw new IssuerFault(`${path}: the answer was cut off (${reasonOf(error)}).`, null);
  } finally {
    void reader.cancel().catch(() => {});
  }
}

/** A copy with room for this much, and for the same amount again. */
export function grown(bytes: Uint8Array, length: number, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length === 0 ? needed : Math.max(needed, bytes.length * 2));
  larger.set(bytes.subarray(0, length));
  return larger;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes such bytes; an answer that is not UTF-8 is not valid. */
export function textOf(bytes: Uint8Array, path: string): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new IssuerFault(`${path}: the answer is not UTF-8.`, 200);
  }
}
