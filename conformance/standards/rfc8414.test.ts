/** OAuth 2.0 Authorization Server Metadata. */
import { beforeAll, describe, expect, it } from 'vitest';
import { openScene, type Scene } from './scene.ts';

const PATH = '/.well-known/oauth-authorization-server';

describe('RFC 8414', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  it('is published at the well-known path as JSON, for every origin', async () => {
    const { status, headers } = await scene.server.request(PATH, { headers: { origin: 'https://app.example.com' } });
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('application/json');
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  it('names the issuer, the endpoints and what they take', async () => {
    const { json } = await scene.server.request(PATH);
    const { issuer } = scene;
    expect(json).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/auth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      introspection_endpoint: `${issuer}/auth/introspect`,
      revocation_endpoint: `${issuer}/auth/revoke`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    });
    expect(json.token_endpoint_auth_signing_alg_values_supported).not.toContain('none');
  });

  it('announces no endpoint that is not there', async () => {
    const { json } = await scene.server.request(PATH);
    const endpoints = Object.entries<string>(json).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri');
    expect(endpoints.length).toBeGreaterThan(4);
    for (const [name, url] of endpoints)
      expect([name, (await scene.server.request(new URL(url).pathname, { method: 'PATCH' })).status]).toEqual([name, 405]);
  });

  it('takes its issuer from the settings, whatever the request calls the host', async () => {
    const { json } = await scene.server.request(PATH, { headers: { host: 'attacker.example.com' } });
    expect(json.issuer).toBe(scene.issuer);
  });
});
