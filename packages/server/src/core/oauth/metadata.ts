/** What a client can discover: RFC 8414, and OpenID Connect Discovery §3, which requires a little more. */
import { IDENTITY_SCOPES } from '@keyhouse/protocol';
import { CLIENT_KEY_ALGORITHMS } from '../applications/client-keys.ts';
import { PROMPTS } from './request.ts';

interface IssuerFacts {
  readonly issuer: string;
  /** Of the signing key in use, and of the next. */
  readonly signingAlgorithms: readonly string[];
  /** Permissions that applications may ask for; empty while the catalogue is. */
  readonly permissions: readonly string[];
}

const METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const PROVING_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

export function authorizationServerMetadata({ issuer, permissions }: IssuerFacts) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/auth/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    introspection_endpoint: `${issuer}/auth/introspect`,
    revocation_endpoint: `${issuer}/auth/revoke`,
    scopes_supported: [...permissions, ...IDENTITY_SCOPES],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: [...METHODS],
    token_endpoint_auth_signing_alg_values_supported: [...CLIENT_KEY_ALGORITHMS],
    introspection_endpoint_auth_methods_supported: [...PROVING_METHODS],
    revocation_endpoint_auth_methods_supported: [...METHODS],
    authorization_response_iss_parameter_supported: true,
    service_documentation: `${issuer}/docs`,
  };
}

export function openIdConfiguration(about: IssuerFacts) {
  const { issuer, signingAlgorithms } = about;
  return {
    ...authorizationServerMetadata(about),
    userinfo_endpoint: `${issuer}/auth/userinfo`,
    end_session_endpoint: `${issuer}/auth/logout`,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...signingAlgorithms],
    prompt_values_supported: [...PROMPTS],
    claim_types_supported: ['normal'],
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'sid'],
      ...['name', 'given_name', 'family_name', 'updated_at', 'email', 'email_verified'],
    ],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  };
}
