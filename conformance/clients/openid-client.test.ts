/** openid-client 6: what a careful web application uses. It discovers the rest by itself, and checks whatever comes back. */
import * as client from 'openid-client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import type { Person } from '../person.ts';
import { CALLBACK, type Place, startPlace } from '../place.ts';

const AFTER_LOGOUT = 'https://app.example.com/bye';
const SCOPE = 'openid profile email invoices.read';

describe('openid-client', () => {
  let place: Place;
  let person: Person;
  let application: TestApplication;
  let config: client.Configuration;
  beforeAll(async () => {
    place = await startPlace();
    person = await place.newPerson();
    application = await place.application({
      kind: 'confidential',
      postLogoutRedirectUris: [AFTER_LOGOUT],
      ownPermissions: ['reports.read'],
    });
    config = await discover(application.secret ?? '');
    return () => place.stop();
  });

  /** Plain HTTP is for the same machine alone, and the library wants to be told. */
  const discover = (authentication: client.ClientAuth | string): Promise<client.Configuration> =>
    client.discovery(
      new URL(place.issuer),
      application.clientId,
      undefined,
      typeof authentication === 'string' ? client.ClientSecretPost(authentication) : authentication,
      { execute: [client.allowInsecureRequests] },
    );

  async function ask(rest: Record<string, string> = {}, manners: Parameters<Person['answerTo']>[2] = {}) {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const url = client.buildAuthorizationUrl(config, {
      ...{ redirect_uri: CALLBACK, scope: SCOPE, state, nonce },
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...rest,
    });
    const answer = await person.answerTo(url, CALLBACK, manners);
    return { answer, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } };
  }

  async function signIn() {
    const { answer, checks } = await ask();
    return await client.authorizationCodeGrant(config, answer, checks);
  }

  it('signs somebody in, and learns who it is from the ID token and from userinfo', async () => {
    const tokens = await signIn();
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 600, scope: 'invoices.read openid profile email' });
    const claims = tokens.claims();
    expect(claims).toMatchObject({ iss: place.issuer, aud: application.clientId, sub: expect.stringMatching(/^user:\d+$/) });
    const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
    expect(info).toMatchObject({ sub: claims?.sub, email: person.email, email_verified: false });
  });

  it('refreshes as often as it likes, and the ID token is of the same person', async () => {
    const first = await signIn();
    const sub = first.claims()?.sub;
    let { access_token: jwt, refresh_token: refreshToken } = first;
    for (let time = 0; time < 3; time++) {
      const tokens = await client.refreshTokenGrant(config, refreshToken ?? '');
      expect(tokens.claims()?.sub).toBe(sub);
      ({ access_token: jwt, refresh_token: refreshToken } = tokens);
    }
    expect((await client.fetchUserInfo(config, jwt, sub ?? '')).sub).toBe(sub);
  });

  it.each(['client_secret_basic', 'client_secret_post'] as const)('proves itself with %s', async (method) => {
    const secret = application.secret ?? '';
    const how = method === 'client_secret_basic' ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
    const { answer, checks } = await ask();
    expect((await client.authorizationCodeGrant(await discover(how), answer, checks)).access_token).toMatch(/^eyJ/);
  });

  it('proves itself with a signed assertion, and needs no secret', async () => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    const { key_ops: _ops, ext: _ext, ...registered } = jwk;
    const signing = await place.application({
      kind: 'confidential',
      jwks: { keys: [registered] },
      ownPermissions: ['reports.read'],
    });
    const proving = await client.discovery(
      new URL(place.issuer),
      signing.clientId,
      undefined,
      client.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
      { execute: [client.allowInsecureRequests] },
    );
    expect(await client.clientCredentialsGrant(proving)).toMatchObject({ scope: 'reports.read', expires_in: 600 });
  });

  it('gets a JWT for itself, without a refresh token', async () => {
    const tokens = await client.clientCredentialsGrant(config, { scope: 'reports.read' });
    expect(tokens.refresh_token).toBeUndefined();
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      ...{ active: true, client_id: application.clientId, sub: application.clientId, scope: 'reports.read' },
    });
  });

  it('asks about its tokens and ends them', async () => {
    const tokens = await signIn();
    const refreshToken = tokens.refresh_token ?? '';
    expect(await client.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true, kind: 'session' });
    expect(await client.tokenIntrospection(config, refreshToken)).toMatchObject({ active: true });
    await client.tokenRevocation(config, refreshToken);
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
    expect(await client.tokenIntrospection(config, refreshToken)).toEqual({ active: false });
    await expect(client.refreshTokenGrant(config, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('logs somebody out, and they come back with the state', async () => {
    const tokens = await signIn();
    const url = client.buildEndSessionUrl(config, {
      ...{ post_logout_redirect_uri: AFTER_LOGOUT, id_token_hint: tokens.id_token ?? '', state: 'of the log-out' },
    });
    const back = await person.answerTo(url, AFTER_LOGOUT);
    expect(back.searchParams.get('state')).toBe('of the log-out');
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    const silent = await ask({ prompt: 'none' });
    await expect(client.authorizationCodeGrant(config, silent.answer, silent.checks)).rejects.toMatchObject({
      error: 'login_required',
    });
  });

  it('hears that access was denied', async () => {
    const { answer, checks } = await ask({ prompt: 'consent' }, { decision: 'deny' });
    await expect(client.authorizationCodeGrant(config, answer, checks)).rejects.toMatchObject({ error: 'access_denied' });
  });

  it('refuses an answer with another state, or of another issuer', async () => {
    const { answer, checks } = await ask();
    const because = (name: string) => ({ cause: { message: expect.stringContaining(`"${name}"`) } });
    const expectedState = client.randomState();
    const answered = client.authorizationCodeGrant(config, answer, { ...checks, expectedState });
    await expect(answered).rejects.toMatchObject(because('state'));
    answer.searchParams.set('iss', 'https://attacker.example.com');
    await expect(client.authorizationCodeGrant(config, answer, checks)).rejects.toMatchObject(because('iss'));
  });

  it('is refused with the verifier of another request, and a code that was used', async () => {
    const { answer, checks } = await ask();
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const invalidGrant = { error: 'invalid_grant' };
    await expect(client.authorizationCodeGrant(config, answer, { ...checks, pkceCodeVerifier })).rejects.toMatchObject(
      invalidGrant,
    );
    const tokens = await client.authorizationCodeGrant(config, answer, checks);
    await expect(client.authorizationCodeGrant(config, answer, checks)).rejects.toMatchObject(invalidGrant);
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
  });
});
