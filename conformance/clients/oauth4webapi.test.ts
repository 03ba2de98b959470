/** oauth4webapi: the letter of the standards, each answer taken apart by hand. A public client, as a browser or an installed program is one. */
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import type { Person } from '../person.ts';
import { CALLBACK, type Place, startPlace } from '../place.ts';

const plain = { [oauth.allowInsecureRequests]: true };

describe('oauth4webapi', () => {
  let place: Place;
  let person: Person;
  let application: TestApplication;
  let client: oauth.Client;
  let server: oauth.AuthorizationServer;
  beforeAll(async () => {
    place = await startPlace();
    person = await place.newPerson();
    application = await place.application();
    client = { client_id: application.clientId };
    server = await discover('oidc');
    return () => place.stop();
  });

  async function discover(algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(place.issuer);
    return await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...plain }));
  }

  async function ask(manners: Parameters<Person['answerTo']>[2] = {}, rest: Record<string, string> = {}) {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(server.authorization_endpoint ?? '');
    url.search = new URLSearchParams({
      ...{ client_id: client.client_id, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid email invoices.read' },
      ...{ state, nonce, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
      ...rest,
    }).toString();
    return { answer: await person.answerTo(url, CALLBACK, manners), verifier, state, nonce };
  }

  async function signIn(): Promise<oauth.TokenEndpointResponse> {
    const { answer, verifier, state, nonce } = await ask();
    const parameters = oauth.validateAuthResponse(server, client, answer, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      CALLBACK,
      verifier,
      plain,
    );
    return await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
  }

  it('discovers the same endpoints by either document', async () => {
    const { authorization_endpoint, token_endpoint, jwks_uri, revocation_endpoint } = await discover('oauth2');
    expect(server).toMatchObject({ authorization_endpoint, token_endpoint, jwks_uri, revocation_endpoint });
  });

  it('goes from a code to tokens, whose JWT is one of RFC 9068 that it can verify', async () => {
    const tokens = await signIn();
    const request = new Request('https://api.example.com/', { headers: { Authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, place.issuer, plain);
    expect(claims).toMatchObject({ client_id: client.client_id, permissions: ['invoices.read'], scope: tokens.scope });
    expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe(claims.sub);
  });

  it('verifies the signature of the ID token with the published keys', async () => {
    const { answer, verifier, state, nonce } = await ask();
    const parameters = oauth.validateAuthResponse(server, client, answer, state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      CALLBACK,
      verifier,
      plain,
    );
    await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(server, response, plain);
  });

  it('reads userinfo, of the one whom the ID token named', async () => {
    const tokens = await signIn();
    const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '';
    const response = await oauth.userInfoRequest(server, client, tokens.access_token, plain);
    expect(await oauth.processUserInfoResponse(server, client, sub, response)).toMatchObject({ sub, email: person.email });
  });

  it('refreshes without a secret, and revokes what it has', async () => {
    const tokens = await signIn();
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token ?? '', plain);
    const next = await oauth.processRefreshTokenResponse(server, client, response);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    const revoked = await oauth.revocationRequest(server, client, oauth.None(), next.refresh_token ?? '', plain);
    await oauth.processRevocationResponse(revoked);
    const userInfo = oauth.userInfoRequest(server, client, next.access_token, plain);
    await expect(userInfo.then((r) => oauth.processUserInfoResponse(server, client, oauth.skipSubjectCheck, r))).rejects.toThrow(
      oauth.WWWAuthenticateChallengeError,
    );
    const late = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), next.refresh_token ?? '', plain);
    await expect(oauth.processRefreshTokenResponse(server, client, late)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('hears that access was denied', async () => {
    const { answer, state } = await ask({ decision: 'deny' }, { prompt: 'consent' });
    expect(() => oauth.validateAuthResponse(server, client, answer, state)).toThrow(
      expect.objectContaining({ error: 'access_denied' }),
    );
  });

  it('refuses an answer with another state, or that does not say who gave it', async () => {
    const { answer, state } = await ask();
    expect(() => oauth.validateAuthResponse(server, client, answer, 'another')).toThrow(/state/);
    answer.searchParams.delete('iss');
    expect(() => oauth.validateAuthResponse(server, client, answer, state)).toThrow(/iss/);
  });
});
