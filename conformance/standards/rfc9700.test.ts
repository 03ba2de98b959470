/** Best Current Practice for OAuth 2.0 Security. */
import { beforeAll, describe, expect, it } from 'vitest';
import { claimsOf } from '../../packages/server/test/applications.ts';
import { CALLBACK } from '../place.ts';
import { errorOf, openScene, type Scene } from './scene.ts';

describe('RFC 9700', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  it('compares redirect URIs letter by letter', async () => {
    for (const uri of [
      'https://APP.example.com/callback',
      'https://app.example.com/callback/',
      'https://app.example.com/Callback',
      'https://app.example.com/x/../callback',
      'https://app.example.com/%63allback',
      'https://app.example.com:443/callback',
      'https://app.example.com./callback',
      'https://app.example.com\\@attacker.example.com/callback',
      'https://user@app.example.com/callback',
    ])
      expect([uri, (await scene.look(scene.requestOf(scene.spa, { redirect_uri: uri }))).status]).toEqual([uri, 400]);
  });

  it('sends a browser on with 303 and without a referrer, so that no form with a password follows it', async () => {
    const { status, headers } = await scene.person.get(scene.requestOf(scene.spa));
    expect(status).toBe(303);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('lets no other page frame it', async () => {
    for (const path of ['/login', '/consent?request=x', '/auth']) {
      const { headers } = await scene.look(new URL(path, scene.issuer));
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
  });

  it('gives a public client a new refresh token each time, and ends the session when an old one comes back', async () => {
    const tokens = await scene.signIn(scene.spa);
    const second = (await scene.refresh(scene.spa, tokens.refresh_token)).json;
    const third = (await scene.refresh(scene.spa, second.refresh_token)).json;
    expect(new Set([tokens.refresh_token, second.refresh_token, third.refresh_token]).size).toBe(3);
    expect(errorOf(await scene.refresh(scene.spa, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await scene.refresh(scene.spa, third.refresh_token))).toEqual([400, 'invalid_grant']);
    expect(await scene.statusOf(third.access_token)).toBe(401);
  });

  it('gives a racing tab, or one whose answer was lost, the very same successor', async () => {
    const tokens = await scene.signIn(scene.spa);
    const answers = await Promise.all([1, 2, 3].map(() => scene.refresh(scene.spa, tokens.refresh_token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ json }) => json.refresh_token)).size).toBe(1);
  });

  it('restricts a JWT to its audience, to what was granted and to ten minutes', async () => {
    const tokens = await scene.signIn(scene.spa);
    const claims = claimsOf(tokens.access_token);
    expect(claims).toMatchObject({ aud: scene.issuer, permissions: ['invoices.read'], client_id: scene.spa.clientId });
    expect(claims.exp - claims.iat).toBe(600);
    expect((await scene.server.request('/verify/api/services', { bearer: tokens.access_token })).status).toBe(403);
    const elsewhere = await scene.ask(scene.spa, { resource: 'https://other.example.com' });
    expect(elsewhere.answer.get('error')).toBe('invalid_target');
  });

  it('reads no credential from a query', async () => {
    const tokens = await scene.signIn(scene.spa);
    expect((await scene.server.request(`/auth/userinfo?access_token=${tokens.access_token}`)).status).toBe(401);
    const { web } = scene;
    const inQuery = new URLSearchParams({
      client_id: web.clientId,
      client_secret: web.secret ?? '',
      grant_type: 'client_credentials',
    });
    const asked = await scene.server.request(`/auth/token?${inQuery}`, {
      method: 'POST',
      body: 'grant_type=client_credentials',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(errorOf(asked)).toEqual([401, 'invalid_client']);
  });

  it('takes no code of one client at another, and no verifier of one request for another', async () => {
    const [mine, other] = [await scene.ask(scene.spa), await scene.ask(scene.web)];
    expect(errorOf(await scene.redeem(scene.spa, other))).toEqual([400, 'invalid_grant']);
    const mixed = { code_verifier: other.pkce.verifier };
    expect(errorOf(await scene.redeem(scene.spa, mine, mixed))).toEqual([400, 'invalid_grant']);
  });

  it('lets no application name itself like a user', async () => {
    expect(scene.spa.clientId).toMatch(/^app_[0-9A-Za-z]{22}$/);
    const client = await scene.application({ kind: 'confidential', ownPermissions: ['invoices.read'] });
    const form = { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.secret ?? '' };
    const { json } = await scene.token(form);
    expect(claimsOf(json.access_token).sub).toBe(client.clientId);
    expect((await scene.userInfo(json.access_token)).status).toBe(403);
  });

  it('lets pages of other origins read the token endpoint, and the authorization endpoint never', async () => {
    const origin = 'https://app.example.com';
    const preflight = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } };
    const token = await scene.server.request('/auth/token', preflight);
    expect([token.status, token.headers['access-control-allow-origin']]).toEqual([204, '*']);
    expect(token.headers['access-control-allow-credentials']).toBeUndefined();
    const asked = await scene.look(scene.requestOf(scene.spa), { headers: { origin } });
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('redirects to nobody whom it does not know', async () => {
    for (const query of [`client_id=nobody&redirect_uri=${CALLBACK}`, `redirect_uri=${CALLBACK}&response_type=code`]) {
      const shown = await scene.look(`${scene.issuer}/auth?${query}`);
      expect([shown.status, shown.headers.get('location')]).toEqual([400, null]);
    }
    const foreign = new URLSearchParams({ post_logout_redirect_uri: 'https://attacker.example.com/' });
    expect((await scene.look(`${scene.issuer}/auth/logout?${foreign}`)).headers.get('location')).toBeNull();
  });
});
