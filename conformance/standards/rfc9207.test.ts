/** OAuth 2.0 Authorization Server Issuer Identification. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openScene, type Scene } from './scene.ts';

describe('RFC 9207', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  it('says who answers, with a code', async () => {
    expect((await scene.ask(scene.spa)).answer.get('iss')).toBe(scene.issuer);
  });

  it('says who answers, with an error', async () => {
    expect((await scene.ask(scene.spa, { scope: 'keyhouse.verify' })).answer.get('iss')).toBe(scene.issuer);
    const denied = await scene.ask(scene.spa, { prompt: 'consent' }, { decision: 'deny' });
    expect([denied.answer.get('error'), denied.answer.get('iss')]).toEqual(['access_denied', scene.issuer]);
    expect((await scene.ask(scene.spa, { prompt: 'none', scope: 'services.write' })).answer.get('iss')).toBe(scene.issuer);
  });

  it('announces it in its metadata, where the issuer is the same letter by letter', async () => {
    const { json } = await scene.server.request('/.well-known/oauth-authorization-server');
    expect(json).toMatchObject({ authorization_response_iss_parameter_supported: true, issuer: scene.issuer });
  });
});
