/**
 * Authorization codes (RFC 6749 §4.1.2): bound to the application, the redirect URI, the challenge and the user, valid for a
 * minute, used up by one atomic statement. A second redemption ends what the first one opened.
 */
import { randomBytes } from 'node:crypto';
import { encodeBase64Url, no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { type Clock, MINUTE_MS } from '../lib/clock.ts';
import { sha256Hex } from '../lib/sha256.ts';
import { isSameUri } from '../lib/uri.ts';
import { prepareSession } from '../sessions/refresh.ts';
import type { RefreshKeys } from '../sessions/refresh-keys.ts';
import type { SessionState } from '../sessions/session.ts';
import type { AuthenticatedClient } from './client.ts';
import type { CodeData, GrantsStore } from './grant.ts';
import { provesChallenge } from './pkce.ts';

export const CODE_LASTS_MS = MINUTE_MS;
const PREFIX = 'kh_code_';
const CODE_BYTES = 33;

/** A new code, and the hash that is stored. */
export function makeCode(): { readonly text: string; readonly hash: string } {
  const text = PREFIX + encodeBase64Url(randomBytes(CODE_BYTES));
  return { text, hash: sha256Hex(text) };
}

interface Ports {
  readonly grants: Pick<GrantsStore, 'findCode' | 'redeemCode'>;
  readonly refreshKeys: RefreshKeys;
  readonly clock: Clock;
}

export interface Redemption {
  readonly code: string;
  readonly redirectUri: string | null;
  readonly verifier: string;
}

export interface OpenedSession {
  readonly sessionState: SessionState;
  readonly refreshToken: string;
  readonly data: CodeData;
  readonly atMs: number;
}

/**
 * Opens a session with a code (RFC 6749 §4.1.3, RFC 7636 §4.6). A request that does not match changes nothing, so that nobody can
 * use up another client's code; a matching one that comes again ends the session.
 */
export async function redeemCode(
  ports: Ports,
  { client }: AuthenticatedClient,
  { code, redirectUri, verifier }: Redemption,
  by: By,
): Promise<Outcome<OpenedSession, 'invalid_grant'>> {
  const { grants } = ports;
  const hash = sha256Hex(code);
  const stored = await grants.findCode(hash);
  if (stored === null || !fits(stored.data, client.id, redirectUri)) return no('invalid_grant');
  if (!provesChallenge(verifier, stored.data.challenge)) return no('invalid_grant');
  const { session, refreshToken } = await prepareSession(ports, by);
  const nowMs = session.atMs;
  const details = { application: client.name, client_id: client.clientId };
  const redeemed = await grants.redeemCode({
    hash,
    session,
    nowMs,
    events: {
      opened: happened(by, nowMs, 'session.opened', { details: { ...details, session: session.id } }),
      reused: happened(by, nowMs, 'code.reused', { details: { ...details, session: stored.sessionId } }),
    },
  });
  if (redeemed.outcome !== 'redeemed') return no('invalid_grant');
  return ok({ sessionState: redeemed.sessionState, refreshToken, data: stored.data, atMs: nowMs });
}

/**
 * If the request named a redirect URI, the redemption must name the same (RFC 6749 §4.1.3); PKCE would be enough, but the RFC
 * requires it.
 */
const fits = (data: CodeData, applicationId: number, redirectUri: string | null): boolean =>
  data.applicationId === applicationId &&
  (redirectUri === null ? !data.isRedirectUriNamed : isSameUri(redirectUri, data.redirectUri));
