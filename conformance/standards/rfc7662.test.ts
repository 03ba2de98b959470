/** OAuth 2.0 Token Introspection. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../packages/server/test/server.ts';
import { basic, errorOf, openScene, type Scene } from './scene.ts';

describe('RFC 7662', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  const introspect = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
    scene.server.request('/auth/introspect', {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });

  it('tells a client what its JWT is good for', async () => {
    const tokens = await scene.signIn(scene.web);
    const { status, json, headers } = await introspect({ token: tokens.access_token }, basic(scene.web));
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(json).toMatchObject({
      ...{ active: true, token_type: 'Bearer', scope: 'invoices.read openid', client_id: scene.web.clientId },
      ...{ iss: scene.issuer, aud: scene.issuer, sub: expect.stringMatching(/^user:\d+$/), jti: expect.any(String) },
    });
    expect(json.exp - json.iat).toBe(600);
  });

  it('tells a client whether its refresh token lives', async () => {
    const { refresh_token: token } = await scene.signIn(scene.web);
    expect((await introspect({ token }, basic(scene.web))).json).toMatchObject({ active: true, client_id: scene.web.clientId });
    await scene.server.request('/auth/revoke', { body: { token }, headers: basic(scene.web) });
    expect((await introspect({ token }, basic(scene.web))).json).toEqual({ active: false });
  });

  it('tells a resource server about every token', async () => {
    const { text } = await scene.server.key(1, { permissions: ['keyhouse.verify'] });
    const { access_token: token } = await scene.signIn(scene.spa);
    const bearer = { authorization: `Bearer ${text}` };
    expect((await introspect({ token, token_type_hint: 'refresh_token' }, bearer)).json).toMatchObject({ active: true });
  });

  it('says no more than that it is not active of what is over, unknown, or of another client', async () => {
    const { access_token: foreign, refresh_token: other } = await scene.signIn(scene.spa);
    const { access_token: late } = await scene.signIn(scene.web);
    for (const token of [foreign, other, 'nothing', `${late.slice(0, -4)}AAAA`])
      expect((await introspect({ token }, basic(scene.web))).json).toEqual({ active: false });
    scene.server.advance(601_000);
    expect((await introspect({ token: late }, basic(scene.web))).json).toEqual({ active: false });
  });

  it('answers nobody who does not prove who they are', async () => {
    const { access_token: token } = await scene.signIn(scene.web);
    expect((await introspect({ token })).status).toBe(401);
    expect(errorOf(await introspect({ token, client_id: scene.spa.clientId }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await introspect({ token }, basic({ ...scene.web, secret: 'wrong' })))).toEqual([401, 'invalid_client']);
    expect((await introspect({ token }, { authorization: `Bearer ${token}` })).status).toBe(403);
  });

  it('wants a token', async () => {
    expect(errorOf(await introspect({}, basic(scene.web)))).toEqual([400, 'invalid_request']);
  });
});
