/** OpenID Connect RP-Initiated Logout 1.0. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import type { Person } from '../person.ts';
import { CALLBACK } from '../place.ts';
import { openScene, type Scene } from './scene.ts';

const BYE = 'https://app.example.com/bye';

describe('OpenID Connect RP-Initiated Logout', () => {
  let scene: Scene;
  let client: TestApplication;
  let idToken: string;
  let jwt: string;
  beforeAll(async () => {
    scene = await openScene();
    client = await scene.application({ kind: 'confidential', postLogoutRedirectUris: [BYE] });
    return () => scene.stop();
  });
  beforeEach(async () => {
    ({ id_token: idToken, access_token: jwt } = await scene.signIn(client));
    scene.person.met.length = 0;
  });

  const logoutOf = (parameters: Record<string, string>): URL =>
    new URL(`/auth/logout?${new URLSearchParams(parameters)}`, scene.issuer);

  async function isLoggedIn(person: Person = scene.person): Promise<boolean> {
    const answer = await person.answerTo(scene.requestOf(client, { prompt: 'none' }), CALLBACK);
    return answer.searchParams.get('error') !== 'login_required';
  }

  it('announces its endpoint', async () => {
    const { json } = await scene.server.request('/.well-known/openid-configuration');
    expect(json.end_session_endpoint).toBe(`${scene.issuer}/auth/logout`);
  });

  it('logs out and comes back with the state, without a question, when the ID token is at hand', async () => {
    const wish = { id_token_hint: idToken, post_logout_redirect_uri: BYE, state: 'x y' };
    const back = await scene.person.answerTo(logoutOf(wish), BYE);
    expect([back.searchParams.get('state'), scene.person.met]).toEqual(['x y', []]);
    expect(await isLoggedIn()).toBe(false);
    expect(await scene.statusOf(jwt)).toBe(401);
  });

  it('takes the wish by POST as well', async () => {
    const body = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: BYE });
    const shown = await scene.person.browse(`${scene.issuer}/auth/logout`, {
      init: { method: 'POST', body },
      isThere: ({ href }) => href.startsWith(BYE),
    });
    expect(shown.url.href).toBe(BYE);
    expect(await isLoggedIn()).toBe(false);
  });

  it('adds no state that was not sent', async () => {
    const back = await scene.person.answerTo(logoutOf({ id_token_hint: idToken, post_logout_redirect_uri: BYE }), BYE);
    expect(back.href).toBe(BYE);
  });

  it('takes an ID token whose time is over: it names the session, and opens nothing', async () => {
    scene.server.advance(3_600_000);
    await scene.person.answerTo(logoutOf({ id_token_hint: idToken, post_logout_redirect_uri: BYE }), BYE);
    expect(await isLoggedIn()).toBe(false);
  });

  it('stays at a page of its own when there is no post_logout_redirect_uri', async () => {
    const shown = await scene.person.browse(logoutOf({ id_token_hint: idToken, state: 'x' }));
    expect([shown.url.origin, shown.url.pathname, shown.url.search]).toEqual([scene.issuer, '/logged-out', '']);
    expect(await isLoggedIn()).toBe(false);
  });

  it('asks first when no ID token says who wishes it', async () => {
    for (const wish of [{}, { state: 'x' }, { client_id: client.clientId, post_logout_redirect_uri: BYE }]) {
      const { headers } = await scene.person.get(logoutOf(wish));
      expect(headers.get('location')).toMatch(/^\/logout\?request=[\w.-]+$/);
    }
    expect(await isLoggedIn()).toBe(true);
    const back = await scene.person.answerTo(logoutOf({ client_id: client.clientId, post_logout_redirect_uri: BYE }), BYE);
    expect([back.href, scene.person.met]).toEqual([BYE, ['/logout']]);
    expect(await isLoggedIn()).toBe(false);
  });

  it('logs nobody out, and sends nobody on, to an address that is not registered or has something added', async () => {
    for (const uri of ['https://attacker.example.com/', `${BYE}?more=1`, `${BYE}/`, 'javascript:alert(1)']) {
      const shown = await scene.person.get(logoutOf({ id_token_hint: idToken, post_logout_redirect_uri: uri }));
      expect([uri, shown.status, shown.headers.get('location')]).toEqual([uri, 400, null]);
    }
    expect(await isLoggedIn()).toBe(true);
  });

  it('believes no ID token that was changed, or that is none', async () => {
    const [header = '', payload = ''] = idToken.split('.');
    for (const hint of [`${header}.${payload}.AAAA`, `${header}.${payload}.`, 'nothing', jwt]) {
      const shown = await scene.person.get(logoutOf({ id_token_hint: hint, post_logout_redirect_uri: BYE }));
      expect(shown.headers.get('location') ?? '').not.toContain(BYE);
    }
    expect(await isLoggedIn()).toBe(true);
  });

  it('believes no ID token that names another client than client_id does', async () => {
    const wish = { id_token_hint: idToken, client_id: scene.spa.clientId, post_logout_redirect_uri: BYE };
    expect((await scene.person.get(logoutOf(wish))).status).toBe(400);
    expect(await isLoggedIn()).toBe(true);
  });

  it('asks somebody else who sits at the browser, instead of logging them out', async () => {
    const other = await scene.newPerson();
    await other.answerTo(scene.requestOf(client), CALLBACK);
    const shown = await other.get(logoutOf({ id_token_hint: idToken, post_logout_redirect_uri: BYE }));
    expect(shown.headers.get('location')).toMatch(/^\/logout\?request=/);
    expect(await isLoggedIn(other)).toBe(true);
  });
});
