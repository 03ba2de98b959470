/**
 * The pages: two files of the dashboard's build, each sent with its own nonce, and the assets that they load. Everything that a
 * page loads comes from here, and the policy says so. A user who is not signed in is sent to `/login`, and where they wanted to
 * go is kept in a cookie: a path of our own, never a URL from a query.
 */
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Keyhouse } from '../core/keyhouse.ts';
import { StoreUnavailable } from '../core/unavailable.ts';
import type { FindPeer } from './client-address.ts';
import type { Cookies } from './dashboard/cookies.ts';
import { ownPath } from './dashboard/return-path.ts';
import { rememberReturnPoint } from './dashboard/return-point.ts';
import type { ShowProblem } from './error-page.ts';
import { answerRefusal } from './errors.ts';
import type { OnFailure } from './failure-log.ts';
import { readTemplate, sendPage } from './send-page.ts';

interface Ports {
  readonly signIns: Pick<Keyhouse['signIns'], 'find'>;
  readonly branding: Pick<Keyhouse['branding'], 'current'>;
  readonly cookies: Cookies;
  readonly findPeer: FindPeer;
  readonly showProblem: ShowProblem;
  readonly onFailure: OnFailure;
  /** The public origin. */
  readonly url: string;
  /** The build: `index.html`, `sign-in.html`, `assets/`; null if there is none. */
  readonly folder: string | null;
}

/** Pages for signing in; they are the same file, which reads the path. */
const SIGN_IN_PAGES = [
  ...['/login', '/register', '/forgot', '/reset', '/verify-email', '/new-email', '/setup', '/invitation'],
  ...['/consent', '/logout', '/logged-out'],
];
/** Everything else below `/dashboard` is a page; what is below these is not, even if nothing exists there. */
const PAGE = '/dashboard/:page(^(?!api$|files$|brand$)[^/]*$)';
const ASSETS = '/dashboard/files/assets/';
const YEAR_MS = 31_536_000_000;

export async function pages(app: FastifyInstance, ports: Ports): Promise<void> {
  const { folder } = ports;
  const options = { schema: { hide: true } };
  const dashboard = readTemplate(folder, 'index.html');
  const signIn = readTemplate(folder, 'sign-in.html');
  if (folder !== null && dashboard !== null) await serveAssets(app, join(folder, 'assets'));

  app.get('/', options, (_request, reply) => reply.redirect('/dashboard'));
  for (const path of SIGN_IN_PAGES) {
    app.get(path, options, (request, reply) => sendHome(ports, request, reply) ?? sendPage(ports, reply, signIn));
  }
  for (const path of ['/dashboard', PAGE, `${PAGE}/*`]) {
    app.get(path, options, async (request, reply) => {
      const elsewhere = sendHome(ports, request, reply);
      if (elsewhere !== null) return elsewhere;
      const isSignedIn = await findWhether(ports, request);
      if (isSignedIn === null) return ports.showProblem(reply, 'unavailable');
      return isSignedIn ? sendPage(ports, reply, dashboard) : sendToLogIn(ports, request, reply);
    });
  }
}

/** Their names contain a hash of their content, so a browser never asks twice. */
async function serveAssets(app: FastifyInstance, root: string): Promise<void> {
  await app.register(async (assets) => {
    assets.setNotFoundHandler((_request, reply) => reply.code(404).send(answerRefusal({ code: 'not_found' }).body));
    await assets.register(fastifyStatic, {
      root,
      prefix: ASSETS,
      decorateReply: false,
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      preCompressed: true,
      immutable: true,
      maxAge: YEAR_MS,
      schemaHide: true,
      setHeaders: (reply) => void reply.header('Cross-Origin-Resource-Policy', 'same-origin'),
    });
  });
}

/** A page under another host name would have other cookies and another origin: redirect to the configured one. */
function sendHome(ports: Ports, request: FastifyRequest, reply: FastifyReply): FastifyReply | null {
  const host = hostOf(ports, request);
  if (host === null || host === new URL(ports.url).host) return null;
  // A request may name a whole URL (RFC 9112 §3.2.2), which is not a path that can follow another host.
  const path = request.url.startsWith('/') ? request.url : '/';
  return reply.header('Cache-Control', 'no-store').redirect(`${ports.url}${path}`);
}

/** Behind a trusted proxy `Host` may be the proxy's own choice; then the requested name is forwarded, or not known (null). */
function hostOf({ findPeer }: Ports, { raw, headers }: FastifyRequest): string | null {
  if (!findPeer(raw).isTrustedProxy) return headers.host ?? '';
  const forwarded = headers['x-forwarded-host'];
  return typeof forwarded === 'string' ? (forwarded.split(',', 1)[0]?.trim() ?? null) : null;
}

/** Null: the store cannot answer. */
async function findWhether({ signIns, cookies, onFailure }: Ports, request: FastifyRequest): Promise<boolean | null> {
  const secret = cookies.read(request, 'sign-in');
  if (secret === null) return false;
  try {
    return (await signIns.find(secret)) !== null;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    onFailure(error, request.id);
    return null;
  }
}

function sendToLogIn({ cookies }: Ports, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = ownPath(request.url) ?? ownPath(request.url.split('?', 1)[0] ?? '');
  if (path !== null) rememberReturnPoint(cookies, reply, path);
  return reply.header('Cache-Control', 'no-store').redirect('/login');
}
