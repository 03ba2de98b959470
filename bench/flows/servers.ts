/**
 * The servers whose token endpoints are measured: each with a user, a public client that refreshes, and a confidential one that
 * acts by itself.
 */
import { join } from 'node:path';
import { here } from '../say.ts';
import { emptyDatabase, keyhouse, newFolder, serve, start } from '../servers.ts';
import type { TokenServer } from './sessions.ts';
import { API, CALLBACK, PERSON, SCOPE, SERVICE_SECRET } from './wish.ts';

const PEERS_CLIENTS = { clientId: 'app', service: { id: 'service', secret: SERVICE_SECRET } };

export const startOidcProviderTokens = async (): Promise<TokenServer> => ({
  ...(await start(here('peers/oidc-provider-tokens.ts'), (port) => [String(port)])),
  ...PEERS_CLIENTS,
  name: 'oidc-provider',
  authorizePath: '/auth',
  tokenPath: '/token',
  resource: API,
});

export const startBetterAuthTokens = async (name: string): Promise<TokenServer> => ({
  ...(await start(here('peers/better-auth-tokens.ts'), (port) => [
    String(port),
    join(newFolder(`better-auth-${name}`), 'better-auth.db'),
  ])),
  ...PEERS_CLIENTS,
  name: 'better-auth',
  authorizePath: '/api/auth/oauth2/authorize',
  tokenPath: '/api/auth/oauth2/token',
  logInPath: '/api/auth/sign-in/email',
  // Without it there is no refresh token, and without the API no JWT.
  extraScope: 'offline_access',
  resource: API,
});

/** Keyhouse with a user, a public application that is the operator's own, and a confidential one that acts by itself. */
export async function startKeyhouseTokens(name: string, more: Record<string, string> = {}): Promise<TokenServer> {
  const path = emptyDatabase(name);
  keyhouse(['user', 'create', '--email', PERSON.email, '--password', PERSON.password], path);
  const create = ['app', 'create', '--account', '1', '--json'];
  const app = keyhouse([...create, '--name', 'bench', '--public', '--first-party', '--redirect-uri', CALLBACK], path);
  const own = SCOPE.replaceAll(' ', ',');
  const service = keyhouse([...create, '--name', 'service', '--redirect-uri', CALLBACK, '--own-permissions', own], path);
  const { client_id: clientId } = JSON.parse(app) as { client_id: string };
  const { client_id: id, client_secret: secret } = JSON.parse(service) as { client_id: string; client_secret: string };
  return {
    ...(await serve(path, more)),
    ...{ name: 'Keyhouse', clientId, service: { id, secret } },
    authorizePath: '/auth',
    tokenPath: '/auth/token',
    logInPath: '/dashboard/api/log-in',
  };
}
