/**
 * No request of a stranger or of an ordinary user blocks the server. The server runs in a separate process, whose main thread
 * reports what each request cost it in processor time; that is compared with a piece of work that the same thread does on the
 * same machine at the same time.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crowd, fillCatalogue } from '../loop/crowd.ts';
import { type MeasuredServer, startMeasured, URL_OF_SERVER } from '../loop/measured-server.ts';
import { type Callers, leastOf, MAX_UNITS, ordinaryCallers, type Route, routesOf, type Walked, walk } from '../loop/walk.ts';

/** What any client may be answered by the contract; never a 500. */
const ANSWERS = new Set([200, 201, 204, 302, 303, 400, 401, 403, 404, 405, 413, 415, 422, 429, 431]);

describe('the event loop', () => {
  let server: MeasuredServer;
  let callers: Callers;
  let routes: readonly Route[];
  beforeAll(async () => {
    server = await startMeasured();
    callers = await ordinaryCallers(server);
    routes = await routesOf(server, callers);
  });
  afterAll(() => server.stop());

  it('is held by no body and no head, at no route', async () => {
    expect(routes.length).toBeGreaterThan(150);
    const wrong: Walked[] = [];
    for await (const walked of walk(server, routes))
      if (walked.units > MAX_UNITS || !ANSWERS.has(walked.status)) wrong.push(walked);
    expect(wrong).toEqual([]);
  });

  it('is held by nobody whose body never comes: everybody else is answered', async () => {
    const slow = routes.filter(({ takes }) => takes !== 'nothing');
    const own = new Map<Route, Readonly<Record<string, string>>>();
    for (const route of slow) own.set(route, (await route.ordinary?.()) ?? {});
    const sockets = await Promise.all(slow.map((route) => beginBody(server.port, route, own.get(route) ?? {})));
    for (const { path, method, takes, ordinary } of slow.slice(0, 20)) {
      const headers = { ...(await ordinary?.()), 'content-type': takes === 'form' ? FORM : 'application/json' };
      expect(ANSWERS.has((await server.ask({ method, path, headers, body: '{}' })).status)).toBe(true);
    }
    const { status, units } = await leastOf(server, { method: 'GET', path: '/healthz' }, async () => ({}));
    expect([status, units > MAX_UNITS]).toEqual([200, false]);
    for (const socket of sockets) socket.destroy();
  });

  it('is held by no list of somebody who has a thousand of everything', async () => {
    const team = await fillTeam(server, callers);
    const wrong: Walked[] = [];
    for (const { name, method, path, ordinary } of await routesOf(server, { ...callers, accountId: team.accountId })) {
      if (method !== 'GET' || ordinary === null) continue;
      const sent = {
        method,
        path: path
          .replace('/keys/999999', `/keys/${team.keyId}`)
          .replace('/applications/999999', `/applications/${team.applicationId}`),
      };
      // In slices, with a turn for all others after each: all of them together may take twice the time of one.
      const walked = { name, ...(await leastOf(server, sent, ordinary, 2 * MAX_UNITS)) };
      if (walked.units > 2 * MAX_UNITS || !ANSWERS.has(walked.status)) wrong.push(walked);
    }
    expect(wrong).toEqual([]);
  });
});

const FORM = 'application/x-www-form-urlencoded';

/** The head of a request with a long body, and its first bytes. */
async function beginBody(port: number, { method, path, takes }: Route, own: Readonly<Record<string, string>>): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  // It may be refused and closed before the test reads it.
  socket.on('error', () => {});
  await once(socket, 'connect');
  const headers = {
    host: 'localhost',
    'content-type': takes === 'form' ? FORM : 'application/json',
    'content-length': '60000',
    ...own,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  await new Promise((resolve) => socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n{"a":`, resolve));
  return socket;
}

async function fillTeam(server: MeasuredServer, { signIn, userId }: Callers) {
  const headers = { origin: URL_OF_SERVER, cookie: await signIn(), 'content-type': 'application/json' };
  const ask = async (path: string, body: object) => {
    const { status, text } = await server.ask({
      method: 'POST',
      path: `/dashboard/api${path}`,
      headers,
      body: JSON.stringify(body),
    });
    expect(status, text).toBe(200);
    return JSON.parse(text);
  };
  const { id: accountId } = await ask('/accounts', { name: 'Crowd' });
  const { application } = await ask(`/accounts/${accountId}/applications`, {
    ...{
      name: 'Ledger',
      type: 'public',
      home_page: null,
      redirect_uris: ['https://ledger.example.com/cb'],
      post_logout_redirect_uris: [],
    },
    ...{
      permissions: null,
      optional_permissions: [],
      own_permissions: [],
      idle_seconds: null,
      absolute_seconds: null,
      jwks: null,
    },
  });
  await fillCatalogue(server.keyhouse);
  crowd(server.databaseFile, { accountId, userId, size: 1000 });
  const [key] = await server.store.credentials.listCredentials({ kind: 'key', accountId, withRevoked: false, limit: 1 });
  return { accountId, applicationId: application.id, keyId: key?.id ?? 0 };
}
