/** `POST /auth`: a JWT from an API key. What Fastify's route and the short way in front of it share, and the short way itself. */
import type { IncomingMessage } from 'node:http';
import { readAuthorization } from '@keyhouse/protocol';
import type { Caller, OpaqueCaller } from '../core/caller.ts';
import type { Minted } from '../core/jwts/mint.ts';
import type { Wish } from '../core/jwts/wish.ts';
import type { Keyhouse } from '../core/keyhouse.ts';
import { Refusal } from '../core/refusal.ts';
import type { Authenticator } from './authenticate.ts';
import { refuseFaults } from './faults.ts';
import type { PlainPost } from './plain-post.ts';
import { readDate } from './read-date.ts';

export const MINT_PATHS = ['/auth', '/api/auth'] as const;
export const MINT_HEADERS = { 'Cache-Control': 'no-store' } as const;

/** The members of the body, as the schema of the route has them. */
export interface MintRequest {
  readonly permissions: readonly string[];
  readonly expires?: string;
  readonly subject?: string;
  readonly resource?: string;
}

export interface MintAnswer {
  readonly token: string;
  readonly expires: string;
}

/** Throws the refusal of the contract. */
export type Mint = (key: OpaqueCaller, wish: MintRequest, request: IncomingMessage, requestId: string) => Promise<MintAnswer>;

interface Ports {
  readonly jwts: Pick<Keyhouse['jwts'], 'mint'>;
  readonly authenticator: Authenticator;
}

/** If a key keeps changing during a mint, something changes it in a loop; the client may try again. */
const MAX_ATTEMPTS = 3;

export function createMint({ jwts, authenticator }: Ports): Mint {
  return async (key, wish, request, requestId) => {
    let caller = key;
    for (let attempt = 1; ; attempt++) {
      const minted = await jwts.mint(caller, wishOf(wish), authenticator.by(caller, request, requestId));
      if (minted.ok) return { token: minted.value.token, expires: minted.value.expires };
      const isStale = minted.reason === 'key_changed' || minted.reason === 'key_gone';
      if (!isStale || attempt === MAX_ATTEMPTS) {
        if (minted.reason === 'forbidden')
          authenticator.recordForbidden(caller, request, requestId, { lacking: minted.permissions[0] ?? null });
        throw refuseMint(minted);
      }
      caller = await authenticateAgain(request, requestId);
    }
  };

  async function authenticateAgain(request: IncomingMessage, requestId: string): Promise<OpaqueCaller> {
    const again = await authenticator.authenticate(readAuthorization(request.rawHeaders), request, requestId);
    if (!again.ok) throw new Refusal(again.refused);
    if (!isKey(again.caller)) throw new Refusal({ code: 'forbidden' });
    return again.caller;
  }
}

/**
 * With a bearer credential and a body of the usual shape. Any other body is left to the route, whose schema says what is wrong
 * with it. The order of the contract: 401, 403 for the kind of caller, then what the body asks for.
 */
export const plainMint = (
  path: (typeof MINT_PATHS)[number],
  { mint, authenticator }: { mint: Mint; authenticator: Authenticator },
): PlainPost => ({
  path,
  isOAuth: false,
  takes: ({ kind }) => kind === 'bearer',
  answer: async ({ request, requestId, authorization, body }) => {
    const wish = readPlain(body);
    if (wish === null) return null;
    const authenticated = await authenticator.authenticate(authorization, request, requestId);
    if (!authenticated.ok) throw new Refusal(authenticated.refused);
    const { caller } = authenticated;
    if (!isKey(caller)) {
      authenticator.recordForbidden(caller, request, requestId, { lacking: null });
      throw new Refusal({ code: 'forbidden' });
    }
    return { status: 200, headers: MINT_HEADERS, body: await mint(caller, wish, request, requestId) };
  },
});

const isKey = (caller: Caller): caller is OpaqueCaller => caller.kind === 'key';

const wishOf = ({ expires, ...rest }: MintRequest): Wish =>
  expires === undefined ? rest : { ...rest, expiresAtMs: readDate(expires) };

/** Null if the schema of the route finds a fault in it, or might find one. */
function readPlain(body: () => unknown): MintRequest | null {
  try {
    const read = body();
    return isPlain(read) ? read : null;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function isPlain(body: unknown): body is MintRequest {
  if (typeof body !== 'object' || body === null || !('permissions' in body)) return false;
  return Object.entries(body).every(([name, value]) => {
    if (name === 'permissions') return Array.isArray(value) && value.every((each) => typeof each === 'string');
    return (name === 'expires' || name === 'subject' || name === 'resource') && typeof value === 'string';
  });
}

function refuseMint(minted: Extract<Minted, { ok: false }>): Refusal {
  switch (minted.reason) {
    case 'invalid':
      return refuseFaults(minted.faults);
    case 'forbidden':
      return new Refusal({ code: 'forbidden', permission: minted.permissions.join(' ') });
    case 'too_many':
      // They end by themselves or are revoked; there is no better moment to name than a minute from now.
      return new Refusal({ code: 'too_many_requests', retryAfterSeconds: 60 });
    case 'key_changed':
    case 'key_gone':
      return new Refusal({ code: 'busy', retryAfterSeconds: 1 });
  }
}
