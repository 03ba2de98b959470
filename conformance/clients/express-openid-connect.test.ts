/** express-openid-connect: one line of middleware that does the whole of OpenID Connect by itself, log-out included. */
import express, { type Express } from 'express';
import openIdConnect from 'express-openid-connect';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestApplication } from '../../packages/server/test/applications.ts';
import { type Place, startPlace } from '../place.ts';
import { startWebApplication, type WebApplication } from './web-application.ts';

describe.each(['RS256', 'ES256'] as const)('express-openid-connect, over openid-client 4, with ID tokens by %s', (algorithm) => {
  let place: Place;
  let web: WebApplication;
  let application: TestApplication;
  beforeAll(async () => {
    place = await startPlace();
    web = await startWebApplication(async (origin) => {
      const redirectUris = [`${origin}/callback`];
      application = await place.application({
        ...{ kind: 'confidential', redirectUris, postLogoutRedirectUris: [origin] },
        idTokenAlgorithm: algorithm,
      });
      return make(origin);
    });
    return async () => {
      await web.stop();
      await place.stop();
    };
  });

  function make(origin: string): Express {
    const app = express();
    app.use(
      openIdConnect.auth({
        issuerBaseURL: place.issuer,
        baseURL: origin,
        clientID: application.clientId,
        clientSecret: application.secret ?? '',
        secret: 'of the cookies of this test, long enough',
        authorizationParams: { response_type: 'code', scope: 'openid profile email invoices.read' },
        // The library expects RS256 unless it is told.
        ...(algorithm === 'RS256' ? {} : { idTokenSigningAlg: algorithm }),
        idpLogout: true,
        authRequired: false,
      }),
    );
    app.get('/', (request, response) => void response.json(request.oidc.user ?? null));
    app.get(
      '/profile',
      openIdConnect.requiresAuth(),
      async (request, response) => void response.json(await request.oidc.fetchUserInfo()),
    );
    app.get('/call', openIdConnect.requiresAuth(), async (request, response) => {
      const jwt = request.oidc.accessToken;
      const fresh = 'again' in request.query ? await jwt?.refresh() : jwt;
      const verified = await place.server.request('/verify/api/invoices', { bearer: fresh?.access_token ?? '' });
      response.json({ status: verified.status, isNew: fresh?.access_token !== jwt?.access_token });
    });
    app.use((error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(400).send(error.message);
    });
    return app;
  }

  it('signs somebody in who asks for a page that wants it, and brings them back there', async () => {
    const person = await place.newPerson();
    expect((await person.browse(`${web.origin}/`)).text).toBe('null');
    const shown = await person.browse(`${web.origin}/profile`);
    expect([shown.url.pathname, shown.status]).toEqual(['/profile', 200]);
    const info = JSON.parse(shown.text);
    expect(info).toMatchObject({ sub: expect.stringMatching(/^user:\d+$/), email: person.email });
    expect(JSON.parse((await person.browse(`${web.origin}/`)).text)).toMatchObject({ sub: info.sub });
  });

  it('calls with its JWT, and refreshes it', async () => {
    const person = await place.newPerson();
    expect(JSON.parse((await person.browse(`${web.origin}/call`)).text)).toEqual({ status: 200, isNew: false });
    expect(JSON.parse((await person.browse(`${web.origin}/call?again`)).text)).toEqual({ status: 200, isNew: true });
  });

  it('logs out here and there', async () => {
    const person = await place.newPerson();
    await person.browse(`${web.origin}/profile`);
    const shown = await person.browse(`${web.origin}/logout`);
    expect([shown.url.href, shown.text]).toEqual([`${web.origin}/`, 'null']);
    person.met.length = 0;
    await person.browse(`${web.origin}/profile`);
    expect(person.met).toEqual(['/login']);
  });

  it('signs nobody in who denies, and says why', async () => {
    const person = await place.newPerson();
    const shown = await person.browse(`${web.origin}/profile`, { decision: 'deny' });
    expect([shown.url.pathname, shown.status]).toEqual(['/callback', 400]);
    expect(shown.text).toContain('access_denied');
    expect((await person.browse(`${web.origin}/`)).text).toBe('null');
  });

  it('takes no answer with another state, and none twice', async () => {
    const person = await place.newPerson();
    const isThere = ({ href }: URL): boolean => href.startsWith(`${web.origin}/callback`);
    const { url } = await person.browse(`${web.origin}/profile`, { isThere });
    const wrong = new URL(url);
    wrong.searchParams.set('state', 'another');
    const refused = await person.browse(wrong);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('state')]);
    expect((await person.browse(url)).status).toBe(400);
    expect((await person.browse(`${web.origin}/`)).text).toBe('null');
  });
});
