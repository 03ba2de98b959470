/**
 * Every check of an authorization request, in order, on one screen (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2, RFC 9700 §2.1,
 * OpenID Connect Core §3.1.2). Above the line it is not known where the browser could safely be sent, so a failure is shown;
 * below it the browser goes back to the application with it.
 */

import type { Application, ApplicationsStore } from '../applications/application.ts';
import { matchesRedirectUri } from '../applications/redirect-uri.ts';
import type { Clock } from '../lib/clock.ts';
import { isSameUri } from '../lib/uri.ts';
import { isChallenge } from './pkce.ts';
import { type AuthorizationRequest, PROMPTS, type Prompt } from './request.ts';
import { type Grantable, readScope } from './scope.ts';

/** Parameters as they came: each with all its values. */
export type Parameters = ReadonlyMap<string, readonly string[]>;
export type Client = NonNullable<Awaited<ReturnType<ApplicationsStore['findClient']>>>;

export interface ChecksPorts {
  readonly applications: Pick<ApplicationsStore, 'findClient'>;
  readonly index: () => Grantable;
  readonly audience: string;
  /** The user that an ID token of ours was issued to, expired or not; null if it is not ours, or was for another client. */
  readonly userOfIdToken: (text: string, clientId: string) => number | null;
  readonly clock: Clock;
}

export type PageProblem = 'unknown_client' | 'redirect_uri' | 'repeated';

/** RFC 6749 §4.1.2.1, RFC 8707 §2, OpenID Connect Core §3.1.2.6. */
export type RequestError =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'account_selection_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported';

/** Where a failure is reported. */
export interface Back {
  readonly redirectUri: string;
  readonly state: string | null;
}

export type Checked =
  | { readonly ok: true; readonly request: AuthorizationRequest; readonly client: Client }
  | { readonly ok: false; readonly show: PageProblem }
  | { readonly ok: false; readonly back: Back; readonly error: RequestError; readonly description: string };

/**
 * In bytes. With it the request still fits into one line of 8 kB, the limit of many proxies, when it arrives and when it is
 * sealed into our own address.
 */
export const MAX_STATE = 6000;
const MAX_NONCE = 500;
const MAX_HINT = 254;
const YEAR_SECONDS = 366 * 86_400;

export async function checkRequest(ports: ChecksPorts, parameters: Parameters): Promise<Checked> {
  const one = (name: string): string | null => parameters.get(name)?.[0] ?? null;
  const isRepeated = (name: string): boolean => (parameters.get(name)?.length ?? 0) > 1;

  if (isRepeated('client_id') || isRepeated('redirect_uri')) return show('repeated');
  const clientId = one('client_id');
  const client = clientId === null ? null : await ports.applications.findClient(clientId);
  if (client === null) return show('unknown_client');
  const redirectUri = redirectUriOf(client, one('redirect_uri'));
  if (redirectUri === null) return show('redirect_uri');
  // ──────── below this line the application is told ────────
  const state = isRepeated('state') ? null : one('state');
  const fail = (error: RequestError, description: string): Checked => ({
    ok: false,
    back: { redirectUri, state },
    error,
    description,
  });

  const repeated = [...parameters.keys()].find((name) => name !== 'resource' && isRepeated(name));
  if (repeated !== undefined) return fail('invalid_request', 'A parameter is repeated.');
  if (one('request') !== null) return fail('request_not_supported', 'Request objects are not supported.');
  if (one('request_uri') !== null) return fail('request_uri_not_supported', 'Request objects are not supported.');
  if (one('registration') !== null) return fail('registration_not_supported', 'Registration in a request is not supported.');
  if (one('response_type') === null) return fail('invalid_request', 'response_type is required.');
  if (one('response_type') !== 'code') return fail('unsupported_response_type', 'response_type must be code.');
  if ((one('response_mode') ?? 'query') !== 'query') return fail('invalid_request', 'response_mode must be query.');
  if (state !== null && Buffer.byteLength(state) > MAX_STATE)
    return fail('invalid_request', `state can have at most ${MAX_STATE} bytes.`);
  const challenge = one('code_challenge');
  if (challenge === null) return fail('invalid_request', 'code_challenge is required (RFC 7636).');
  if (one('code_challenge_method') !== 'S256') return fail('invalid_request', 'code_challenge_method must be S256.');
  if (!isChallenge(challenge)) return fail('invalid_request', 'code_challenge must be a SHA-256 hash in base64url.');
  if ((parameters.get('resource') ?? []).some((resource) => !isSameUri(resource, ports.audience)))
    return fail('invalid_target', 'This resource does not exist.');
  const scope = scopeOf(ports, client, one('scope'));
  if (!scope.ok) return fail('invalid_scope', scope.description);
  const prompt = (one('prompt') ?? '').split(' ').filter((word) => word !== '');
  if (!prompt.every(isPrompt)) return fail('invalid_request', `prompt can have only these values: ${PROMPTS.join(', ')}.`);
  if (prompt.includes('none') && prompt.length > 1)
    return fail('invalid_request', 'prompt none cannot be combined with other values.');
  const maxAge = one('max_age');
  if (maxAge !== null && !isSeconds(maxAge)) return fail('invalid_request', 'max_age must be a number of seconds.');
  const nonce = one('nonce');
  if (nonce !== null && nonce.length > MAX_NONCE)
    return fail('invalid_request', `nonce can have at most ${MAX_NONCE} characters.`);
  const hint = one('id_token_hint');
  const hintedUserId = hint === null ? null : ports.userOfIdToken(hint, client.clientId);
  if (hint !== null && hintedUserId === null)
    return fail('invalid_request', 'id_token_hint is not an ID token of this application.');

  const request: AuthorizationRequest = {
    ...{ clientId: client.clientId, redirectUri, state, nonce, challenge, prompt, hintedUserId },
    isRedirectUriNamed: one('redirect_uri') !== null,
    permissions: scope.permissions,
    scopes: scope.scopes,
    maxAgeSeconds: maxAge === null ? null : Number(maxAge),
    loginHint: one('login_hint')?.slice(0, MAX_HINT) ?? null,
    atMs: ports.clock.now(),
  };
  return { ok: true, request, client };
}

const show = (problem: PageProblem): Checked => ({ ok: false, show: problem });

/** RFC 6749 §3.1.2.3: it may be left out if exactly one complete URI is registered. */
function redirectUriOf({ redirectUris }: Application, asked: string | null): string | null {
  if (asked === null) return redirectUris.length === 1 ? (redirectUris[0] ?? null) : null;
  return matchesRedirectUri(redirectUris, asked) ? asked : null;
}

/** Without a scope: what the application is registered for (RFC 6749 §3.3). */
function scopeOf({ index }: ChecksPorts, client: Client, text: string | null) {
  const refuse = (description: string) => ({ ok: false as const, description });
  const wanted = text ?? client.permissions?.join(' ') ?? '';
  if (wanted === '') return refuse('scope is required. Name the permissions in it.');
  const read = readScope(index(), client, wanted);
  if (read.ok) {
    const isEmpty = read.value.permissions.length === 0 && !read.value.scopes.includes('openid');
    return isEmpty ? refuse('scope names no permission.') : { ok: true as const, ...read.value };
  }
  if (read.reason === 'refused') return refuse(`This application may not ask for ${read.name}.`);
  return refuse(read.reason === 'too_many' ? 'scope has too many permissions.' : 'scope cannot be read.');
}

const isPrompt = (word: string): word is Prompt => (PROMPTS as readonly string[]).includes(word);
const isSeconds = (text: string): boolean => /^\d{1,9}$/.test(text) && Number(text) <= YEAR_SECONDS;
