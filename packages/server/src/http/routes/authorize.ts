/**
 * The authorization endpoint (RFC 6749 §3.1) and logging out at an application's request: the browser comes here and is
 * redirected. Core decides the next step, each time again.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { By } from '../../core/audit/event.ts';
import { IN_THE_ACT } from '../../core/authority.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import type { Authorized, SignedInPerson } from '../../core/oauth/authorize.ts';
import type { PageProblem, Parameters } from '../../core/oauth/checks.ts';
import type { LogoutStep, LogoutWish, Present } from '../../core/oauth/logout.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Authenticator } from '../authenticate.ts';
import type { Cookies } from '../dashboard/cookies.ts';
import { rememberReturnPoint } from '../dashboard/return-point.ts';
import { readParameters } from '../json-body.ts';
import { refusals } from '../schemas.ts';

export type ShowProblem = (reply: FastifyReply, problem: PageProblem | 'request_over') => FastifyReply;

interface Ports {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly cookies: Cookies;
  readonly showProblem: ShowProblem;
}

const Text = (description: string) => Type.Optional(Type.String({ description }));
const responses = {
  303: { type: 'null', description: 'A redirect to the application, or to a page of this server.' },
  ...refusals(),
  400: {
    description: 'A page with the error. The browser is not redirected, because no redirect URI is known to be safe.',
    content: { 'text/html': { schema: { type: 'string' } } },
  },
};

/** For the API reference; each parameter is checked in core, in the order of its own list. */
const AUTHORIZE = {
  summary: 'Ask a user for access',
  description:
    'RFC 6749 §4.1 with PKCE (RFC 7636), always S256, and `iss` in the answer (RFC 9207). Send the browser here. It comes back with `code` and `state`, or with `error`. The same path also accepts a form by POST.',
  tags: ['User sessions'],
  security: [],
  querystring: Type.Object(
    {
      response_type: Text('`code`.'),
      client_id: Text('The client ID of the application.'),
      redirect_uri: Text('Must match a registered redirect URI exactly, except for the port of a loopback address.'),
      scope: Text('Permissions, and `openid profile email`, separated by spaces.'),
      state: Text('Returned unchanged.'),
      code_challenge: Text('The SHA-256 hash of the code verifier, in base64url.'),
      code_challenge_method: Text('`S256`.'),
      nonce: Text('Returned in the ID token.'),
      prompt: Text('`none` alone, or one or more of `login`, `consent`, `select_account`, `create`.'),
      max_age: Text('The longest allowed time since the user last signed in or gave a proof, in seconds.'),
      login_hint: Text('The email address to fill in on the sign-in page.'),
      id_token_hint: Text('An ID token. The request is for its user.'),
      resource: Text('RFC 8707: the API.'),
    },
    { additionalProperties: true },
  ),
  response: responses,
};
const LOG_OUT = {
  summary: 'Sign out at the request of an application',
  description:
    'OpenID Connect RP-Initiated Logout. The user is signed out immediately if the ID token is of a session that was granted in this sign-in of this browser. Any other signed-in user is asked first. If no user is signed in, nothing ends. The same path also accepts a form by POST.',
  tags: ['User sessions'],
  security: [],
  querystring: Type.Object(
    {
      id_token_hint: Text('An ID token of the session. It may have expired.'),
      client_id: Text('The client ID of the application.'),
      post_logout_redirect_uri: Text('Must match a registered URI exactly.'),
      state: Text('Returned unchanged.'),
    },
    { additionalProperties: true },
  ),
  response: responses,
};

/** A form sent to `/auth` is answered here: `/auth` itself mints JWTs, and one path has one handler. */
export const FORM_PATH = '/auth/form';
const PAGES = { 'log-in': '/login', register: '/register', consent: '/consent' } as const;

