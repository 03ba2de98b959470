/** The OAuth 2.0 Authorization Framework. */
import { beforeAll, describe, expect, it } from 'vitest';
import { withSecret } from '../../packages/server/test/applications.ts';
import { CALLBACK } from '../place.ts';
import { basic, errorOf, openScene, type Scene } from './scene.ts';

const MINUTE_MS = 60_000;

describe('RFC 6749', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  describe('the authorization endpoint', () => {
    it('takes an authorization request by GET, and as a form by POST', async () => {
      const { pathname, search, origin } = scene.requestOf(scene.spa);
      const posted = { method: 'POST', body: new URLSearchParams(search) };
      const shown = await scene.person.browse(origin + pathname, {
        init: posted,
        isThere: ({ href }) => href.startsWith(CALLBACK),
      });
      expect(shown.url.searchParams.get('code')).toMatch(/^kh_code_/);
      expect((await scene.ask(scene.spa)).answer.get('code')).toMatch(/^kh_code_/);
    });

    it('passes over parameters that it does not know, and takes one without a value as left out', async () => {
      const { answer } = await scene.ask(scene.spa, { extra: 'foobar', prompt: '', nonce: '', display: '' });
      expect(answer.get('code')).toMatch(/^kh_code_/);
    });

    it('refuses a parameter that is repeated', async () => {
      const url = scene.requestOf(scene.spa);
      url.searchParams.append('scope', 'services.read');
      expect((await scene.person.answerTo(url, CALLBACK)).searchParams.get('error')).toBe('invalid_request');
      for (const name of ['client_id', 'redirect_uri']) {
        const doubled = scene.requestOf(scene.spa);
        doubled.searchParams.append(name, doubled.searchParams.get(name) ?? '');
        const shown = await scene.look(doubled);
        expect([shown.status, shown.headers.get('location')]).toEqual([400, null]);
      }
    });

    it('wants a response_type, and knows none but code', async () => {
      const { answer } = await scene.ask(scene.spa, { response_type: null });
      expect(answer.get('error')).toBe('invalid_request');
      for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none'])
        expect((await scene.ask(scene.spa, { response_type: type })).answer.get('error')).toBe('unsupported_response_type');
    });

    it('shows a page where the redirect URI is not registered, and sends the browser nowhere', async () => {
      for (const uri of [
        'https://attacker.example.com/',
        `${CALLBACK}/more`,
        `${CALLBACK}?more=1`,
        `${CALLBACK}#more`,
        'callback',
      ]) {
        const shown = await scene.look(scene.requestOf(scene.spa, { redirect_uri: uri }));
        expect([uri, shown.status, shown.headers.get('location')]).toEqual([uri, 400, null]);
      }
    });

    it('shows a page where the client is not known', async () => {
      for (const clientId of ['app_0000000000000000000000', null]) {
        const shown = await scene.look(scene.requestOf(scene.spa, { client_id: clientId }));
        expect([shown.status, shown.headers.get('location')]).toEqual([400, null]);
      }
    });

    it('does without redirect_uri where just one is registered', async () => {
      const asked = await scene.person.answerTo(scene.requestOf(scene.spa, { redirect_uri: null }), CALLBACK);
      expect(asked.searchParams.get('code')).toMatch(/^kh_code_/);
      const two = await scene.application({ redirectUris: [CALLBACK, 'https://app.example.com/other'] });
      expect((await scene.look(scene.requestOf(two, { redirect_uri: null }))).status).toBe(400);
    });

    it('keeps the query of a registered redirect URI', async () => {
      const uri = 'https://app.example.com/callback?tenant=7';
      const client = await scene.application({ redirectUris: [uri] });
      const asked = await scene.ask(client);
      expect(asked.url.href.startsWith(`${uri}&code=`)).toBe(true);
      expect((await scene.redeem(client, asked)).status).toBe(200);
    });

    it('gives the state back as it came, with a code and with an error', async () => {
      const state = 'ä&=?#%20 "\'<>\\ 🙂';
      expect((await scene.ask(scene.spa, { state })).answer.get('state')).toBe(state);
      const denied = await scene.ask(scene.spa, { state, prompt: 'consent' }, { decision: 'deny' });
      expect([denied.answer.get('error'), denied.answer.get('state')]).toEqual(['access_denied', state]);
      expect((await scene.ask(scene.spa, { state: null })).answer.has('state')).toBe(false);
    });

    it('refuses a scope that cannot be read, or that the application may not ask for', async () => {
      for (const scope of ['invoices.read\tservices.read', 'invoices.read "', 'invoices.*', 'keyhouse.verify'])
        expect([scope, (await scene.ask(scene.spa, { scope })).answer.get('error')]).toEqual([scope, 'invalid_scope']);
    });
  });

  describe('the token endpoint', () => {
    it('answers POST alone', async () => {
      const got = await scene.server.request('/auth/token');
      expect([got.status, got.headers.allow]).toEqual([405, 'POST']);
    });

    it('answers with tokens that no cache may keep', async () => {
      const answered = await scene.redeem(scene.web, await scene.ask(scene.web));
      expect(answered.status).toBe(200);
      expect(answered.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
      expect(answered.headers['content-type']).toContain('application/json');
      expect(answered.json).toMatchObject({
        ...{ token_type: 'Bearer', expires_in: 600, scope: 'invoices.read openid' },
        ...{ access_token: expect.stringMatching(/^eyJ/), refresh_token: expect.stringMatching(/^kh_refresh_/) },
      });
    });

    it('takes the client secret by Basic, form-encoded, or in the body', async () => {
      const { client_secret: _secret, ...named } = withSecret(scene.web) as Record<string, string>;
      const form = async () => {
        const { answer, pkce } = await scene.ask(scene.web);
        const code = { code: answer.get('code') ?? '', code_verifier: pkce.verifier };
        return { grant_type: 'authorization_code', redirect_uri: CALLBACK, ...code };
      };
      expect((await scene.token(await form(), basic(scene.web))).status).toBe(200);
      expect((await scene.token({ ...(await form()), ...named }, basic(scene.web))).status).toBe(200);
      const encoded = { ...scene.web, clientId: scene.web.clientId.replace('_', '%5F') };
      expect((await scene.token(await form(), basic(encoded))).status).toBe(200);
      expect((await scene.token({ ...(await form()), ...withSecret(scene.web) })).status).toBe(200);
    });

    it('refuses two ways of client authentication at once', async () => {
      const asked = await scene.ask(scene.web);
      const form = { grant_type: 'authorization_code', code: asked.answer.get('code') ?? '', ...withSecret(scene.web) };
      expect(errorOf(await scene.token(form, basic(scene.web)))).toEqual([400, 'invalid_request']);
    });

    it('answers a client that cannot prove itself with 401, and says how it could', async () => {
      const form = { grant_type: 'client_credentials', client_id: scene.web.clientId };
      for (const answer of [
        await scene.token({ ...form, client_secret: 'wrong' }),
        await scene.token(form),
        await scene.token({ grant_type: 'client_credentials' }),
        await scene.token({ grant_type: 'client_credentials' }, basic({ ...scene.web, secret: 'wrong' })),
      ]) {
        expect(errorOf(answer)).toEqual([401, 'invalid_client']);
        expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
      }
    });

    it('names what is wrong in the words of the standard', async () => {
      const { web, spa } = scene;
      const secret = withSecret(web);
      const tokens = await scene.signIn(web);
      expect(errorOf(await scene.token({ ...secret }))).toEqual([400, 'invalid_request']);
      expect(errorOf(await scene.token({ ...secret, grant_type: 'authorization_code' }))).toEqual([400, 'invalid_request']);
      expect(errorOf(await scene.token({ ...secret, grant_type: 'refresh_token' }))).toEqual([400, 'invalid_request']);
      expect(errorOf(await scene.token({ ...secret, grant_type: 'password' }))).toEqual([400, 'unsupported_grant_type']);
      expect(errorOf(await scene.refresh(web, 'kh_refresh_nothing'))).toEqual([400, 'invalid_grant']);
      expect(errorOf(await scene.refresh(web, tokens.refresh_token, { scope: 'x.write' }))).toEqual([400, 'invalid_scope']);
      const alone = { grant_type: 'client_credentials', client_id: spa.clientId };
      expect(errorOf(await scene.token(alone))).toEqual([400, 'unauthorized_client']);
    });

    it('refuses a parameter that is repeated there, too', async () => {
      const form = `grant_type=client_credentials&grant_type=refresh_token&client_id=${scene.spa.clientId}`;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await scene.server.request('/auth/token', { method: 'POST', body: form, headers });
      expect(errorOf(answer)).toEqual([400, 'invalid_request']);
    });
  });

  describe('codes', () => {
    it('are good once, and the second time end what the first one bought', async () => {
      const asked = await scene.ask(scene.web);
      const first = await scene.redeem(scene.web, asked);
      expect(first.status).toBe(200);
      expect(await scene.statusOf(first.json.access_token)).toBe(200);
      expect(errorOf(await scene.redeem(scene.web, asked))).toEqual([400, 'invalid_grant']);
      expect(await scene.statusOf(first.json.access_token)).toBe(401);
      expect(errorOf(await scene.refresh(scene.web, first.json.refresh_token))).toEqual([400, 'invalid_grant']);
    });

    it('end what they bought also when they come again half a minute later', async () => {
      const asked = await scene.ask(scene.web);
      const first = await scene.redeem(scene.web, asked);
      scene.server.advance(MINUTE_MS / 2);
      expect(errorOf(await scene.redeem(scene.web, asked))).toEqual([400, 'invalid_grant']);
      expect(await scene.statusOf(first.json.access_token)).toBe(401);
    });

    it('are good for a minute', async () => {
      const [early, late] = [await scene.ask(scene.web), await scene.ask(scene.web)];
      scene.server.advance(MINUTE_MS - 5000);
      expect((await scene.redeem(scene.web, early)).status).toBe(200);
      scene.server.advance(6000);
      expect(errorOf(await scene.redeem(scene.web, late))).toEqual([400, 'invalid_grant']);
    });

    it('are bound to the client and to the redirect URI', async () => {
      const asked = await scene.ask(scene.web);
      const other = await scene.application({ kind: 'confidential' });
      expect(errorOf(await scene.redeem(other, asked))).toEqual([400, 'invalid_grant']);
      const elsewhere = { redirect_uri: 'https://app.example.com/other' };
      expect(errorOf(await scene.redeem(scene.web, asked, elsewhere))).toEqual([400, 'invalid_grant']);
      // What failed has used nothing up.
      expect((await scene.redeem(scene.web, asked)).status).toBe(200);
    });
  });

  describe('refreshing', () => {
    it('gives a JWT with the scope of the session, or with a part of it', async () => {
      const tokens = await scene.signIn(scene.web, { scope: 'invoices.read services.read' });
      const narrow = await scene.refresh(scene.web, tokens.refresh_token, { scope: 'services.read' });
      expect(narrow.json.scope).toBe('services.read');
      const whole = await scene.refresh(scene.web, narrow.json.refresh_token);
      expect(whole.json.scope).toBe('invoices.read services.read');
    });

    it('is for the client that the token was issued to', async () => {
      const tokens = await scene.signIn(scene.web);
      const other = await scene.application({ kind: 'confidential' });
      expect(errorOf(await scene.refresh(other, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
      expect((await scene.refresh(scene.web, tokens.refresh_token)).status).toBe(200);
    });
  });

  describe('client credentials', () => {
    it('give a JWT of the application, and no refresh token', async () => {
      const client = await scene.application({ kind: 'confidential', ownPermissions: ['invoices.read', 'reports.read'] });
      const { status, json } = await scene.token({ grant_type: 'client_credentials', scope: 'invoices.read' }, basic(client));
      expect([status, json.scope, json.refresh_token]).toEqual([200, 'invoices.read', undefined]);
      expect(await scene.statusOf(json.access_token)).toBe(200);
      const wide = { grant_type: 'client_credentials', scope: 'invoices.write' };
      expect(errorOf(await scene.token(wide, basic(client)))).toEqual([400, 'invalid_scope']);
    });
  });
});
