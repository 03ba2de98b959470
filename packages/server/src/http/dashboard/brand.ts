/** The branding in the form that the pages get, and its logo as a separate picture. */
import type { FastifyInstance } from 'fastify';
import type { Brand } from '../../core/branding/brand.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import { LOGO_HEADERS } from './logo.ts';

const LOGO_PATH = '/dashboard/brand/logo';

export const describeBrand = ({ name, accent, logo }: Brand) => ({
  name,
  accent,
  logo_url: logo === null ? null : `${LOGO_PATH}?v=${logo.hash}`,
});

/** Its bytes came from an administrator. */
export function serveLogo(app: FastifyInstance, { keyhouse }: { keyhouse: Keyhouse }): void {
  app.get(LOGO_PATH, { schema: { hide: true } }, async (request, reply) => {
    const { logo } = keyhouse.branding.current();
    if (logo === null) throw new Refusal({ code: 'not_found' });
    const isThisOne = (request.query as { v?: unknown }).v === logo.hash;
    return reply
      .type(logo.type)
      .headers({
        ...LOGO_HEADERS,
        'Cache-Control': isThisOne ? 'public, max-age=31536000, immutable' : 'public, max-age=300',
      })
      .send(Buffer.from(logo.bytes));
  });
}
