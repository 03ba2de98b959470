/**
 * A session refreshed: the old refresh token in, the next one and a JWT by ES256 out. Each connection has its own session and
 * presents each time the token that it received last. Keyhouse and the skeleton have the rotation on disk before they answer; the
 * peers need not.
 */
import { startBetterAuthTokens, startKeyhouseTokens, startOidcProviderTokens } from '../flows/servers.ts';
import { expectRotation, logIn, openSession, refreshForm, type TokenServer } from '../flows/sessions.ts';
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFigures, figuresOf, judgeAdvantage, judgeRatio } from '../report.ts';
import { say } from '../say.ts';
import { keepFile, startSkeleton } from '../servers.ts';

const WORK = 'session refreshed';
const CONNECTIONS = 64;

export async function benchRefresh(): Promise<void> {
  const servers = [await startOidcProviderTokens(), await startBetterAuthTokens('refresh'), await startKeyhouseTokens('refresh')];
  const subjects: Subject[] = [await skeletonSubject()];
  for (const server of servers) subjects.push(await refreshSubject(server));
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  const own = figuresOf(WORK, 'Keyhouse');
  judgeRatio('session refreshed ÷ skeleton', WORK, ['Keyhouse', 'skeleton']);
  judgeAdvantage('session refreshed × oidc-provider in memory', own, figuresOf(WORK, 'oidc-provider'));
  judgeAdvantage('session refreshed × better-auth', own, figuresOf(WORK, 'better-auth'));
}

export async function refreshSubject(server: TokenServer): Promise<Subject> {
  const { name, pid, port, tokenPath } = server;
  say(`Opening ${CONNECTIONS} sessions at ${name} …`);
  await expectRotation(server);
  const browser = await logIn(server);
  const tokens: string[] = [];
  while (tokens.length < CONNECTIONS) tokens.push((await openSession(server, browser)).refresh_token);
  return { name, pid, orders: ordersFor({ name, port, path: tokenPath, form: refreshForm(server), tokens }) };
}

/** Its sessions exist from the start. */
async function skeletonSubject(): Promise<Subject> {
  const { pid, port } = await startSkeleton('refresh');
  const tokens = (await (await fetch(`http://127.0.0.1:${port}/sessions`)).json()) as readonly string[];
  const form = 'grant_type=refresh_token&client_id=app&refresh_token=';
  return { name: 'skeleton', pid, orders: ordersFor({ name: 'skeleton', port, path: '/auth/token', form, tokens }) };
}

interface Refreshing {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly form: string;
  readonly tokens: readonly string[];
}

const ordersFor = ({ name, port, path, form, tokens }: Refreshing): Subject['orders'] => ({
  ...{ connections: CONNECTIONS, ...timing, method: 'POST', port, path, credential: null },
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: `${form}{token}`,
  tokensFile: keepFile(`${name}-tokens.json`, tokens),
});
