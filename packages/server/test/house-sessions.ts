/** Applications and the sessions that users grant them, over a `House`. */
import { createHash, randomBytes } from 'node:crypto';
import { type Application, type ApplicationSettings, DEFAULT_SETTINGS } from '../src/core/applications/application.ts';
import type { AuthenticatedClient } from '../src/core/oauth/client.ts';
import type { OpenedSignIn } from '../src/core/sign-ins/open-sign-in.ts';
import { type House, OPERATOR } from './house.ts';
import { asUser, type HouseUser, userNow } from './house-things.ts';

export const CALLBACK = 'https://app.example.com/callback';

export type HouseApplication = Application & { readonly secret: string | null };

interface Wish extends Partial<ApplicationSettings> {
  readonly kind?: Application['kind'];
  readonly isFirstParty?: boolean;
  readonly isVerified?: boolean;
}

export async function newApplication({ keyhouse }: House, accountId: number, wish: Wish = {}): Promise<HouseApplication> {
  const { kind = 'public', isFirstParty = false, isVerified = false, ...settings } = wish;
  const made = await keyhouse.applications.create(
    {
      ...{ accountId, kind, isFirstParty, isVerified },
      settings: { ...DEFAULT_SETTINGS, name: 'Ledger', redirectUris: [CALLBACK], ...settings },
    },
    OPERATOR,
  );
  if (!made.ok) throw new Error(JSON.stringify(made));
  return { ...made.value.application, secret: made.value.secret };
}

/** A browser that is signed in. `browser`: the mark of a previous one. */
export async function signIn({ keyhouse }: House, user: HouseUser, browser: string | null = null): Promise<OpenedSignIn> {
  const opened = await keyhouse.signIns.open({
    ...{ user, methods: ['password'], passwordHash: 'none', addressHash: null, browser, by: asUser(user) },
  });
  if (!opened.ok) throw new Error(opened.reason);
  return opened.value;
}

/** The user who comes to `/auth` with that browser. */
export async function personOf(house: House, user: HouseUser, { signIn: { id, provedAtMs } }: OpenedSignIn) {
  return { id, user: await userNow(house, user), provedAtMs };
}

export async function clientOf({ keyhouse }: House, { clientId, secret }: HouseApplication): Promise<AuthenticatedClient> {
  const proof = secret === null ? ({ method: 'none', clientId } as const) : ({ method: 'secret', clientId, secret } as const);
  const found = await keyhouse.oauth.authenticateClient(proof);
  if (!found.ok) throw new Error(found.reason);
  return found.value;
}

export function newPkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export const parametersOf = (given: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> =>
  new Map(Object.entries(given).map(([name, value]) => [name, [value]]));

/** A code, after the consent of a signed-in user. */
export async function newCode(
  house: House,
  { user, opened, application, scope }: { user: HouseUser; opened: OpenedSignIn; application: HouseApplication; scope: string },
): Promise<{ readonly code: string; readonly verifier: string }> {
  const { verifier, challenge } = newPkce();
  const person = await personOf(house, user, opened);
  const asked = { response_type: 'code', client_id: application.clientId, redirect_uri: CALLBACK, scope };
  const parameters = parametersOf({ ...asked, code_challenge: challenge, code_challenge_method: 'S256' });
  const { oauth } = house.keyhouse;
  const first = await oauth.authorize(parameters, person, asUser(user));
  const answer = { isAllowed: true, accountId: null, permissions: null };
  const went =
    first.go === 'page' ? await oauth.answerConsent({ ...answer, request: first.request }, person, asUser(user)) : first;
  const location = typeof went === 'object' && 'location' in went ? went.location : '';
  const code = location === '' ? null : new URL(location).searchParams.get('code');
  if (code === null) throw new Error(JSON.stringify(went));
  return { code, verifier };
}

export interface HouseSession {
  readonly jwt: string;
  readonly refreshToken: string;
  readonly scope: string;
  readonly idToken: string | undefined;
  readonly id: string;
}

/** A session that a user granted to an application. */
export async function openSession(
  house: House,
  about: Omit<Parameters<typeof newCode>[1], 'scope'> & { readonly scope?: string },
): Promise<HouseSession> {
  const { code, verifier } = await newCode(house, { scope: 'invoices.read', ...about });
  const client = await clientOf(house, about.application);
  const redemption = { code, verifier, redirectUri: CALLBACK };
  const answered = await house.keyhouse.oauth.tokenByCode(client, redemption, asUser(about.user));
  if (!answered.ok) throw new Error(answered.description);
  const { access_token: jwt, refresh_token: refreshToken = '', scope, id_token: idToken } = answered.value;
  return { jwt, refreshToken, scope, idToken, id: String(claimsOf(jwt).sid) };
}

export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'));
