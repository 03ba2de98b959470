/** OpenID Connect Core 1.0: the code flow. */
import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, withSecret } from '../../packages/server/test/applications.ts';
import { CALLBACK } from '../place.ts';
import { openScene, type Scene } from './scene.ts';

const SECOND_MS = 1000;

describe('OpenID Connect Core', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  /** The pages that the person meets on the way of a request. */
  async function met(parameters: Record<string, string>): Promise<readonly string[]> {
    const before = scene.person.met.length;
    await scene.ask(scene.web, parameters);
    return scene.person.met.slice(before);
  }

  describe('the ID token', () => {
    it('is signed with a published key, and is about one person, for one client, from this issuer', async () => {
      const nonce = 'of the application';
      const tokens = await scene.signIn(scene.web, { nonce });
      const { json: jwks } = await scene.server.request('/.well-known/jwks.json');
      const { payload, protectedHeader } = await jwtVerify(tokens.id_token, createLocalJWKSet(jwks), {
        ...{ issuer: scene.issuer, audience: scene.web.clientId, algorithms: ['ES256'] },
        requiredClaims: ['sub', 'iat', 'exp', 'auth_time'],
      });
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
      expect(payload).toMatchObject({ nonce, aud: scene.web.clientId, sub: claimsOf(tokens.access_token).sub });
      expect(payload.sub).toMatch(/^[ -~]{1,255}$/);
    });

    it('has a nonce exactly when the request had one', async () => {
      expect(claimsOf((await scene.signIn(scene.web)).id_token)).not.toHaveProperty('nonce');
      expect(claimsOf((await scene.signIn(scene.web, { nonce: 'n-0S6_WzA2Mj' })).id_token).nonce).toBe('n-0S6_WzA2Mj');
    });

    it('is given when openid was asked for, and not otherwise', async () => {
      expect(await scene.signIn(scene.web, { scope: 'invoices.read' })).not.toHaveProperty('id_token');
      expect(await scene.signIn(scene.web, { scope: 'openid' })).toHaveProperty('id_token');
    });

    it('comes anew with a refresh, of the same person, issuer, client and log-in, without the nonce', async () => {
      const tokens = await scene.signIn(scene.web, { nonce: 'once' });
      scene.server.advance(5 * SECOND_MS);
      const refreshed = (await scene.refresh(scene.web, tokens.refresh_token)).json;
      const [before, after] = [claimsOf(tokens.id_token), claimsOf(refreshed.id_token)];
      const { iss, sub, aud, auth_time } = before;
      expect(after).toMatchObject({ iss, sub, aud, auth_time });
      expect(after.iat).toBeGreaterThan(before.iat);
      expect(after).not.toHaveProperty('nonce');
    });

    it('is good for nothing as a bearer', async () => {
      const { id_token: idToken } = await scene.signIn(scene.web);
      expect(await scene.statusOf(idToken)).toBe(401);
      expect((await scene.userInfo(idToken)).status).toBe(401);
    });
  });

  describe('the request', () => {
    it('passes over what is only a wish: display, ui_locales, claims_locales, acr_values', async () => {
      const wishes = { display: 'popup', ui_locales: 'se', claims_locales: 'se', acr_values: '1 2' };
      expect((await scene.ask(scene.web, wishes)).answer.get('code')).toMatch(/^kh_code_/);
      expect((await scene.ask(scene.web, { display: 'page' })).answer.get('code')).toMatch(/^kh_code_/);
    });

    it('passes over scopes that it does not know, such as address and phone, in whatever order they come', async () => {
      const tokens = await scene.signIn(scene.web, { scope: 'phone email profile address openid' });
      expect(tokens.scope.split(' ').sort()).toEqual(['email', 'openid', 'profile']);
    });

    it('takes a login_hint along to the log-in page', async () => {
      const url = scene.requestOf(scene.web, { login_hint: 'ada@example.com' });
      const sent = new URL((await scene.look(url)).headers.get('location') ?? '', scene.issuer);
      expect([sent.pathname, sent.searchParams.get('login_hint')]).toEqual(['/login', 'ada@example.com']);
    });

    it('asks for the password again with prompt=login, and the ID token tells of the new log-in', async () => {
      const first = claimsOf((await scene.signIn(scene.web)).id_token);
      scene.server.advance(2 * SECOND_MS);
      const before = scene.person.met.length;
      const second = claimsOf((await scene.signIn(scene.web, { prompt: 'login' })).id_token);
      expect(scene.person.met.slice(before)).toEqual(['/login']);
      expect(second.auth_time).toBeGreaterThan(first.auth_time);
      expect(second.sub).toBe(first.sub);
    });

    it('shows nothing with prompt=none: a code when all is granted', async () => {
      await scene.signIn(scene.web);
      expect(await met({ prompt: 'none' })).toEqual([]);
      const { answer } = await scene.ask(scene.web, { prompt: 'none' });
      expect(answer.get('code')).toMatch(/^kh_code_/);
    });

    it('shows nothing with prompt=none: login_required when nobody is logged in', async () => {
      const stranger = scene.person.elsewhere();
      const answer = await stranger.answerTo(scene.requestOf(scene.web, { prompt: 'none' }), CALLBACK);
      expect(answer.searchParams.get('error')).toBe('login_required');
      expect(stranger.met).toEqual([]);
    });

    it('shows nothing with prompt=none: consent_required when something was not granted yet', async () => {
      const fresh = await scene.application();
      const { answer } = await scene.ask(fresh, { prompt: 'none' });
      expect(answer.get('error')).toBe('consent_required');
      expect((await scene.ask(fresh, { prompt: 'none login' })).answer.get('error')).toBe('invalid_request');
    });

    it('asks for consent again with prompt=consent', async () => {
      await scene.signIn(scene.web);
      expect(await met({ prompt: 'consent' })).toEqual(['/consent']);
    });

    it('asks for the password again when the log-in is older than max_age', async () => {
      await scene.signIn(scene.web, { prompt: 'login' });
      scene.server.advance(3 * SECOND_MS);
      const before = scene.person.met.length;
      const { id_token: idToken } = await scene.signIn(scene.web, { max_age: '1' });
      expect(scene.person.met.slice(before)).toEqual(['/login']);
      expect(claimsOf(idToken).auth_time).toEqual(expect.any(Number));
    });

    it('asks for nothing when the log-in is younger than max_age', async () => {
      const first = claimsOf((await scene.signIn(scene.web)).id_token);
      expect(await met({ max_age: '10000' })).toEqual([]);
      const second = claimsOf((await scene.signIn(scene.web, { max_age: '10000' })).id_token);
      expect(second.auth_time).toBe(first.auth_time);
    });

    it('answers for the person whom id_token_hint names, and for nobody else', async () => {
      const { id_token: hint } = await scene.signIn(scene.web);
      const asked = await scene.ask(scene.web, { id_token_hint: hint, prompt: 'none' });
      const tokens = (await scene.redeem(scene.web, asked)).json;
      expect(claimsOf(tokens.id_token).sub).toBe(claimsOf(hint).sub);
      const other = await scene.newPerson();
      const answer = await other.answerTo(scene.requestOf(scene.web, { id_token_hint: hint, prompt: 'none' }), CALLBACK);
      expect(answer.searchParams.get('error')).toBe('login_required');
    });

    it('refuses request objects as not supported', async () => {
      const request = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`;
      expect((await scene.ask(scene.web, { request })).answer.get('error')).toBe('request_not_supported');
      const uri = 'https://app.example.com/request.jwt';
      expect((await scene.ask(scene.web, { request_uri: uri })).answer.get('error')).toBe('request_uri_not_supported');
      const inside = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
        JSON.stringify({ redirect_uri: 'https://attacker.example.com/' }),
      ).toString('base64url')}.`;
      const { url } = await scene.ask(scene.web, { request: inside });
      expect(url.href.startsWith(CALLBACK)).toBe(true);
    });

    it('passes over the claims parameter, as its metadata says', async () => {
      const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
      expect((await scene.ask(scene.web, { claims })).answer.get('code')).toMatch(/^kh_code_/);
    });
  });

  describe('the client', () => {
    it('proves itself with its secret in the body as well', async () => {
      const { answer, pkce } = await scene.ask(scene.web);
      const answered = await scene.token({
        ...{ grant_type: 'authorization_code', code: answer.get('code') ?? '', code_verifier: pkce.verifier },
        ...{ redirect_uri: CALLBACK, ...withSecret(scene.web) },
      });
      expect(answered.json.id_token).toMatch(/^eyJ/);
    });
  });

  describe('userinfo', () => {
    it('answers by GET and by POST with the JWT in the header', async () => {
      const tokens = await scene.signIn(scene.web);
      const { sub } = claimsOf(tokens.id_token);
      for (const method of ['GET', 'POST'] as const) {
        const { status, json, headers } = await scene.userInfo(tokens.access_token, method);
        expect([status, json, headers['cache-control']]).toEqual([200, { sub }, 'no-store']);
      }
    });

    it('tells the claims of the scopes that were granted, and no more', async () => {
      const email = { email: scene.person.email, email_verified: false };
      const only = async (scope: string) => (await scene.userInfo((await scene.signIn(scene.web, { scope })).access_token)).json;
      expect(await only('openid email')).toEqual({ sub: expect.any(String), ...email });
      const profile = await only('openid profile');
      expect(profile).toMatchObject({ sub: expect.any(String), name: expect.any(String), updated_at: expect.any(Number) });
      expect(profile).not.toHaveProperty('email');
      expect(await only('openid profile email address phone')).toEqual({ ...profile, ...email });
    });

    it('tells no more than the ID token, and no less', async () => {
      for (const scope of ['openid email', 'openid profile', 'openid profile email']) {
        const tokens = await scene.signIn(scene.web, { scope });
        const { json } = await scene.userInfo(tokens.access_token);
        const { iss, aud, exp, iat, auth_time, sid, ...claims } = claimsOf(tokens.id_token);
        expect(claims, scope).toEqual(json);
      }
    });

    it('wants a JWT to which openid was granted', async () => {
      expect((await scene.server.request('/auth/userinfo')).headers['www-authenticate']).toBe('Bearer');
      const { access_token: jwt } = await scene.signIn(scene.web, { scope: 'invoices.read' });
      const refused = await scene.userInfo(jwt);
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, expect.stringContaining('insufficient_scope')]);
      expect((await scene.userInfo('eyJ.nothing.x')).headers['www-authenticate']).toContain('invalid_token');
    });
  });

  describe('offline access', () => {
    it('gives every session a refresh token, asked for or not', async () => {
      for (const scope of ['openid', 'openid offline_access']) {
        const tokens = await scene.signIn(scene.web, { scope });
        expect((await scene.refresh(scene.web, tokens.refresh_token)).status).toBe(200);
      }
    });
  });
});
