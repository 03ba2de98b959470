/** The API reference: `/openapi.json`, generated from the routes' own schemas, and a page at `/docs` that needs no other host. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FastifyPluginAsync } from 'fastify';
import { docsPage } from '../docs-page.ts';

const SCRIPT_PATH = '/docs/js/scalar.js';

export const docsRoutes: FastifyPluginAsync = async (app) => {
  // Read at the first request: it is megabytes of text that most servers never send.
  let reading: Promise<Buffer> | null = null;
  const script = (): Promise<Buffer> => {
    reading ??= readScript().catch((error: unknown) => {
      reading = null;
      throw error;
    });
    return reading;
  };

  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(app.swagger()));

  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs/', 302));

  app.get('/docs/', { schema: { hide: true } }, async (_request, reply) => {
    const { html, policy } = docsPage(app.swagger(), SCRIPT_PATH);
    return reply
      .headers({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-store' })
      .type('text/html; charset=utf-8')
      .send(html);
  });

  app.get(SCRIPT_PATH, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/javascript; charset=utf-8').send(await script()),
  );
};

async function readScript(): Promise<Buffer> {
  const worker = new Worker(new URL('../docs-script.ts', import.meta.url));
  // Rejects when the thread fails.
  const [script] = (await once(worker, 'message')) as [Uint8Array];
  return Buffer.from(script.buffer, script.byteOffset, script.byteLength);
}
