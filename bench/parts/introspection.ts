/** Introspection (RFC 7662), compared with oidc-provider on its in-memory adapter. */
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFigures, holdRatio } from '../report.ts';
import { type Server, startFloor, startKeyhouse, startOidcProvider } from '../servers.ts';

const WORK = 'introspection';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const BASIC = { Authorization: `Basic ${Buffer.from('bench:bench-secret-bench-secret-bench').toString('base64')}` };
const ROWS = 10_000;

export async function benchIntrospection(): Promise<void> {
  const floor = await startFloor();
  const peer = await startOidcProvider();
  const server = await startKeyhouse('introspection', 'key', ROWS);
  const load = { connections: 64, ...timing, method: 'POST' as const };
  const peerToken = await tokenOf(peer);
  const subjects: Subject[] = [
    {
      name: 'floor',
      pid: floor.pid,
      orders: { ...load, method: 'GET', port: floor.port, path: '/', credential: { kind: 'fixed', text: 'x'.repeat(56) } },
    },
    {
      name: 'oidc-provider',
      pid: peer.pid,
      orders: {
        ...load,
        port: peer.port,
        path: '/token/introspection',
        headers: { ...BASIC, ...FORM },
        body: `token=${peerToken}`,
        credential: null,
      },
    },
    {
      name: 'introspect',
      pid: server.pid,
      against: 'oidc-provider',
      orders: {
        ...load,
        port: server.port,
        path: '/auth/introspect',
        headers: FORM,
        body: 'token={key}',
        bodyRows: ROWS,
        credential: { kind: 'fixed', text: server.operatorKey },
      },
    },
  ];
  await expectActive(peer, '/token/introspection', { ...BASIC, ...FORM }, peerToken);
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  holdRatio('introspection, × oidc-provider', WORK, ['introspect', 'oidc-provider'], { least: 2.5 });
}

async function tokenOf({ port }: Server): Promise<string> {
  const body = 'grant_type=client_credentials';
  const issued = await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', headers: { ...BASIC, ...FORM }, body });
  return ((await issued.json()) as { access_token: string }).access_token;
}

/** 200 is also the answer about a token that is not known, which would cost the peer less than it should. */
async function expectActive({ port }: Server, path: string, headers: Record<string, string>, token: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: `token=${token}` });
  const text = await answer.text();
  if (!text.includes('"active":true')) throw new Error(`The peer does not know its own token: ${text}`);
}
