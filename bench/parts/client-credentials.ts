/**
 * Client credentials: a confidential client authenticates by HTTP Basic and gets a JWT by ES256. No server stores anything for
 * it.
 */
import { startBetterAuthTokens, startKeyhouseTokens, startOidcProviderTokens } from '../flows/servers.ts';
import { expectEs256, resourceOf, type TokenServer } from '../flows/sessions.ts';
import { SCOPE, SERVICE_SECRET } from '../flows/wish.ts';
import type { Orders } from '../load.ts';
import { measureInTurn, type Subject } from '../measure.ts';
import { quick, rounds, timing } from '../options.ts';
import { addFact, addFigures, figuresOf, judgeAdvantage, judgeRatio } from '../report.ts';
import { startSkeleton } from '../servers.ts';

const WORK = 'client credentials';

type AskingServer = Pick<TokenServer, 'name' | 'pid' | 'port' | 'tokenPath' | 'service' | 'resource'>;

export async function benchClientCredentials(): Promise<void> {
  const servers = [
    await startSkeletonTokens(),
    await startOidcProviderTokens(),
    ...(quick ? [] : [await startBetterAuthTokens('client-credentials')]),
    await startKeyhouseTokens('client-credentials'),
  ];
  const subjects: Subject[] = [];
  for (const server of servers) {
    subjects.push(await clientCredentialsSubject(server));
  }
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  const own = figuresOf(WORK, 'Keyhouse');
  judgeRatio('client credentials ÷ skeleton', WORK, ['Keyhouse', 'skeleton']);
  judgeAdvantage('client credentials × oidc-provider', own, figuresOf(WORK, 'oidc-provider'));
  const betterAuth = figuresOf(WORK, 'better-auth')?.cpu;
  if (own?.cpu != null && betterAuth != null) addFact('client credentials × better-auth', betterAuth.total / own.cpu.total);
}

export async function clientCredentialsSubject(server: AskingServer): Promise<Subject> {
  const orders = ordersFor(server);
  await expectJwt(server, orders);
  return { name: server.name, pid: server.pid, orders };
}

const startSkeletonTokens = async (): Promise<AskingServer> => ({
  ...(await startSkeleton('client-credentials')),
  ...{ name: 'skeleton', tokenPath: '/auth/token', service: { id: 'service', secret: SERVICE_SECRET } },
});

function ordersFor(server: AskingServer): Orders & { readonly body: string } {
  const { port, tokenPath: path, service } = server;
  return {
    ...{ connections: 64, ...timing, method: 'POST', port, path, credential: null },
    headers: {
      Authorization: `Basic ${Buffer.from(`${service.id}:${service.secret}`).toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE, ...resourceOf(server) }).toString(),
  };
}

async function expectJwt(
  server: AskingServer,
  { port, path, headers = {}, body }: Orders & { readonly body: string },
): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${server.name} gave no JWT: ${answer.status} ${text}`);
  expectEs256(server, (JSON.parse(text) as { access_token: string }).access_token);
}
