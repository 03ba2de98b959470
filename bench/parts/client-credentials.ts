/**
 * Client credentials: a confidential client authenticates by HTTP Basic and gets a JWT by ES256. No server stores anything for
 * it.
 */
import { startBetterAuthTokens, startKeyhouseTokens, startOidcProviderTokens } from '../flows/servers.ts';
import { expectEs256, resourceOf, type TokenServer } from '../flows/sessions.ts';
import { SCOPE } from '../flows/wish.ts';
import type { Orders } from '../load.ts';
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFigures, holdRatio } from '../report.ts';
import { startFloor } from '../servers.ts';

const WORK = 'client credentials';
const LOAD = { connections: 64, ...timing };

export async function benchClientCredentials(): Promise<void> {
  const floor = await startFloor();
  const servers = [
    await startOidcProviderTokens(),
    await startBetterAuthTokens('client-credentials'),
    await startKeyhouseTokens('client-credentials'),
  ];
  const credential = { kind: 'fixed' as const, text: 'x'.repeat(56) };
  const subjects: Subject[] = [
    { name: 'floor', pid: floor.pid, orders: { ...LOAD, method: 'GET', port: floor.port, path: '/', credential } },
  ];
  for (const server of servers) {
    const orders = ordersFor(server);
    await expectJwt(server, orders);
    const against = server.name === 'Keyhouse' ? { against: 'oidc-provider' } : {};
    subjects.push({ name: server.name, pid: server.pid, ...against, orders });
  }
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  holdRatio('client credentials, × oidc-provider', WORK, ['Keyhouse', 'oidc-provider'], { least: 2.5 });
}

function ordersFor(server: TokenServer): Orders & { readonly body: string } {
  const { port, tokenPath: path, service } = server;
  return {
    ...{ ...LOAD, method: 'POST', port, path, credential: null },
    headers: {
      Authorization: `Basic ${Buffer.from(`${service.id}:${service.secret}`).toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPE, ...resourceOf(server) }).toString(),
  };
}

async function expectJwt(
  server: TokenServer,
  { port, path, headers = {}, body }: Orders & { readonly body: string },
): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${server.name} gave no JWT: ${answer.status} ${text}`);
  expectEs256(server, (JSON.parse(text) as { access_token: string }).access_token);
}
