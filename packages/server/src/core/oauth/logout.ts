/**
 * Logging out at the request of an application (OpenID Connect RP-Initiated Logout §2). ID tokens are passed on, to applications,
 * logs and support, so having one proves nothing: the logout is done at once only if the browser is signed in, and the session of
 * the ID token was granted in this sign-in. Any other signed-in user is asked first. If no user is signed in, nothing ends.
 */

import type { ApplicationsStore } from '../applications/application.ts';
import type { Clock } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import { isSameUri } from '../lib/uri.ts';
import type { SessionsStore } from '../sessions/session.ts';
import type { PageProblem } from './checks.ts';
import type { IdTokenHint } from './id-token.ts';

export interface LogoutPorts {
  readonly applications: Pick<ApplicationsStore, 'findClient'>;
  readonly sessions: Pick<SessionsStore, 'findSession'>;
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

/** The session that an ID token names. */
interface NamedSession {
  readonly sessionId: string;
  readonly applicationId: number;
  readonly userId: number;
}

/**
 * `end`: the session of the application that asks; null: none is named, or it must not be ended. `location` null: there is
 * nowhere to go back to.
 */
export type LogoutStep =
  | { readonly step: 'done'; readonly end: NamedSession | null; readonly location: string | null }
  | { readonly step: 'ask'; readonly request: string }
  | { readonly step: 'show'; readonly problem: PageProblem | 'request_over' };

interface ParkedLogout {
  readonly application: string | null;
  readonly location: string | null;
  readonly end: NamedSession | null;
  readonly atMs: number;
}

/** The user who is signed in with the browser that asks. */
export interface Present {
  readonly userId: number;
  readonly signInId: number;
}

const SEAL_NAME = 'logout-request';
const WAITS_FOR_MS = 60 * 60 * 1000;

/** `present` null: no user is signed in with this browser. */
export async function beginLogout(ports: LogoutPorts, wish: LogoutWish, present: Present | null): Promise<LogoutStep> {
  const read = await readWish(ports, wish);
  return 'problem' in read ? { step: 'show', problem: read.problem } : await decide(ports, read, present);
}

/**
 * A form that another site posts comes without cookies (SameSite): it is checked and sealed, and decided when the browser follows
 * the redirect.
 */
export async function parkLogout(
  ports: LogoutPorts,
  wish: LogoutWish,
): Promise<{ readonly request: string } | Extract<LogoutStep, { step: 'show' }>> {
  const read = await readWish(ports, wish);
  return 'problem' in read ? { step: 'show', problem: read.problem } : { request: park(ports, read) };
}

/** Decides a logout that was parked. */
export async function resumeLogout(ports: LogoutPorts, text: string, present: Present | null): Promise<LogoutStep> {
  const parked = openLogout(ports, text);
  return parked === null ? { step: 'show', problem: 'request_over' } : await decide(ports, parked, present);
}

/** What the page that asks shows; null if it has waited too long. */
export function openLogout({ secrets, clock }: Pick<LogoutPorts, 'secrets' | 'clock'>, text: string): ParkedLogout | null {
  const opened = open(secrets, SEAL_NAME, text);
  if (!opened.ok) return null;
  const parked = JSON.parse(opened.value.toString('utf8')) as ParkedLogout;
  return clock.now() - parked.atMs > WAITS_FOR_MS ? null : parked;
}

async function readWish(ports: LogoutPorts, wish: LogoutWish): Promise<ParkedLogout | { readonly problem: PageProblem }> {
  const hint = wish.idTokenHint === null ? null : ports.readHint(wish.idTokenHint);
  if (hint !== null && wish.clientId !== null && wish.clientId !== hint.clientId) return { problem: 'unknown_client' };
  const clientId = hint?.clientId ?? wish.clientId;
  const client = clientId === null ? null : await ports.applications.findClient(clientId);
  if (wish.clientId !== null && client === null) return { problem: 'unknown_client' };
  const { postLogoutRedirectUri: uri } = wish;
  if (uri !== null && !(client?.postLogoutRedirectUris.some((each) => isSameUri(each, uri)) ?? false))
    return { problem: 'redirect_uri' };
  return {
    application: client?.name ?? null,
    location: uri === null ? null : withState(uri, wish.state),
    end: hint === null || client === null ? null : { ...hint, applicationId: client.id },
    atMs: ports.clock.now(),
  };
}

async function decide(ports: LogoutPorts, parked: ParkedLogout, present: Present | null): Promise<LogoutStep> {
  const { end, location } = parked;
  if (present === null) return { step: 'done', end: null, location };
  const session = end === null ? null : await ports.sessions.findSession(end.sessionId);
  const isTheirs = end?.userId === present.userId && session?.signInId === present.signInId;
  return isTheirs ? { step: 'done', end, location } : { step: 'ask', request: park(ports, parked) };
}

const park = ({ secret }: LogoutPorts, parked: ParkedLogout): string =>
  seal(secret, SEAL_NAME, Buffer.from(JSON.stringify(parked)));

const withState = (uri: string, state: string | null): string =>
  state === null ? uri : `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`;
