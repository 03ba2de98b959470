/**
 * The one way to the private API: typed by the server's own table. A refusal is an `AskError` that says what a page can do about it.
 * When the server wants a proof that is younger than ten minutes, the person is asked and the call is made again by itself.
 */
import type { Api, EndpointName } from 'keyhouse/dashboard-api';
import { noteReached } from './connection.ts';

export type { Api, EndpointName };

type Ask<Name extends EndpointName> = (Api[Name]['params'] extends Record<string, string>
  ? { params: Api[Name]['params'] }
  : { params?: never }) &
  (Api[Name]['query'] extends undefined ? { query?: never } : { query?: Api[Name]['query'] }) &
  (Api[Name]['body'] extends undefined ? { body?: never } : { body: Api[Name]['body'] });

export type Refusal =
  | { readonly kind: 'invalid'; readonly errors: Readonly<Record<string, readonly string[]>> }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'not-allowed' }
  | { readonly kind: 'proof-required' }
  | { readonly kind: 'email-unverified' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'broken'; readonly requestId: string | null };

export class AskError extends Error {
  override readonly name = 'AskError';
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.refusal = refusal;
  }
}

interface Helpers {
  /** Asks the person to prove who they are; false when they turned away. */
  askForProof: (() => Promise<boolean>) | null;
  onSignedOut: (() => void) | null;
}
/** Set once by the entry that has a proof dialog; the pages before the sign-in have none. */
export const helpers: Helpers = { askForProof: null, onSignedOut: null };

export async function ask<Name extends EndpointName>(
  name: Name,
  ...[ask]: Record<never, never> extends Ask<Name> ? [Ask<Name>?] : [Ask<Name>]
): Promise<Api[Name]['answer']> {
  try {
    return (await send(name, ask ?? {})) as Api[Name]['answer'];
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    if (error.refusal.kind === 'signed-out') helpers.onSignedOut?.();
    if (error.refusal.kind !== 'proof-required' || helpers.askForProof === null) throw error;
    if (!(await helpers.askForProof())) throw error;
    return (await send(name, ask ?? {})) as Api[Name]['answer'];
  }
}

interface Sent {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** The address of an endpoint, for links that download. */
export function urlOf(name: EndpointName, { params, query }: Sent): string {
  const [, template = ''] = name.split(' ');
  const path = template.replace(/:(\w+)/g, (_, param: string) =>
    encodeURIComponent(String((params as Record<string, unknown>)[param])),
  );
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries((query ?? {}) as Record<string, unknown>))
    if (value !== undefined && value !== '') search.set(key, String(value));
  return `/dashboard/api${path}${search.size === 0 ? '' : `?${search}`}`;
}

async function send(name: EndpointName, sent: Sent): Promise<unknown> {
  const [method = 'GET'] = name.split(' ');
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body), headers: { 'Content-Type': 'application/json' } }),
  };
  const response = await fetch(urlOf(name, sent), init).catch(() => {
    noteReached(false);
    throw new AskError({ kind: 'offline' });
  });
  noteReached(true);
  if (response.status === 204) return undefined;
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new AskError(refusalOf(response, body));
}

function refusalOf(response: Response, body: unknown): Refusal {
  const member = (name: string): unknown => (typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined);
  switch (response.status) {
    case 401:
      return { kind: 'signed-out' };
    case 403:
      if (member('email') === 'unverified') return { kind: 'email-unverified' };
      return member('proof') === 'required' ? { kind: 'proof-required' } : { kind: 'not-allowed' };
    case 404:
      return { kind: 'not-found' };
    case 422:
      return { kind: 'invalid', errors: member('errors') as Record<string, string[]> };
    case 429:
      return { kind: 'wait', seconds: Number(response.headers.get('Retry-After') ?? 60) };
    case 503:
      return { kind: 'unavailable' };
    default:
      return { kind: 'broken', requestId: response.headers.get('X-Request-Id') };
  }
}
