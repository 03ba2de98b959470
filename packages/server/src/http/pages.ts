/**
 * The pages: two files of the dashboard's build, each sent with a nonce of its own, and the assets that they ask for. Everything that a page
 * loads comes from here, and the policy says so. Who is not signed in is sent to `/login`, and where they wanted to go is kept in a
 * cookie: a path of our own, never a URL from a query.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Keyhouse } from '../core/keyhouse.ts';
import { Refusal } from '../core/refusal.ts';
import type { Cookies } from './dashboard/cookies.ts';

interface Ports {
  readonly keyhouse: Pick<Keyhouse, 'findSignIn'>;
  readonly cookies: Cookies;
  /** The public origin. */
  readonly url: string;
  /** The build: `index.html`, `sign-in.html`, `assets/`; null when there is none. */
  readonly folder: string | null;
}

/** Pages that people get in by; they are the same file, which looks at the path. */
export const SIGN_IN_PAGES = ['/login', '/register', '/forgot', '/reset', '/verify-email', '/new-email', '/setup', '/invitation'];
export const ASSETS = '/dashboard/files/assets/';
const YEAR_SECONDS = 31_536_000;

export async function pages(app: FastifyInstance, ports: Ports): Promise<void> {
  const { folder } = ports;
  const template = (name: string): string | null => (folder === null ? null : readTemplate(join(folder, name)));
  const dashboard = template('index.html');
  const signIn = template('sign-in.html');
  const schema = { hide: true };

  if (dashboard !== null && folder !== null) {
    await app.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: ASSETS,
      decorateReply: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: YEAR_SECONDS * 1000,
      schemaHide: true,
    });
  }

  app.get('/', { schema }, (_request, reply) => reply.redirect('/dashboard'));

  for (const path of SIGN_IN_PAGES) {
    app.get(path, { schema }, async (request, reply) => await (sendHome(ports, request, reply) ?? sendPage(reply, signIn)));
  }

  const serveDashboard = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (/^\/dashboard\/(api|files)(\/|$)/.test(path)) throw new Refusal({ code: 'not_found' });
    const elsewhere = sendHome(ports, request, reply);
    if (elsewhere !== null) return await elsewhere;
    const secret = ports.cookies.read(request, 'sign-in');
    if (secret !== null && (await ports.keyhouse.findSignIn(secret)) !== null) return await sendPage(reply, dashboard);
    ports.cookies.set(reply, 'return', path);
    return await reply.header('Cache-Control', 'no-store').redirect('/login');
  };
  app.get('/dashboard', { schema }, serveDashboard);
  app.get('/dashboard/*', { schema }, serveDashboard);
}

function readTemplate(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** A page under another name would have other cookies and another origin: to the one that it has. */
function sendHome({ url }: Ports, request: FastifyRequest, reply: FastifyReply): FastifyReply | null {
  if (request.headers.host === new URL(url).host) return null;
  return reply.header('Cache-Control', 'no-store').redirect(`${url}${request.url}`);
}

function sendPage(reply: FastifyReply, template: string | null): FastifyReply {
  reply.headers({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'Cross-Origin-Resource-Policy': 'same-origin' });
  if (template === null) return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
  const nonce = randomBytes(16).toString('base64url');
  return reply
    .header('Content-Security-Policy', policyOf(nonce))
    .type('text/html; charset=utf-8')
    .send(template.replaceAll('__NONCE__', nonce));
}

const NOT_BUILT = "The dashboard has not been built. Run 'npm run build' in the repository; 'npm start' does it by itself.\n";

const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