export function authorizeRoutes(app: FastifyInstance, { keyhouse, authenticator, cookies, showProblem }: Ports): void {
  const options = { schema: { hide: true } };

  for (const path of ['/auth', '/api/auth']) {
    app.get(path, { schema: AUTHORIZE, attachValidation: true }, async (request, reply) => {
      const { person, by } = await whoAsks(request);
      return goOn(reply, await keyhouse.oauth.authorize(readQuery(request), person, by));
    });
  }

  app.post(FORM_PATH, { ...options, config: { body: 'form' } }, async (request, reply) => {
    const parked = await keyhouse.oauth.park(request.body as Parameters);
    return 'go' in parked ? goOn(reply, parked) : send(reply, `/auth/continue?request=${parked.request}`);
  });

  app.get('/auth/continue', options, async (request, reply) => {
    const { person, by } = await whoAsks(request);
    const [text = ''] = readQuery(request).get('request') ?? [];
    const resumed = await keyhouse.oauth.resume(text, person, by);
    if (resumed.go === 'back') cookies.clear(reply, 'return');
    return goOn(reply, resumed);
  });

  app.get('/auth/logout', { schema: LOG_OUT, attachValidation: true }, async (request, reply) => {
    const { person, by } = await whoAsks(request);
    const wish = readLogout(readQuery(request));
    if (wish === null) return showProblem(reply, 'repeated');
    return logOut(reply, await keyhouse.oauth.beginLogout(wish, presentOf(person)), person, by);
  });
  app.post('/auth/logout', { ...options, config: { body: 'form' } }, async (request, reply) => {
    const wish = readLogout(request.body as Parameters);
    if (wish === null) return showProblem(reply, 'repeated');
    const parked = await keyhouse.oauth.parkLogout(wish);
    if ('step' in parked) return showProblem(reply, parked.problem);
    return send(reply, `/auth/logout/continue?request=${parked.request}`);
  });
  app.get('/auth/logout/continue', options, async (request, reply) => {
    const { person, by } = await whoAsks(request);
    const [text = ''] = readQuery(request).get('request') ?? [];
    return logOut(reply, await keyhouse.oauth.resumeLogout(text, presentOf(person)), person, by);
  });

  async function logOut(reply: FastifyReply, step: LogoutStep, person: SignedInPerson | null, by: By): Promise<FastifyReply> {
    if (step.step === 'show') return showProblem(reply, step.problem);
    if (step.step === 'ask') return send(reply, `/logout?request=${step.request}`);
    if (step.end !== null) await keyhouse.sessions.end({ id: step.end.sessionId, ...step.end, reason: 'signed-out' }, by);
    if (person !== null) {
      await keyhouse.signIns.signOut(person.user, person.id, by);
      cookies.clear(reply, 'sign-in');
    }
    return send(reply, step.location ?? '/logged-out');
  }

  /** The user who is signed in with this browser, if any. Codes travel back to it, so the connection must be private. */
  async function whoAsks(request: FastifyRequest): Promise<{ person: SignedInPerson | null; by: By }> {
    if (!authenticator.isPrivate(request.raw)) throw new Refusal({ code: 'use_https' });
    const secret = cookies.read(request, 'sign-in');
    const found = secret === null ? null : await keyhouse.signIns.find(secret);
    const stranger = authenticator.byStranger(request.raw, request.id);
    if (found === null) return { person: null, by: stranger };
    const { signIn, user } = found;
    return {
      person: { id: signIn.id, user, provedAtMs: signIn.provedAtMs },
      by: { ...stranger, actor: `user:${user.id}`, authority: IN_THE_ACT },
    };
  }

  function goOn(reply: FastifyReply, authorized: Authorized): FastifyReply {
    if (authorized.go === 'nowhere') return showProblem(reply, authorized.problem);
    if (authorized.go === 'back') return send(reply, authorized.location);
    const { page, request, loginHint } = authorized;
    // Other providers know nothing of our queries: a user who comes back from one is redirected by the cookie.
    rememberReturnPoint(cookies, reply, `/auth/continue?request=${request}`);
    const hint = loginHint === null || page === 'consent' ? '' : `&${new URLSearchParams({ login_hint: loginHint })}`;
    return send(reply, `${PAGES[page]}?request=${request}${hint}`);
  }
}

const presentOf = (person: SignedInPerson | null): Present | null =>
  person === null ? null : { userId: person.user.id, signInId: person.id };

/** Null when a parameter is repeated. */
function readLogout(parameters: Parameters): LogoutWish | null {
  if ([...parameters.values()].some((values) => values.length > 1)) return null;
  const one = (name: string): string | null => parameters.get(name)?.[0] ?? null;
  return {
    idTokenHint: one('id_token_hint'),
    clientId: one('client_id'),
    postLogoutRedirectUri: one('post_logout_redirect_uri'),
    state: one('state'),
  };
}

/** 303: whatever the request was, the browser follows with a GET, and without a body (RFC 9700 §4.12). */
const send = (reply: FastifyReply, location: string): FastifyReply =>
  reply.headers({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).redirect(location, 303);

function readQuery(request: FastifyRequest): Parameters {
  const at = request.url.indexOf('?');
  return readParameters(at < 0 ? '' : request.url.slice(at + 1));
}
