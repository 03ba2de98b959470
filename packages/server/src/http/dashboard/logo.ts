/**
 * A logo as a separate picture. Its bytes came from users, so nothing in it may run or load, however it is opened. That matters
 * most for the SVG logos that earlier versions accepted: an SVG opened by its address is a document.
 */
import type { FastifyInstance } from 'fastify';
import type { Application } from '../../core/applications/application.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';

export const LOGO_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'X-Content-Type-Options': 'nosniff',
} as const;

/** Another address after each change, so that a browser never shows an old one for long. */
export const logoUrlOf = ({ hasLogo, clientId, updatedAtMs }: Pick<Application, 'hasLogo' | 'clientId' | 'updatedAtMs'>) =>
  hasLogo ? `/dashboard/applications/${clientId}/logo?v=${updatedAtMs}` : null;

/** Of an application, for the user who is asked to grant it something. */
export function serveApplicationLogos(app: FastifyInstance, { keyhouse }: { keyhouse: Keyhouse }): void {
  app.get('/dashboard/applications/:client/logo', { schema: { hide: true } }, async (request, reply) => {
    const { client } = request.params as { client: string };
    const logo = await keyhouse.applications.findLogo(client);
    if (logo === null) throw new Refusal({ code: 'not_found' });
    return reply
      .type(logo.type)
      .headers({ ...LOGO_HEADERS, 'Cache-Control': 'public, max-age=300' })
      .send(Buffer.from(logo.base64, 'base64'));
  });
}
