/** How a page of the build is sent: with its own nonce, the branding inside, and a policy that lets nothing else run or load. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';
import type { Keyhouse } from '../core/keyhouse.ts';
import { describeBrand } from './dashboard/brand.ts';

/** What a page says instead of its usual content. */
export interface Problem {
  readonly title: string;
  /** For the user who opened it. */
  readonly sentence: string;
  /** For the developer of the application that sent them here. */
  readonly detail: string | null;
  /** Whether the user may have wanted to go to the dashboard. */
  readonly leadsHome?: boolean;
}

interface Ports {
  readonly branding: Pick<Keyhouse['branding'], 'current'>;
}

/** Null if there is no build. */
export function readTemplate(folder: string | null, name: 'index.html' | 'sign-in.html'): string | null {
  if (folder === null) return null;
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return null;
  }
}

/** With the branding inside, so that no other name or colour is visible first. */
export function sendPage(
  { branding }: Ports,
  reply: FastifyReply,
  template: string | null,
  problem: Problem | null = null,
): FastifyReply {
  if (template === null) return sendText(reply, 503, NOT_BUILT);
  const brand = branding.current();
  const nonce = randomBytes(16).toString('base64url');
  const filled: Readonly<Record<string, string>> = {
    __NONCE__: nonce,
    __NAME__: escapeHtml(brand.name),
    __BRAND__: escapeHtml(JSON.stringify(describeBrand(brand))),
    __PROBLEM__: problem === null ? '' : escapeHtml(JSON.stringify(problem)),
    __NOSCRIPT__: escapeHtml(problem === null ? NO_SCRIPT : textOf(problem)),
  };
  return reply
    .headers({ ...PAGE_HEADERS, 'Content-Security-Policy': policyOf(nonce) })
    .type('text/html; charset=utf-8')
    .send(template.replace(/__(?:NONCE|NAME|BRAND|PROBLEM|NOSCRIPT)__/g, (word) => filled[word] ?? ''));
}

const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  if (status === 503) reply.header('Retry-After', '5');
  return reply.code(status).headers(PAGE_HEADERS).type('text/plain; charset=utf-8').send(text);
}

export const textOf = ({ title, sentence, detail }: Problem): string =>
  `${title}. ${sentence}${detail === null ? '' : ` For developers: ${detail}`}`;

const NO_SCRIPT = 'These pages need JavaScript.';
const NOT_BUILT =
  "The dashboard has not been built. Run 'npm run build' in the repository, or 'npm start', which also builds it.\n";

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

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
