/** OpenID Connect Discovery 1.0. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startProgram } from '../../packages/server/test/program.ts';
import { openScene, type Scene } from './scene.ts';

const PATH = '/.well-known/openid-configuration';

describe('OpenID Connect Discovery', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
    return () => scene.stop();
  });

  it('publishes the configuration below the issuer, which it names letter by letter', async () => {
    const response = await fetch(`${scene.issuer}${PATH}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('application/json')]);
    expect((await response.json()).issuer).toBe(scene.issuer);
  });

  it('has every member that is required, and those that are recommended', async () => {
    const { json } = await scene.server.request(PATH);
    expect(json).toMatchObject({
      authorization_endpoint: `${scene.issuer}/auth`,
      token_endpoint: `${scene.issuer}/auth/token`,
      userinfo_endpoint: `${scene.issuer}/auth/userinfo`,
      end_session_endpoint: `${scene.issuer}/auth/logout`,
      jwks_uri: `${scene.issuer}/.well-known/jwks.json`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      scopes_supported: expect.arrayContaining(['openid', 'profile', 'email', 'offline_access']),
      claims_supported: expect.arrayContaining(['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'email']),
    });
    expect(json.id_token_signing_alg_values_supported).toContain('ES256');
    expect(json.id_token_signing_alg_values_supported).not.toContain('none');
  });

  it('says plainly what it does not do', async () => {
    const { json } = await scene.server.request(PATH);
    expect(json).toMatchObject({
      ...{ claims_parameter_supported: false, request_parameter_supported: false, request_uri_parameter_supported: false },
    });
    expect(json).not.toHaveProperty('registration_endpoint');
    expect(json).not.toHaveProperty('check_session_iframe');
  });

  it('announces RS256 and has a key for it when the operator selects it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyhouse-rs256-'));
    const program = await startProgram({
      KEYHOUSE_DATABASE_URL: `sqlite:${join(folder, 'keyhouse.db')}`,
      KEYHOUSE_SIGNING_ALGORITHM: 'RS256',
    });
    try {
      const at = async (path: string) => (await fetch(program.origin + path)).json();
      expect((await at(PATH)).id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256']);
      expect((await at('/.well-known/jwks.json')).keys).toContainEqual(expect.objectContaining({ kty: 'RSA', alg: 'RS256' }));
    } finally {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('publishes public keys alone, each with its id, its use and its algorithm', async () => {
    const { json } = await scene.server.request('/.well-known/jwks.json');
    expect(json.keys.length).toBeGreaterThan(0);
    for (const key of json.keys) {
      expect(key).toMatchObject({ kid: expect.any(String), use: 'sig', alg: expect.any(String) });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
    }
    expect(new Set(json.keys.map(({ kid }: { kid: string }) => kid)).size).toBe(json.keys.length);
  });
});
