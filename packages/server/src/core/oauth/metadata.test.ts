import { expect, it } from 'vitest';
import { authorizationServerMetadata, openIdConfiguration } from './metadata.ts';

const ABOUT = { issuer: 'https://keys.example.com', signingAlgorithms: ['ES256', 'RS256'], permissions: ['invoices.read'] };

it('names every endpoint below the issuer, and what RFC 8414 §2 and OpenID Connect Discovery §3 require', () => {
  const metadata = openIdConfiguration(ABOUT);
  expect(metadata.issuer).toBe(ABOUT.issuer);
  const urls = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
  expect(urls.map(([name]) => name).sort()).toEqual([
    ...['authorization_endpoint', 'end_session_endpoint', 'introspection_endpoint', 'jwks_uri', 'revocation_endpoint'],
    ...['token_endpoint', 'userinfo_endpoint'],
  ]);
  for (const [name, url] of urls) expect(url, name).toMatch(/^https:\/\/keys\.example\.com\//);
  expect(metadata).toMatchObject({
    ...{ scopes_supported: expect.arrayContaining(['openid', 'invoices.read']), response_types_supported: ['code'] },
    ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256', 'RS256'] },
    ...{ code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true },
  });
});

it('says in both documents the same, and of OpenID Connect nothing in the one of OAuth', () => {
  const [oauth, openId] = [authorizationServerMetadata(ABOUT), openIdConfiguration(ABOUT)];
  expect(openId).toMatchObject(oauth);
  expect(oauth).not.toHaveProperty('userinfo_endpoint');
});

it('offers no client that introspects without proving itself, no unsigned ID token, and no request object', () => {
  const metadata = openIdConfiguration(ABOUT);
  expect(metadata.introspection_endpoint_auth_methods_supported).not.toContain('none');
  expect(metadata.token_endpoint_auth_methods_supported).toContain('none');
  expect(metadata.token_endpoint_auth_signing_alg_values_supported.join()).not.toMatch(/none|HS/);
  expect([metadata.request_parameter_supported, metadata.request_uri_parameter_supported]).toEqual([false, false]);
});
