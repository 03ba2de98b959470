/**
 * Another OpenID provider, asked with openid-client: discovery, code flow, PKCE (RFC 7636), `state`, `nonce`, `iss` (RFC 9207).
 */
import * as client from 'openid-client';
import type { ProviderSettings } from '../config.ts';
import type { Provider } from '../core/providers/provider.ts';

const TIMEOUT_SECONDS = 10;
/** How long ago a sign-in at the provider may be to count as "just now". */
const FRESH_SECONDS = 60;

export function openProvider({ id, name, issuer, clientId, clientSecret, domains }: ProviderSettings): Provider {
  let discovered: Promise<client.Configuration> | null = null;
  /**
   * Discovered when it is first needed, and again after a failure: a provider that is down does not prevent the server from
   * starting.
   */
  const configuration = (): Promise<client.Configuration> => {
    const isHere = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(issuer);
    discovered ??= client
      .discovery(new URL(issuer), clientId, clientSecret, undefined, {
        timeout: TIMEOUT_SECONDS,
        ...(isHere ? { execute: [client.allowInsecureRequests] } : {}),
      })
      .catch((error: unknown) => {
        discovered = null;
        throw error;
      });
    return discovered;
  };

  return {
    id,
    name,
    domains,
    async start(redirectUri, { state, nonce, codeVerifier, fresh }) {
      const url = client.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(fresh ? { prompt: 'login', max_age: '0' } : {}),
      });
      return url.href;
    },
    async finish(callbackUrl, { state, nonce, codeVerifier, fresh }) {
      const config = await configuration();
      const tokens = await client.authorizationCodeGrant(config, new URL(callbackUrl), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
        ...(fresh ? { maxAge: FRESH_SECONDS } : {}),
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('The provider sent no ID token.');
      // Some say who the user is only at the userinfo endpoint (OpenID Connect Core §5.3).
      const more =
        claims.email === undefined && config.serverMetadata().userinfo_endpoint !== undefined
          ? await client.fetchUserInfo(config, tokens.access_token, claims.sub)
          : {};
      const all: Readonly<Record<string, unknown>> = { ...more, ...claims };
      // The address and whether it is verified from the same answer: the claim of one answer is not about the address of the
      // other.
      const about: Readonly<Record<string, unknown>> = claims.email === undefined ? more : { ...claims };
      return {
        subject: claims.sub,
        email: typeof about.email === 'string' ? about.email : null,
        // A boolean (OpenID Connect Core §5.1); a text is not one.
        emailVerified: about.email_verified === true,
        name: typeof all.name === 'string' ? all.name : null,
      };
    },
  };
}
