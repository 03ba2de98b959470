/**
 * A user who loses their access while a request of theirs is running can do nothing with it. Each endpoint of the private API is
 * attacked in every way to lose what it requires: between the door and the act, and while a body comes slowly. The table is
 * compared with the API: a new endpoint without a row fails a test.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { api } from '../../src/http/dashboard/api/index.ts';
import { type Ambush, startAmbush } from '../ambush.ts';
import { eachDatabase } from '../databases.ts';
import { ISSUER, type TestServer } from '../server.ts';
import { chunk, LAST_CHUNK, openSlowly } from '../slow.ts';
import { newRoot, newScene, type Scene, WAYS, type Way } from './ended-access-scene.ts';
import { type EndpointCall, ROWS, type Row } from './ended-access-table.ts';

const ENDPOINTS = Object.entries(api as Readonly<Record<string, { readonly who: string; readonly body?: unknown }>>);
const rows = Object.entries(ROWS as Readonly<Record<string, Row>>);
const whoOf = (name: string): string => ENDPOINTS.find(([each]) => each === name)?.[1].who ?? '';
const takesBody = (name: string): boolean => ENDPOINTS.find(([each]) => each === name)?.[1].body !== undefined;
const methodOf = (name: string): string => name.split(' ')[0] ?? '';

/** The ways to lose the sign-in, and what else the endpoint requires. */
function waysOf(who: string): readonly Way[] {
  const always = ['whose sign-in was ended', 'who was disabled'] as const;
  if (who === 'signed-in') return always;
  if (who === 'administrator') return [...always, 'who is no administrator any more'];
  return [...always, 'who was removed from the team', ...(who === 'viewer' ? [] : (['who is a mere viewer by now'] as const))];
}

it('attacks every endpoint that somebody who is signed in may change something with', () => {
  const changing = ENDPOINTS.filter(([name, { who }]) => who !== 'anyone' && methodOf(name) !== 'GET').map(([name]) => name);
  expect(rows.map(([name]) => name).sort()).toEqual([...changing, 'GET /operator/mails/:id'].sort());
});

eachDatabase('access that ended', (database) => {
  let server: TestServer;
  let root: number;
  let ambush: Ambush;
  beforeAll(async () => {
    ambush = await startAmbush(await database(), ['findSignIn', 'findAccountOf']);
    server = ambush.server;
    root = await newRoot(server);
  });
  afterAll(() => server.stop());

  const onBehalfOf = ({ actor }: Scene): string => `"authority":{"kind":"sign-in","signInId":${actor.signInId},`;
  const ask = ({ actor }: Scene, name: string, [path, body]: EndpointCall) =>
    actor.ask(path, { method: methodOf(name), ...(body === undefined ? {} : { body }) });
  /** What they have done so far, and what they began. */
  const traceOf = async ({ actor }: Scene): Promise<readonly unknown[]> => {
    const { audit, factors, credentials } = server.store;
    const events = await audit.list({ actor: `user:${actor.id}`, limit: 100 });
    const tokens = await credentials.listCredentials({ kind: 'token', userId: actor.id, withRevoked: false, limit: 100 });
    return [
      events.filter(({ event }) => event !== 'request.refused').map(({ event }) => event),
      await factors.findTotp(actor.id),
      await factors.countRecoveryCodes(actor.id),
      tokens.map(({ id, hash, name }) => [id, hash, name]),
    ];
  };

  const acting = rows.filter(([, { isRead }]) => !isRead);
  it.each(acting)('does nothing by %s between the door and the act', async (name, { prepare, isAlone }) => {
    for (const way of waysOf(whoOf(name))) {
      const scene = await newScene(server, root, isAlone);
      const asked = await prepare(scene);
      const before = await traceOf(scene);
      ambush.beforeAct(onBehalfOf(scene), () => WAYS[way].end(scene));
      const { status, text } = await ask(scene, name, asked);
      expect(ambush.isWaiting, `${name} acts on behalf of nobody`).toBe(false);
      expect(status, `${name} by somebody ${way}: ${text}`).toBe(WAYS[way].status);
      expect(await traceOf(scene), `${name} by somebody ${way}`).toEqual(before);
    }
    const scene = await newScene(server, root, isAlone);
    const { status, text } = await ask(scene, name, await prepare(scene));
    expect([200, 204], `${name}: ${text}`).toContain(status);
  });

  const slow = rows.filter(([name]) => takesBody(name));
  it.each(slow)('does nothing by %s while the body comes', async (name, { prepare, isAlone }) => {
    for (const way of waysOf(whoOf(name))) {
      const scene = await newScene(server, root, isAlone);
      const asked = await prepare(scene);
      const before = await traceOf(scene);
      const [beginning, end] = halves(JSON.stringify(asked[1]));
      const judged = new Promise<void>((resolve) => {
        const last = ['signed-in', 'administrator'].includes(whoOf(name)) ? 'findSignIn' : 'findAccountOf';
        ambush.afterRead((read) => read === last && resolve());
      });
      const request = openSlowly(server.port, headOf(scene, name, asked, 'application/json') + chunk(beginning));
      await judged;
      await WAYS[way].end(scene);
      request.send(chunk(end) + LAST_CHUNK);
      expect((await request.answered).status, `${name} by somebody ${way}`).toBe(WAYS[way].status);
      request.close();
      expect(await traceOf(scene), `${name} by somebody ${way}`).toEqual(before);
    }
  });

  const quick = rows.filter(([name]) => !takesBody(name) && methodOf(name) !== 'GET');
  it.each(quick)('answers %s without waiting for a body that it does not want', async (name, { prepare, isAlone }) => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      const scene = await newScene(server, root, isAlone);
      const asked = await prepare(scene);
      // The rest of it never comes.
      const request = openSlowly(server.port, headOf(scene, name, asked, type) + chunk('{"a'));
      expect([200, 204], `${name} ${type}`).toContain((await request.answered).status);
      request.close();
    }
  });

  it('breaks an export off when whoever downloads it is removed', async () => {
    const scene = await newScene(server, root);
    const { team, actor } = scene;
    const event = {
      event: 'token.renamed',
      atMs: server.now(),
      accountId: team,
      by: { actor: 'operator', requestId: null, person: {} },
    } as const;
    await server.store.audit.record({ events: Array.from({ length: 2000 }, () => event) });
    let pages = 0;
    const removed = Promise.withResolvers<unknown>();
    ambush.afterRead((read) => {
      // Once at the door, then once for each page of the export.
      if (read !== 'findAccountOf') return;
      pages += 1;
      if (pages === 2) removed.resolve(WAYS['who was removed from the team'].end(scene));
    });
    const whole = await fetch(`${server.origin}/dashboard/api/accounts/${team}/audit/export?format=jsonl`, {
      headers: { cookie: actor.cookie, 'x-forwarded-proto': 'https' },
    });
    expect(whole.status).toBe(200);
    await expect(whole.text()).rejects.toThrow();
    await removed.promise;
  });
});

/** Who asks, and a body whose length is not known. */
const headOf = ({ actor }: Scene, name: string, [path]: EndpointCall, type: string): string =>
  [
    `${methodOf(name)} /dashboard/api${path} HTTP/1.1`,
    'Host: x',
    `Origin: ${ISSUER}`,
    `Cookie: ${actor.cookie}`,
    `Content-Type: ${type}`,
    'Transfer-Encoding: chunked',
    '',
    '',
  ].join('\r\n');

const halves = (text: string): readonly [string, string] => [text.slice(0, 5), text.slice(5)];
