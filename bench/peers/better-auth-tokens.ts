/**
 * better-auth's token endpoint (its OAuth provider and JWT plugins), at its best: SQLite in WAL that is not synced at each
 * commit, the clients and the API cached in memory, limits off, signing keys stored in the clear so that none is decrypted for a
 * signature, JWTs by ES256, and no ID token. Refresh tokens rotate, as they always do there.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import SQLite from 'better-sqlite3';
import { API, CALLBACK, PERSON, SCOPE, SERVICE_SECRET } from '../flows/wish.ts';

const [port, path] = [Number(process.argv[2]), process.argv[3] ?? ''];
const database = new SQLite(path);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');
database.pragma('mmap_size = 1073741824');

const made: string[] = [];
const off = { token: false, authorize: false, introspect: false, revoke: false, register: false, userinfo: false } as const;
const provider = oauthProvider({
  loginPage: '/login',
  consentPage: '/consent',
  scopes: ['offline_access', ...SCOPE.split(' ')],
  resources: [API],
  cachedResources: new Set([API]),
  enforcePerClientResources: false,
  cachedTrustedClients: new Set(['app', 'service']),
  generateClientId: () => (made.push('') === 1 ? 'app' : 'service'),
  generateClientSecret: () => SERVICE_SECRET,
  accessTokenExpiresIn: 600,
  m2mAccessTokenExpiresIn: 600,
  clientPrivileges: () => true,
  rateLimit: off,
  silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
});
const options = {
  database,
  baseURL: `http://127.0.0.1:${port}`,
  secret: randomBytes(32).toString('base64'),
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  emailAndPassword: { enabled: true },
  plugins: [
    jwt({ jwks: { keyPairConfig: { alg: 'ES256' }, disablePrivateKeyEncryption: true }, disableSettingJwtHeader: true }),
    provider,
  ],
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);
const { headers } = await auth.api.signUpEmail({ body: { ...PERSON, name: 'Bench' }, returnHeaders: true });
const cookie = headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ');
const asPerson = { headers: new Headers({ cookie }) };
await auth.api.adminCreateOAuthClient({
  ...asPerson,
  body: {
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    scope: `offline_access ${SCOPE}`,
    skip_consent: true,
  },
});
await auth.api.adminCreateOAuthClient({
  ...asPerson,
  body: {
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'],
    client_credentials_scopes: SCOPE.split(' '),
  },
});
createServer(toNodeHandler(auth)).listen(port, '127.0.0.1');
