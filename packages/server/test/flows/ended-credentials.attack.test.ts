/**
 * A token or a key that ends while a request with it is running changes nothing and reads nothing. Every operation of the OpenAPI
 * document that changes or hands out something after a body is named here: a new one without a row fails a test.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ambush, startAmbush } from '../ambush.ts';
import { newApplication, openSession } from '../applications.ts';
import { eachDatabase } from '../databases.ts';
import { newPerson } from '../people.ts';
import { OPERATOR, type TestServer } from '../server.ts';
import { chunk, LAST_CHUNK, openSlowly } from '../slow.ts';

/** The caller is not known before the body is read, or nothing about a caller is checked: there is no access that could end. */
const OF_STRANGERS = ['POST /api/v1/auth/register', 'POST /api/v1/auth/login', 'POST /auth/revoke', 'POST /auth/token'];
/** Without a body. */
const QUICK = ['POST /api/v1/auth/logout', 'DELETE /api/v1/auth/tokens/{id}'];
/** A read without a body, for the JWT of a session. */
const USER_INFO = 'POST /auth/userinfo';
/** With one; `POST /api/v1/auth/tokens/rotate` may leave it out. */
const SLOW: Readonly<Record<string, object>> = {
  'POST /api/v1/auth/tokens/rotate': { overlap_seconds: 60 },
  'POST /auth': { permissions: ['a.read'] },
  'POST /api/auth': { permissions: ['a.read'] },
  'POST /auth/introspect': { token: 'kh_live_x' },
  'POST /auth/introspect/batch': { tokens: ['kh_live_x'] },
  'POST /auth/usage': { batch: '00000000-0000-4000-8000-000000000001', uses: [], refusals: [] },
};

