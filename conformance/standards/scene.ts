/** What every chapter needs: a place, somebody with a browser, and an application that asks, by plain requests and without a library. */
import { newPkce, type Pkce, type TestApplication, withSecret } from '../../packages/server/test/applications.ts';
import type { Answer } from '../../packages/server/test/server.ts';
import type { Manners, Person } from '../person.ts';
import { CALLBACK, type Place, startPlace } from '../place.ts';

export type Parameters = Readonly<Record<string, string | null>>;

export interface AuthorizationAnswer {
  /** The parameters that came back. */
  readonly answer: URLSearchParams;
  readonly url: URL;
  readonly pkce: Pkce;
}

export interface Scene extends Place {
  readonly person: Person;
  /** Confidential; asks for `openid invoices.read` unless told otherwise. */
  readonly web: TestApplication;
  /** Public. */
  readonly spa: TestApplication;
  /** The address of an authorization request; a parameter that is null is left out. */
  requestOf(client: TestApplication, parameters?: Parameters, pkce?: Pkce): URL;
  /** Through `/auth`, as the person, to the answer at the redirect URI. */
  ask(client: TestApplication, parameters?: Parameters, manners?: Manners): Promise<AuthorizationAnswer>;
  /** The first answer alone: nothing is followed, nobody is signed in. */
  look(url: URL | string, init?: RequestInit): Promise<Response>;
  token(form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  redeem(client: TestApplication, asked: AuthorizationAnswer, rest?: Readonly<Record<string, string>>): Promise<Answer>;
  refresh(client: TestApplication, refreshToken: string, rest?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The whole of it: the token answer. */
  signIn(client: TestApplication, parameters?: Parameters): Promise<Answer['json']>;
  /** Whether a JWT opens a door. */
  statusOf(jwt: string): Promise<number>;
  userInfo(jwt: string, method?: 'GET' | 'POST'): Promise<Answer>;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export async function openScene(): Promise<Scene> {
  const place = await startPlace();
  const { server } = place;
  const web = await place.application({ name: 'Web', kind: 'confidential' });
  const spa = await place.application({ name: 'Page' });
  const person = await place.newPerson();

  const scene: Scene = {
    ...place,
    ...{ person, web, spa },
    requestOf: (client, parameters = {}, pkce = newPkce()) => {
      const url = new URL('/auth', place.issuer);
      const all = {
        ...{ response_type: 'code', client_id: client.clientId, redirect_uri: CALLBACK, scope: 'openid invoices.read' },
        ...{ state: 'of the application', code_challenge: pkce.challenge, code_challenge_method: 'S256', ...parameters },
      };
      for (const [name, value] of Object.entries(all)) if (value !== null) url.searchParams.set(name, value);
      return url;
    },
    ask: async (client, parameters = {}, manners = {}) => {
      const pkce = newPkce();
      const redirectUri = parameters.redirect_uri ?? client.redirectUris[0] ?? CALLBACK;
      const asked = scene.requestOf(client, { redirect_uri: redirectUri, ...parameters }, pkce);
      const url = await person.answerTo(asked, redirectUri, manners);
      return { answer: url.searchParams, url, pkce };
    },
    look: (url, init = {}) => fetch(url, { redirect: 'manual', ...init }),
    token: (form, headers = {}) =>
      server.request('/auth/token', {
        method: 'POST',
        body: new URLSearchParams(form).toString(),
        headers: { ...FORM, ...headers },
      }),
    redeem: (client, { answer, url, pkce }, rest = {}) =>
      scene.token({
        ...{ grant_type: 'authorization_code', code: answer.get('code') ?? '', code_verifier: pkce.verifier },
        redirect_uri: url.href.slice(0, url.href.search(/[?&](code|error)=/)),
        ...withSecret(client),
        ...rest,
      }),
    refresh: (client, refreshToken, rest = {}) =>
      scene.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...withSecret(client), ...rest }),
    signIn: async (client, parameters) => {
      const answered = await scene.redeem(client, await scene.ask(client, parameters));
      if (answered.status !== 200) throw new Error(answered.text);
      return answered.json;
    },
    statusOf: async (jwt) => (await server.request('/verify/api/invoices', { bearer: jwt })).status,
    userInfo: (jwt, method = 'GET') => server.request('/auth/userinfo', { method, bearer: jwt }),
  };
  return scene;
}

/** By HTTP Basic (RFC 6749 §2.3.1). */
export const basic = ({ clientId, secret }: TestApplication): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
});

export const errorOf = ({ status, json }: Answer): [number, string] => [status, json.error];
