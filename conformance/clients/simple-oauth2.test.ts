/** simple-oauth2: plain OAuth 2.0, without OpenID Connect; PKCE comes along as the parameters that it is. */
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';
import { beforeAll, describe, expect, it } from 'vitest';
import { newPkce, type TestApplication } from '../../packages/server/test/applications.ts';
import type { Person } from '../person.ts';
import { CALLBACK, type Place, startPlace } from '../place.ts';

describe('simple-oauth2', () => {
  let place: Place;
  let person: Person;
  let application: TestApplication;
  beforeAll(async () => {
    place = await startPlace();
    person = await place.newPerson();
    application = await place.application({ kind: 'confidential', ownPermissions: ['reports.read'] });
    return () => place.stop();
  });

  const settings = () => ({
    client: { id: application.clientId, secret: application.secret ?? '' },
    auth: { tokenHost: place.issuer, tokenPath: '/auth/token', revokePath: '/auth/revoke', authorizePath: '/auth' },
  });

  async function signIn(client: AuthorizationCode) {
    const { verifier, challenge } = newPkce();
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    const url = client.authorizeURL({ redirect_uri: CALLBACK, scope: ['invoices.read', 'services.read'], state: 'one', ...pkce });
    const { searchParams } = await person.answerTo(url, CALLBACK);
    expect(searchParams.get('state')).toBe('one');
    const sent = { code: searchParams.get('code') ?? '', redirect_uri: CALLBACK, code_verifier: verifier };
    return { accessToken: await client.getToken(sent), sent };
  }
  const statusOf = async (jwt: unknown): Promise<number> =>
    (await place.server.request('/verify/api/invoices', { bearer: String(jwt) })).status;

  it.each(['header', 'body'] as const)('signs somebody in, with its secret in the %s', async (authorizationMethod) => {
    const client = new AuthorizationCode({ ...settings(), options: { authorizationMethod } });
    const { accessToken } = await signIn(client);
    expect(accessToken.token).toMatchObject({ token_type: 'Bearer', scope: 'invoices.read services.read' });
    expect(accessToken.expired()).toBe(false);
    expect(await statusOf(accessToken.token.access_token)).toBe(200);
  });

  it('refreshes, and revokes all that it has', async () => {
    const { accessToken } = await signIn(new AuthorizationCode(settings()));
    const next = await accessToken.refresh();
    expect(await statusOf(next.token.access_token)).toBe(200);
    await next.revokeAll();
    expect(await statusOf(next.token.access_token)).toBe(401);
    await expect(next.refresh()).rejects.toMatchObject({ data: { payload: { error: 'invalid_grant' } } });
  });

  it('asks for less at a refresh, and not for more', async () => {
    const { accessToken } = await signIn(new AuthorizationCode(settings()));
    const narrow = await accessToken.refresh({ scope: 'services.read' });
    expect(narrow.token.scope).toBe('services.read');
    expect(await statusOf(narrow.token.access_token)).toBe(403);
    await expect(narrow.refresh({ scope: 'services.write' })).rejects.toMatchObject({
      data: { payload: { error: 'invalid_scope' } },
    });
    expect((await narrow.refresh()).token.scope).toBe('invoices.read services.read');
  });

  it('gets a JWT for itself', async () => {
    const { client, auth } = settings();
    const { tokenHost, tokenPath } = auth;
    const { token } = await new ClientCredentials({ client, auth: { tokenHost, tokenPath } }).getToken({ scope: 'reports.read' });
    expect(token).toMatchObject({ scope: 'reports.read', expires_in: 600 });
    expect(token.refresh_token).toBeUndefined();
  });

  it('hears that access was denied, that its secret is wrong, and that a code was used', async () => {
    const client = new AuthorizationCode(settings());
    const { challenge } = newPkce();
    const asked = { redirect_uri: CALLBACK, scope: 'invoices.write', code_challenge: challenge, code_challenge_method: 'S256' };
    const denied = await person.answerTo(client.authorizeURL(asked), CALLBACK, { decision: 'deny' });
    expect(denied.searchParams.get('error')).toBe('access_denied');
    const { sent } = await signIn(client);
    await expect(client.getToken(sent)).rejects.toMatchObject({ data: { payload: { error: 'invalid_grant' } } });
    const liar = new AuthorizationCode({ ...settings(), client: { id: application.clientId, secret: 'kh_client_wrong' } });
    await expect(liar.getToken(sent)).rejects.toMatchObject({ output: { statusCode: 401 } });
  });
});
