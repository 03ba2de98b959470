/**
 * Logging out at an application's wish (OpenID Connect RP-Initiated Logout). With an ID token of the person who is signed in here it is done at once;
 * without one anybody could send anybody's browser here, so the person is asked.
 */
import type { Clock } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import type { ApplicationsStore } from './application.ts';
import type { PageProblem } from './checks.ts';
import type { IdTokenHint } from './id-token.ts';

export interface LogoutPorts {
  readonly applications: Pick<ApplicationsStore, 'findClient'>;
  readonly readHint: (text: string) => IdTokenHint | null;
  readonly secret: MasterSecret;
  readonly secrets: readonly MasterSecret[];
  readonly clock: Clock;
}

export interface LogoutWish {
  readonly idTokenHint: string | null;
  readonly clientId: string | null;
  readonly postLogoutRedirectUri: string | null;
  readonly state: string | null;
}

/** `end`: the session of the application that asks; null: none is named. `location` null: there is nowhere to go back to. */
export type LogoutStep =
  | {
      readonly step: 'done';
      readonly end: { readonly sessionId: string; readonly applicationId: number; readonly userId: number } | null;
      readonly location: string | null;
    }
  | { readonly step: 'ask'; readonly request: string }
  | { readonly step: 'show'; readonly problem: PageProblem };

interface ParkedLogout {
  readonly application: string | null;
  readonly location: string | null;
  readonly atMs: number;
}

const SEAL_NAME = 'logout-request';
const WAITS_FOR_MS = 60 * 60 * 1000;

/** `userId`: who is signed in with this browser; null: nobody is. */
export async function beginLogout(ports: LogoutPorts, wish: LogoutWish, userId: number | null): Promise<LogoutStep> {
  const hint = wish.idTokenHint === null ? null : ports.readHint(wish.idTokenHint);
  if (hint !== null && wish.clientId !== null && wish.clientId !== hint.clientId)
    return { step: 'show', problem: 'unknown_client' };
  const clientId = hint?.clientId ?? wish.clientId;
  const client = clientId === null ? null : await ports.applications.findClient(clientId);
  if (wish.clientId !== null && client === null) return { step: 'show', problem: 'unknown_client' };
  const { postLogoutRedirectUri: uri } = wish;
  if (uri !== null && !(client?.postLogoutRedirectUris.includes(uri) ?? false)) return { step: 'show', problem: 'redirect_uri' };
  const location = uri === null ? null : withState(uri, wish.state);
  if (hint !== null && client !== null && (userId === null || userId === hint.userId))
    return { step: 'done', end: { sessionId: hint.sessionId, applicationId: client.id, userId: hint.userId }, location };
  if (userId === null) return { step: 'done', end: null, location };
  const parked: ParkedLogout = { application: client?.name ?? null, location, atMs: ports.clock.now() };
  return { step: 'ask', request: seal(ports.secret, SEAL_NAME, Buffer.from(JSON.stringify(parked))) };
}

/** What the page that asks shows; null when it has waited too long. */
export function openLogout({ secrets, clock }: Pick<LogoutPorts, 'secrets' | 'clock'>, text: string): ParkedLogout | null {
  const opened = open(secrets, SEAL_NAME, text);
  if (!opened.ok) return null;
  const parked = JSON.parse(opened.value.toString('utf8')) as ParkedLogout;
  return clock.now() - parked.atMs > WAITS_FOR_MS ? null : parked;
}

const withState = (uri: string, state: string | null): string =>
  state === null ? uri : `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;
