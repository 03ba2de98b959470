/** What the token endpoint does with a request (RFC 6749 §3.2): codes, refresh tokens and client credentials become JWTs. */
import type { IncomingMessage } from 'node:http';
import type { By } from '../core/audit/event.ts';
import { IN_THE_ACT } from '../core/authority.ts';
import type { Keyhouse } from '../core/keyhouse.ts';
import { isSameUri } from '../core/lib/uri.ts';
import type { AuthenticatedClient } from '../core/oauth/client.ts';
import type { TokenOutcome } from '../core/oauth/token-endpoint.ts';
import { Refusal } from '../core/refusal.ts';
import type { Authenticator } from './authenticate.ts';
import { type AuthenticateClient, type Form, invalidClient, invalidRequest, readOAuthForm } from './client-authentication.ts';
import type { PlainPost } from './plain-post.ts';

type Tokens = Extract<TokenOutcome, { ok: true }>['value'];

/** `body`: as it was parsed. Throws the refusal, in OAuth's words. */
export type GiveTokens = (request: IncomingMessage, requestId: string, body: unknown) => Promise<Tokens>;

interface Ports {
  readonly oauth: Pick<Keyhouse['oauth'], 'tokenByCode' | 'tokenByRefresh' | 'tokenByClientCredentials'>;
  readonly authenticator: Pick<Authenticator, 'byStranger'>;
  readonly authenticateClient: AuthenticateClient;
  /** What `resource` may name. */
  readonly audience: string;
}

export const TOKEN_PATH = '/auth/token';
/** RFC 6749 §5.1. */
export const TOKEN_HEADERS = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

export function createGiveTokens({ oauth, authenticator, authenticateClient, audience }: Ports): GiveTokens {
  return async (request, requestId, body) => {
    const form = readOAuthForm(body);
    const client = await authenticateClient(request, requestId, form);
    if (client === null) throw invalidClient();
    if (form.resource !== undefined && !isSameUri(form.resource, audience))
      throw refuse('invalid_target', 'This resource does not exist.');
    const outcome = await tokensFor(client, form, {
      ...authenticator.byStranger(request, requestId),
      actor: `application:${client.client.clientId}`,
      authority: IN_THE_ACT,
    });
    if (!outcome.ok) throw refuse(outcome.error, outcome.description);
    return outcome.value;
  };

  async function tokensFor(client: AuthenticatedClient, form: Form, by: By): Promise<TokenOutcome> {
    switch (form.grant_type) {
      case 'authorization_code': {
        const { code, code_verifier: verifier, redirect_uri: redirectUri = null } = form;
        if (code === undefined) throw invalidRequest('code is required.');
        if (verifier === undefined) throw invalidRequest('code_verifier is required (RFC 7636).');
        return await oauth.tokenByCode(client, { code, verifier, redirectUri }, by);
      }
      case 'refresh_token': {
        const { refresh_token: refreshToken, scope = null } = form;
        if (refreshToken === undefined) throw invalidRequest('refresh_token is required.');
        return await oauth.tokenByRefresh(client, { refreshToken, scope }, by);
      }
      case 'client_credentials':
        return oauth.tokenByClientCredentials(client, form.scope ?? null);
      case undefined:
        throw invalidRequest('grant_type is required.');
      default:
        throw refuse('unsupported_grant_type', 'grant_type must be authorization_code, refresh_token or client_credentials.');
    }
  }
}

/** The application may authenticate in any way, except by two headers. */
export const plainTokens = (giveTokens: GiveTokens): PlainPost => ({
  path: TOKEN_PATH,
  isOAuth: true,
  takes: ({ kind }) => kind !== 'repeated',
  answer: async ({ request, requestId, body }) => ({
    status: 200,
    headers: TOKEN_HEADERS,
    body: await giveTokens(request, requestId, body()),
  }),
});

const refuse = (error: Extract<Refusal['refused'], { code: 'oauth' }>['error'], description: string): Refusal =>
  new Refusal({ code: 'oauth', error, description });
