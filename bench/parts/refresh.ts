/**
 * A session refreshed: the old refresh token in, the next one and a JWT by ES256 out. Each connection has its own session and
 * presents each time the token that it received last. Keyhouse has the rotation on disk before it answers; the peers need not.
 */
import { startBetterAuthTokens, startKeyhouseTokens, startOidcProviderTokens } from '../flows/servers.ts';
import { expectRotation, logIn, openSession, refreshForm, type TokenServer } from '../flows/sessions.ts';
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFigures, holdRatio } from '../report.ts';
import { say } from '../say.ts';
import { keepFile, startFloor } from '../servers.ts';

const WORK = 'session refreshed';
const CONNECTIONS = 64;

export async function benchRefresh(): Promise<void> {
  const floor = await startFloor();
  const servers = [await startOidcProviderTokens(), await startBetterAuthTokens('refresh'), await startKeyhouseTokens('refresh')];
  const subjects: Subject[] = [
    {
      name: 'floor',
      pid: floor.pid,
      orders: {
        ...{ connections: CONNECTIONS, ...timing, method: 'GET', port: floor.port, path: '/' },
        credential: { kind: 'fixed', text: 'x'.repeat(56) },
      },
    },
  ];
  for (const server of servers) subjects.push(await subjectOf(server));
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  holdRatio('session refreshed, × oidc-provider in memory', WORK, ['Keyhouse', 'oidc-provider'], { least: 3 });
  holdRatio('session refreshed, × better-auth', WORK, ['Keyhouse', 'better-auth'], { least: 25 });
}

async function subjectOf(server: TokenServer): Promise<Subject> {
  const { name, pid, port } = server;
  say(`Opening ${CONNECTIONS} sessions at ${name} …`);
  await expectRotation(server);
  const browser = await logIn(server);
  const tokens: string[] = [];
  while (tokens.length < CONNECTIONS) tokens.push((await openSession(server, browser)).refresh_token);
  return {
    name,
    pid,
    ...(name === 'Keyhouse' ? { against: 'oidc-provider' } : {}),
    orders: {
      ...{ connections: CONNECTIONS, ...timing, method: 'POST', port, path: server.tokenPath, credential: null },
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `${refreshForm(server)}{token}`,
      tokensFile: keepFile(`${name}-tokens.json`, tokens),
    },
  };
}
