/** Introspection (RFC 7662), compared with oidc-provider on its in-memory adapter. */
import { keyText } from '../keys.ts';
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFact, addFigures, figuresOf, judgeRatio } from '../report.ts';
import { prepareDatabase, type Server, startKeyhouse, startOidcProvider, startSkeleton } from '../servers.ts';

const WORK = 'introspection';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const BASIC = { Authorization: `Basic ${Buffer.from('bench:bench-secret-bench-secret-bench').toString('base64')}` };
export const INTROSPECTED_KEYS = 10_000;

export async function benchIntrospection(): Promise<void> {
  const skeleton = await startSkeleton('introspection', prepareDatabase('skeleton-introspection', 'key', INTROSPECTED_KEYS));
  const peer = await startOidcProvider();
  const server = await startKeyhouse('introspection', 'key', INTROSPECTED_KEYS);
  const peerToken = await tokenOf(peer);
  const subjects: Subject[] = [
    introspectionSubject('skeleton', skeleton, keyText(1)),
    {
      name: 'oidc-provider',
      pid: peer.pid,
      orders: {
        ...{ connections: 64, ...timing, method: 'POST', port: peer.port, path: '/token/introspection' },
        headers: { ...BASIC, ...FORM },
        body: `token=${peerToken}`,
        credential: null,
      },
    },
    introspectionSubject('Keyhouse', server, server.operatorKey),
  ];
  await expectActive(peer, '/token/introspection', { ...BASIC, ...FORM }, peerToken);
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  judgeRatio('introspection ÷ skeleton', WORK, ['Keyhouse', 'skeleton']);
  const [own, other] = ['Keyhouse', 'oidc-provider'].map((name) => figuresOf(WORK, name)?.cpu?.total ?? Number.NaN);
  addFact('introspection × oidc-provider', (other ?? Number.NaN) / (own ?? Number.NaN));
}

/** `asker`: the key of the one who asks. */
export const introspectionSubject = (name: string, { pid, port }: Server, asker: string): Subject => ({
  name,
  pid,
  orders: {
    ...{ connections: 64, ...timing, method: 'POST', port, path: '/auth/introspect' },
    ...{ headers: FORM, body: 'token={key}', bodyRows: INTROSPECTED_KEYS, credential: { kind: 'fixed', text: asker } },
  },
});

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
