/** passport-oauth2 in an Express application: the session, the state and the PKCE of the library as they are. */
import express, { type Express } from 'express';
import session from 'express-session';
import passport from 'passport';
import OAuth2Strategy from 'passport-oauth2';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import { type Place, startPlace } from '../place.ts';
import { startWebApplication, type WebApplication } from './web-application.ts';

describe('passport-oauth2', () => {
  let place: Place;
  let web: WebApplication;
  let application: TestApplication;
  const tokens = new Map<string, { accessToken: string; refreshToken: string }>();
  beforeAll(async () => {
    place = await startPlace();
    web = await startWebApplication(async (origin) => {
      application = await place.application({ kind: 'confidential', redirectUris: [`${origin}/callback`] });
      return make(origin);
    });
    return async () => {
      await web.stop();
      await place.stop();
    };
  });

  function make(origin: string): Express {
    const strategy = new OAuth2Strategy(
      {
        authorizationURL: `${place.issuer}/auth`,
        tokenURL: `${place.issuer}/auth/token`,
        clientID: application.clientId,
        clientSecret: application.secret ?? '',
        callbackURL: `${origin}/callback`,
        scope: ['openid', 'email', 'invoices.read'],
        state: true,
        pkce: true,
      },
      (
        accessToken: string,
        refreshToken: string,
        profile: { sub: string },
        done: (error: null, user: { id: string }) => void,
      ) => {
        tokens.set(profile.sub, { accessToken, refreshToken });
        done(null, { id: profile.sub });
      },
    );
    strategy.userProfile = async (accessToken, done) => {
      const response = await fetch(`${place.issuer}/auth/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } });
      done(null, await response.json());
    };
    const authenticator = new passport.Passport();
    authenticator.use('keyhouse', strategy);
    authenticator.serializeUser((user, done) => done(null, user));
    authenticator.deserializeUser((user: Express.User, done) => done(null, user));
    const app = express();
    app.use(session({ secret: 'of this test', resave: false, saveUninitialized: false }));
    app.use(authenticator.session());
    app.get('/login', authenticator.authenticate('keyhouse'));
    app.get('/callback', authenticator.authenticate('keyhouse', { successRedirect: '/', failureRedirect: '/failed' }));
    app.get('/failed', (_request, response) => void response.status(403).send('Nobody was signed in.'));
    app.get('/', (request, response) => void response.send(JSON.stringify(request.user ?? null)));
    // What went wrong, in the words of the library.
    app.use(
      (error: Error & { code?: string }, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
        response.status(500).send(error.code ?? error.message);
      },
    );
    return app;
  }

  it('signs somebody in and keeps who it is in its own session', async () => {
    const person = await place.newPerson();
    const shown = await person.browse(`${web.origin}/login`);
    expect(person.met).toEqual(['/consent']);
    expect([shown.url.href, shown.status]).toEqual([`${web.origin}/`, 200]);
    const { id } = JSON.parse(shown.text);
    expect(id).toMatch(/^user:\d+$/);
    const { accessToken } = tokens.get(id) ?? { accessToken: '' };
    expect((await place.server.request('/verify/api/invoices', { bearer: accessToken })).status).toBe(200);
  });

  it('holds a refresh token that is good', async () => {
    const person = await place.newPerson();
    const { id } = JSON.parse((await person.browse(`${web.origin}/login`)).text);
    const { refreshToken } = tokens.get(id) ?? { refreshToken: '' };
    const credentials = Buffer.from(`${application.clientId}:${application.secret}`).toString('base64');
    const response = await fetch(`${place.issuer}/auth/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    });
    expect(response.status).toBe(200);
  });

  it('signs nobody in who denies', async () => {
    const person = await place.newPerson();
    const shown = await person.browse(`${web.origin}/login`, { decision: 'deny' });
    expect([shown.url.pathname, shown.text]).toEqual(['/failed', 'Nobody was signed in.']);
    expect((await person.browse(`${web.origin}/`)).text).toBe('null');
  });

  it('takes no answer that was meant for another browser', async () => {
    const [ada, eve] = [await place.newPerson(), await place.newPerson()];
    const isThere = ({ href }: URL): boolean => href.startsWith(`${web.origin}/callback`);
    const answer = await eve.browse(`${web.origin}/login`, { isThere });
    const fixed = await ada.browse(answer.url);
    expect(fixed.url.pathname).toBe('/failed');
    expect((await ada.browse(`${web.origin}/`)).text).toBe('null');
  });

  it('takes no answer with another state', async () => {
    const person = await place.newPerson();
    const isThere = ({ href }: URL): boolean => href.startsWith(`${web.origin}/callback`);
    const { url } = await person.browse(`${web.origin}/login`, { isThere });
    url.searchParams.set('state', 'another');
    expect((await person.browse(url)).url.pathname).toBe('/failed');
  });
});
