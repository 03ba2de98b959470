/**
 * The only way to the private API: typed by the server's own table. A refusal is an `AskError` that says what a page can do about
 * it. If the server requires a proof that is younger than ten minutes, or the sign-in has ended, the user is asked on the same
 * page and the call is repeated automatically, once: nothing that was typed is lost.
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
  | { readonly kind: 'signed_out' }
  | { readonly kind: 'not_allowed' }
  /** The account is suspended, or was deleted at the same moment; the server says which. */
  | { readonly kind: 'account_inactive'; readonly sentence: string }
  | { readonly kind: 'proof_required' }
  | { readonly kind: 'email_unverified' }
  | { readonly kind: 'not_found' }
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
  /** Asks the user to prove who they are; false if they cancelled. */
  askForProof: (() => Promise<boolean>) | null;
  /** Asks the user of this page to sign in again; false if they cancelled. `isRead`: no user action caused it. */
  signInAgain: ((call: { readonly isRead: boolean }) => Promise<boolean>) | null;
  /** Something was refused that pages show only where it is allowed: what they know of roles and teams may be out of date. */
  onRefused: (() => void) | null;
}
/** Set once by the entry that has these dialogs; the pages before the sign-in have none. */
export const helpers: Helpers = { askForProof: null, signInAgain: null, onRefused: null };

/** The user whose page this is; null before it is known, and on the pages before the sign-in. */
let pageUserId: number | null = null;
export function setPageUser(id: number): void {
  pageUserId = id;
}

export async function ask<Name extends EndpointName>(
  name: Name,
  ...[ask]: Record<never, never> extends Ask<Name> ? [Ask<Name>?] : [Ask<Name>]
): Promise<Api[Name]['answer']> {
  const open: Remedy[] = ['sign-in', 'proof'];
  for (;;) {
    try {
      return (await send(name, ask ?? {}, pageUserId)) as Api[Name]['answer'];
    } catch (error) {
      if (isRefused(error)) helpers.onRefused?.();
      const remedy = remedyFor(error);
      // Each once: what is refused again after that is refused.
      if (remedy === null || !open.includes(remedy) || !(await REMEDIES[remedy](name))) throw error;
      open.splice(open.indexOf(remedy), 1);
    }
  }
}

/** Who is signed in with this browser now, which may be another user than the page's. */
export const whoIsSignedIn = async (): Promise<Api['GET /me']['answer']['user']> =>
  ((await send('GET /me', {}, null)) as Api['GET /me']['answer']).user;

type Remedy = 'sign-in' | 'proof';

const REMEDIES: Readonly<Record<Remedy, (name: EndpointName) => Promise<boolean>>> = {
  'sign-in': async (name) => (await helpers.signInAgain?.({ isRead: name.startsWith('GET ') })) ?? false,
  proof: async () => (await helpers.askForProof?.()) ?? false,
};

function remedyFor(error: unknown): Remedy | null {
  if (!(error instanceof AskError)) return null;
  if (error.refusal.kind === 'signed_out') return 'sign-in';
  return error.refusal.kind === 'proof_required' ? 'proof' : null;
}

const isRefused = (error: unknown): boolean =>
  error instanceof AskError && (error.refusal.kind === 'not_found' || error.refusal.kind === 'not_allowed');

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

/**
 * `userId`: the user whose page asks; the server refuses it if another user has signed in with this browser, for example in
 * another tab.
 */
async function send(name: EndpointName, sent: Sent, userId: number | null): Promise<unknown> {
  const [method = 'GET'] = name.split(' ');
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    headers: {
      ...(userId === null ? {} : { 'Keyhouse-User': String(userId) }),
      ...(sent.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
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
      return { kind: 'signed_out' };
    case 403:
      if (member('email') === 'unverified') return { kind: 'email_unverified' };
      if (typeof member('account') === 'string') return { kind: 'account_inactive', sentence: String(member('message')) };
      return member('proof') === 'required' ? { kind: 'proof_required' } : { kind: 'not_allowed' };
    case 404:
      return { kind: 'not_found' };
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
