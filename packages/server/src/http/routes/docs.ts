/** The API reference: `/openapi.json`, made from the routes' own schemas, and a page at `/docs` that needs no other host. */
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { Refusal } from '../../core/refusal.ts';

/** The page's own script and styles, nothing from elsewhere. It starts itself inline; no secret is ever on it. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const docsRoutes: FastifyPluginAsync = async (app) => {
  // Loaded by the first reader: the page's script is megabytes of text that most servers never send.
  let loading: Promise<FastifyInstance> | null = null;
  const reference = (): Promise<FastifyInstance> => {
    loading ??= loadReference();
    return loading;
  };
  app.addHook('onClose', async () => void (await (await loading)?.close()));

  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(app.swagger()));

  for (const url of ['/docs', '/docs/*']) {
    app.get(url, { schema: { hide: true } }, async (request, reply) => {
      const page = await (await reference()).inject({ method: 'GET', url: request.url });
      if (page.statusCode === 404) throw new Refusal({ code: 'not_found' });
      const location = page.headers.location;
      if (typeof location === 'string') return reply.redirect(location, 302);
      return reply
        .code(page.statusCode)
        .header('Content-Type', page.headers['content-type'] ?? 'text/plain')
        .header('Content-Security-Policy', PAGE_POLICY)
        .send(page.rawPayload);
    });
  }
};

async function loadReference(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const page = Fastify();
  await page.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Keyhouse API',
      telemetry: false,
      withDefaultFonts: false,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
    },
  });
  await page.ready();
  return page;
}
