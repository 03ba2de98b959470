/** OAuth 2.0 Token Revocation. */
import { beforeAll, describe, expect, it } from 'vitest';
import { withSecret } from '../../packages/server/test/applications.ts';
import type { Answer } from '../../packages/server/test/server.ts';
import { basic, errorOf, openScene, type Scene } from './scene.ts';

describe('RFC 7009', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  const revoke = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
    scene.server.request('/auth/revoke', {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });

  it('ends a session with its refresh token, and the JWTs with it', async () => {
    const tokens = await scene.signIn(scene.web);
    expect((await revoke({ token: tokens.refresh_token, ...withSecret(scene.web) })).status).toBe(200);
    expect(errorOf(await scene.refresh(scene.web, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
    expect(await scene.statusOf(tokens.access_token)).toBe(401);
  });

  it('ends it with a JWT of it, too', async () => {
    const tokens = await scene.signIn(scene.web);
    expect((await revoke({ token: tokens.access_token }, basic(scene.web))).status).toBe(200);
    expect(await scene.statusOf(tokens.access_token)).toBe(401);
    expect(errorOf(await scene.refresh(scene.web, tokens.refresh_token))).toEqual([400, 'invalid_grant']);
  });

  it('ends it with an old refresh token, too', async () => {
    const tokens = await scene.signIn(scene.spa);
    const next = (await scene.refresh(scene.spa, tokens.refresh_token)).json;
    expect((await revoke({ token: tokens.refresh_token, client_id: scene.spa.clientId })).status).toBe(200);
    expect(errorOf(await scene.refresh(scene.spa, next.refresh_token))).toEqual([400, 'invalid_grant']);
  });

  it('finds a token whatever the hint says', async () => {
    for (const hint of ['access_token', 'refresh_token', 'something_else']) {
      const { refresh_token: token, access_token: jwt } = await scene.signIn(scene.web);
      expect((await revoke({ token, token_type_hint: hint }, basic(scene.web))).status).toBe(200);
      expect(await scene.statusOf(jwt)).toBe(401);
    }
  });

  it('answers the same for a token that is not known, or is over already', async () => {
    const { refresh_token: token } = await scene.signIn(scene.web);
    for (const text of [token, token, 'kh_refresh_nothing', 'nothing'])
      expect((await revoke({ token: text }, basic(scene.web))).status).toBe(200);
  });

  it('lets no other client end it, and tells that client nothing', async () => {
    const tokens = await scene.signIn(scene.web);
    for (const token of [tokens.refresh_token, tokens.access_token])
      expect((await revoke({ token, client_id: scene.spa.clientId })).status).toBe(200);
    expect(await scene.statusOf(tokens.access_token)).toBe(200);
    expect((await scene.refresh(scene.web, tokens.refresh_token)).status).toBe(200);
  });

  it('wants the client to prove itself, and a token', async () => {
    const { refresh_token: token } = await scene.signIn(scene.web);
    expect(errorOf(await revoke({ token, client_id: scene.web.clientId, client_secret: 'wrong' }))).toEqual([
      401,
      'invalid_client',
    ]);
    expect(errorOf(await revoke({ token, client_id: scene.web.clientId }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await revoke({ token }))).toEqual([401, 'invalid_client']);
    expect(errorOf(await revoke({}, basic(scene.web)))).toEqual([400, 'invalid_request']);
  });

  it('answers pages of other origins', async () => {
    const { refresh_token: token } = await scene.signIn(scene.spa);
    const answer = await revoke({ token, client_id: scene.spa.clientId }, { origin: 'https://app.example.com' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, '*']);
  });
});
