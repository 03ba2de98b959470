/**
 * One small API on Fastify or Express, behind one of the guards that are measured: `GET /api/invoices` answers 100 bytes of JSON
 * to a caller with permission to read invoices. Arguments: port, which guard, and its settings as JSON. Each peer is set up as
 * its own documentation says, at its fastest where there is a choice: keys loaded before the first request, logs off.
 */
import { createPublicKey } from 'node:crypto';
import fastifyJwt from '@fastify/jwt';
import { guard } from '@keyhouse/guard/fastify';
import express, { type RequestHandler } from 'express';
import { expressjwt } from 'express-jwt';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import jwksRsa from 'jwks-rsa';

export interface Known {
  readonly issuer: string;
  /** A key with `keyhouse.verify`. */
  readonly key: string;
}

const [portText = '', which = '', known = '{}'] = process.argv.slice(2);
const port = Number(portText);
const { issuer, key } = JSON.parse(known) as Known;
const body = { active: true, padding: 'x'.repeat(100 - '{"active":true,"padding":""}'.length) };
const jwksUri = `${issuer}/.well-known/jwks.json`;

const mayRead = (permissions: unknown): boolean => Array.isArray(permissions) && permissions.includes('invoices.read');

async function onFastify(protect: (app: FastifyInstance) => Promise<void>): Promise<void> {
  const app = Fastify({ logger: false });
  app.get('/healthz', async () => ({}));
  await protect(app);
  await app.listen({ port, host: '127.0.0.1' });
}

/** The public key as PEM, which is what @fastify/jwt verifies with at its fastest. */
async function publicKey(): Promise<string> {
  const set = (await (await fetch(jwksUri)).json()) as { keys: Readonly<Record<string, string>>[] };
  return createPublicKey({ key: set.keys[0] ?? {}, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

const withFastifyJwt =
  (cache: boolean) =>
  async (app: FastifyInstance): Promise<void> => {
    const verify = { algorithms: ['ES256' as const], allowedIss: issuer, allowedAud: issuer, cache };
    await app.register(fastifyJwt, { secret: { private: '', public: await publicKey() }, verify });
    const onRequest = async (request: FastifyRequest): Promise<void> => {
      const claims = await request.jwtVerify<{ permissions?: unknown }>();
      if (!mayRead(claims.permissions)) throw Object.assign(new Error('Forbidden.'), { statusCode: 403 });
    };
    app.get('/api/invoices', { onRequest }, async () => body);
  };

function onExpress(...guards: readonly RequestHandler[]): void {
  const app = express();
  app.get('/healthz', (_request, response) => void response.json({}));
  app.get('/api/invoices', ...guards, (_request, response) => void response.json(body));
  app.listen(port, '127.0.0.1');
}

/** express-jwt leaves checking the claims to the application. */
const checkPermissions: RequestHandler = (request, response, next) => {
  const { auth: claims } = request as unknown as { auth?: { permissions?: unknown } };
  mayRead(claims?.permissions) ? next() : void response.sendStatus(403);
};

const servers: Readonly<Record<string, () => Promise<void> | void>> = {
  'bare fastify': () => onFastify(async (app) => void app.get('/api/invoices', async () => body)),
  keyhouse: () =>
    onFastify(async (app) => {
      await app.register(guard({ issuer, key, routes: [{ pattern: '/healthz', public: true }] }));
      app.get('/api/invoices', async () => body);
    }),
  '@fastify/jwt': () => onFastify(withFastifyJwt(false)),
  '@fastify/jwt with cache': () => onFastify(withFastifyJwt(true)),
  'express-oauth2-jwt-bearer': () =>
    onExpress(auth({ issuer, jwksUri, audience: issuer, tokenSigningAlg: 'ES256' }), requiredScopes('invoices.read')),
  'express-jwt + jwks-rsa': () =>
    onExpress(
      expressjwt({
        secret: jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true }),
        ...{ algorithms: ['ES256'], issuer, audience: issuer },
      }),
      checkPermissions,
    ),
};

const serve = servers[which];
if (serve === undefined) throw new Error(`There is no ${which}.`);
await serve();