eachDatabase('a credential that ended', (database) => {
  let server: TestServer;
  let ambush: Ambush;
  beforeAll(async () => {
    ambush = await startAmbush(await database(), ['findTokenById', 'findKeyByHash']);
    server = ambush.server;
  });
  afterAll(() => server.stop());
  const byToken = ({ id }: Made): string => `"credentialKind":"token","id":${id},`;

  /** A token with another one of the same user; or a key of the operator, which may verify. */
  async function newCredential(kind: 'token' | 'key') {
    if (kind === 'key') {
      const { id, text } = await server.key(1, { permissions: ['a.read', 'keyhouse.verify'] });
      return { id, text, userId: null, other: 0 };
    }
    const { token, id: userId, accountId } = await server.register();
    const wish = { name: 'other', expiresAtMs: null, permissions: null, addresses: null, source: 'command-line' } as const;
    const other = await server.keyhouse.credentials.createToken({ ...wish, userId, accountId }, OPERATOR);
    if (!other.ok) throw new Error(other.reason);
    return { id: Number(token.split('|')[0]), text: token, userId, other: other.value.token.id };
  }
  type Made = Awaited<ReturnType<typeof newCredential>>;
  const revoke = (kind: 'token' | 'key', { id }: Made) => server.keyhouse.credentials.revoke({ kind, id }, OPERATOR);
  const narrow = (made: Made) =>
    server.keyhouse.credentials.narrow({ kind: 'token', id: made.id, permissions: ['a.read'] }, OPERATOR);
  const disable = ({ userId }: Made) => server.keyhouse.users.disable({ userId: userId ?? 0, by: OPERATOR });
  const livesStill = async (id: number): Promise<boolean> =>
    (await server.store.credentials.getCredential('token', id))?.revokedAtMs === null;
  const pathOf = (name: string, { other }: Made): string => (name.split(' ')[1] ?? '').replace('{id}', String(other));
  const headOf = (name: string, made: Made, ...headers: readonly string[]): string =>
    [
      `${name.split(' ')[0]} ${pathOf(name, made)} HTTP/1.1`,
      ...['Host: x', 'X-Forwarded-Proto: https', `Authorization: Bearer ${made.text}`, 'Content-Type: application/json'],
      ...headers,
      '',
      '',
    ].join('\r\n');

  it('is attacked at every operation of the document', () => {
    const changing = Object.entries(server.document.paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => ['post', 'put', 'patch', 'delete'].includes(method) && !path.startsWith('/verify'))
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...OF_STRANGERS, ...QUICK, USER_INFO, ...Object.keys(SLOW)].sort()).toEqual(changing.sort());
  });

  it('does nothing between the door and the act: it ends no other token, rotates nothing, is not logged out twice', async () => {
    for (const name of [...QUICK, 'POST /api/v1/auth/tokens/rotate'])
      for (const end of [(made: Made) => revoke('token', made), disable]) {
        const made = await newCredential('token');
        ambush.beforeAct(byToken(made), () => end(made));
        const answer = await server.request(pathOf(name, made), { method: name.split(' ')[0] ?? '', bearer: made.text });
        expect(ambush.isWaiting, name).toBe(false);
        expect([answer.status, answer.json], name).toEqual([401, { message: 'Unauthenticated.' }]);
        expect(await livesStill(made.other), name).toBe(true);
      }
    const made = await newCredential('token');
    ambush.beforeAct(byToken(made), () => narrow(made));
    const answer = await server.request(`/api/v1/auth/tokens/${made.other}`, { method: 'DELETE', bearer: made.text });
    expect([answer.status, await livesStill(made.other)]).toEqual([403, true]);
  });

  it.each(Object.entries(SLOW))('is refused by %s once the body has come', async (name, body) => {
    const kind = name.includes('/v1/') ? 'token' : 'key';
    const made = await newCredential(kind);
    const judged = new Promise<void>((resolve) => {
      ambush.afterRead(() => resolve());
    });
    const request = openSlowly(server.port, headOf(name, made, 'Transfer-Encoding: chunked') + chunk('{'));
    await judged;
    await revoke(kind, made);
    request.send(chunk(JSON.stringify(body).slice(1)) + LAST_CHUNK);
    expect((await request.answered).status).toBe(401);
    request.close();
  });

  it('learns nothing by introspection in front of the framework either', async () => {
    const made = await newCredential('key');
    const text = JSON.stringify({ token: made.text });
    const request = openSlowly(
      server.port,
      headOf('POST /auth/introspect', made, `Content-Length: ${text.length}`) + text.slice(0, 5),
    );
    await revoke('key', made);
    request.send(text.slice(5));
    expect((await request.answered).status).toBe(401);
    request.close();
  });

  it('refreshes nothing when the session ends while the form comes', async () => {
    const person = await newPerson(server);
    const application = await newApplication(server, person.accountId);
    const session = await openSession(server, person, application);
    const form = new URLSearchParams({
      ...{ grant_type: 'refresh_token', refresh_token: session.refreshToken, client_id: application.clientId },
    }).toString();
    const head = [
      'POST /auth/token HTTP/1.1',
      ...['Host: x', 'X-Forwarded-Proto: https', 'Content-Type: application/x-www-form-urlencoded', 'Transfer-Encoding: chunked'],
      '',
      '',
    ].join('\r\n');
    const request = openSlowly(server.port, head + chunk(form.slice(0, 9)));
    await person.ask(`/me/sessions/${session.id}`, { method: 'DELETE' });
    request.send(chunk(form.slice(9)) + LAST_CHUNK);
    const answer = await request.answered;
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('invalid_grant')]);
    request.close();
  });

  it('is answered at once where no body is wanted, however long one goes on coming', async () => {
    for (const name of QUICK) {
      const request = openSlowly(
        server.port,
        headOf(name, await newCredential('token'), 'Transfer-Encoding: chunked') + chunk('{"a'),
      );
      expect([200, 204], name).toContain((await request.answered).status);
      request.close();
    }
    const declared = openSlowly(
      server.port,
      `${headOf(QUICK[0] ?? '', await newCredential('token'), 'Content-Length: 900000')}{"a`,
    );
    expect((await declared.answered).status).toBe(200);
    declared.close();
    const person = await newPerson(server);
    const application = await newApplication(server, person.accountId);
    const { jwt } = await openSession(server, person, application, { rest: { scope: 'openid' } });
    const told = { id: 0, text: jwt, userId: null, other: 0 };
    const info = openSlowly(server.port, headOf(USER_INFO, told, 'Transfer-Encoding: chunked') + chunk('{"a'));
    expect((await info.answered).status).toBe(200);
    info.close();
    const asked = await newCredential('key');
    const verify = openSlowly(server.port, headOf('POST /verify/api/a', asked, 'Transfer-Encoding: chunked') + chunk('{"a'));
    // Whether it may write is not tested here: it is answered.
    expect([200, 403]).toContain((await verify.answered).status);
    verify.close();
  });
});
