/** openid-client 5, which next-auth 4 and many others are built on: it proves itself by Basic, and takes ID tokens by RS256 unless it is told. */
import { type BaseClient, generators, Issuer } from 'openid-client-5';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import type { Person } from '../person.ts';
import { CALLBACK, type Place, startPlace } from '../place.ts';

const AFTER_LOGOUT = 'https://app.example.com/bye';
const SCOPE = 'openid profile email invoices.read';

describe('openid-client 5, by its defaults', () => {
  let place: Place;
  let person: Person;
  let application: TestApplication;
  let client: BaseClient;
  beforeAll(async () => {
    place = await startPlace();
    person = await place.newPerson();
    application = await place.application({
      ...{ kind: 'confidential', idTokenAlgorithm: 'RS256', ownPermissions: ['reports.read'] },
      postLogoutRedirectUris: [AFTER_LOGOUT],
    });
    const issuer = await Issuer.discover(place.issuer);
    client = new issuer.Client({
      client_id: application.clientId,
      client_secret: application.secret ?? '',
      redirect_uris: [CALLBACK],
      response_types: ['code'],
    });
    return () => place.stop();
  });

  async function signIn() {
    const checks = { state: generators.state(), nonce: generators.nonce(), code_verifier: generators.codeVerifier() };
    const { state, nonce, code_verifier } = checks;
    const challenge = { code_challenge: generators.codeChallenge(code_verifier), code_challenge_method: 'S256' };
    const url = client.authorizationUrl({ scope: SCOPE, state, nonce, ...challenge });
    const answer = await person.answerTo(url, CALLBACK);
    return await client.callback(CALLBACK, client.callbackParams(answer.href), checks);
  }

  it('signs somebody in, and learns who it is', async () => {
    const tokens = await signIn();
    expect(tokens.claims()).toMatchObject({ iss: place.issuer, aud: application.clientId });
    expect(await client.userinfo(tokens)).toMatchObject({ sub: tokens.claims().sub, email: person.email });
  });

  it('refreshes, asks about its tokens and ends them', async () => {
    const first = await signIn();
    const second = await client.refresh(first);
    expect(second.claims().sub).toBe(first.claims().sub);
    expect(await client.introspect(second.access_token ?? '')).toMatchObject({ active: true });
    await client.revoke(second.refresh_token ?? '');
    expect(await client.introspect(second.access_token ?? '')).toEqual({ active: false });
    await expect(client.refresh(second)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('gets a JWT for itself', async () => {
    expect(await client.grant({ grant_type: 'client_credentials' })).toMatchObject({ scope: 'reports.read' });
  });

  it('logs somebody out', async () => {
    const tokens = await signIn();
    const url = client.endSessionUrl({ id_token_hint: tokens, post_logout_redirect_uri: AFTER_LOGOUT, state: 'bye' });
    expect((await person.answerTo(url, AFTER_LOGOUT)).searchParams.get('state')).toBe('bye');
    expect(await client.introspect(tokens.access_token ?? '')).toEqual({ active: false });
  });

  it('refuses an ID token by another algorithm than it expects', async () => {
    const other = await place.application({ kind: 'confidential', idTokenAlgorithm: 'ES256' });
    const issuer = await Issuer.discover(place.issuer);
    const untold = new issuer.Client({ client_id: other.clientId, client_secret: other.secret ?? '', redirect_uris: [CALLBACK] });
    const state = generators.state();
    const code_verifier = generators.codeVerifier();
    const challenge = { code_challenge: generators.codeChallenge(code_verifier), code_challenge_method: 'S256' };
    const answer = await person.answerTo(untold.authorizationUrl({ scope: SCOPE, state, ...challenge }), CALLBACK);
    await expect(untold.callback(CALLBACK, untold.callbackParams(answer.href), { state, code_verifier })).rejects.toThrow(
      'unexpected JWT alg received, expected RS256, got: ES256',
    );
  });
});
