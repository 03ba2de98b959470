import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApplication, openSession, type TestApplication } from '../../test/applications.ts';
import { newPerson } from '../../test/people.ts';
import { ISSUER, OPERATOR, startTestServer, type TestServer } from '../../test/server.ts';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

interface Question {
  readonly authorization?: string;
  /** Once more. */
  readonly again?: string;
  readonly type: string | null;
  readonly body: string;
  readonly status: number;
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Without a declared length a request goes through Fastify. */
function ask(path: string, { authorization, again, type, body }: Question, isLong: boolean) {
  return new Promise<{ status: number; headers: Record<string, unknown>; json: Record<string, unknown> }>((resolve, reject) => {
    const headers = [
      ...['Host', 'localhost', 'Origin', 'https://app.example.com'],
      ...[authorization, again].flatMap((value) => (value === undefined ? [] : ['Authorization', value])),
      ...(type === null ? [] : ['Content-Type', type]),
      ...(isLong ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(Buffer.byteLength(body))]),
    ];
    const request = httpRequest({ port: server.port, method: 'POST', path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const told = [
          ...['www-authenticate', 'content-type', 'cache-control', 'pragma', 'x-content-type-options'],
          ...['access-control-allow-origin', 'access-control-expose-headers', 'x-keyhouse-position'],
        ];
        expect(answer.headers['x-request-id']).toBeTruthy();
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(told.map((name) => [name, answer.headers[name]])),
          json: JSON.parse(Buffer.concat(chunks).toString()),
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('introspection, the short way and the long way', () => {
  let operatorKey: string;
  let ownKey: string;
  let token: string;
  beforeAll(async () => {
    const registered = await server.register();
    token = registered.token;
    ownKey = (await server.key(registered.accountId)).text;
    operatorKey = (await server.key(1, { permissions: ['keyhouse.verify'] })).text;
  });

  const by = (bearer: string, type: string | null, body: string, status: number): Question => ({
    ...{ authorization: `Bearer ${bearer}`, type, body, status },
  });

  it.each([
    ['an own credential, as a form', () => by(ownKey, FORM, `token=${ownKey}`, 200)],
    ['anybody’s, asked by a resource server, as JSON', () => by(operatorKey, JSON_TYPE, JSON.stringify({ token }), 200)],
    ['a token of the own account', () => by(ownKey, FORM, `token=${encodeURIComponent(token)}&token_type_hint=x`, 200)],
    ['what is no credential', () => by(operatorKey, FORM, 'token=nonsense', 200)],
    ['without a token', () => by(operatorKey, FORM, 'tokens=1', 400)],
    ['with two tokens', () => by(operatorKey, FORM, 'token=1&token=2', 400)],
    ['with a member twice', () => by(operatorKey, JSON_TYPE, '{"token":"1","token":"2"}', 400)],
    ['with bad UTF-8 escapes', () => by(operatorKey, FORM, 'token=%zz', 400)],
    ['with what is not JSON', () => by(operatorKey, JSON_TYPE, '{', 400)],
    ['with an empty body', () => by(operatorKey, JSON_TYPE, '', 400)],
    ['by a personal access token', () => by(token, FORM, 'token=1', 403)],
    ['by an unknown key', () => by(`kh_live_${'0'.repeat(48)}`, FORM, 'token=1', 401)],
    ['by nobody', () => ({ type: FORM, body: 'token=1', status: 401 })],
    ['with another content type', () => by(operatorKey, 'text/plain', 'token=1', 415)],
  ] satisfies readonly (readonly [string, () => Question])[])('give one answer: %s', async (_what, make: () => Question) => {
    const question = make();
    const short = await ask('/auth/introspect', question, false);
    expect(short).toEqual(await ask('/auth/introspect', question, true));
    expect(short.status).toBe(question.status);
  });
});

describe('the token endpoint, the short way and the long way', () => {
  let page: TestApplication;
  let service: TestApplication;
  let refreshToken: string;
  beforeAll(async () => {
    const owner = await newPerson(server);
    page = await newApplication(server, owner.accountId);
    service = await newApplication(server, owner.accountId, { kind: 'confidential', ownPermissions: ['invoices.read'] });
    refreshToken = (await openSession(server, await newPerson(server), page)).refreshToken;
  });

  const basic = ({ clientId, secret }: TestApplication): string =>
    `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  const form = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString();
  const refreshed = (parameters: Record<string, string> = {}) => ({
    ...{ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: page.clientId },
    ...parameters,
  });
  const own = (type: string, body: string, status: number): Question => ({ authorization: basic(service), type, body, status });

  it.each([
    ['a refresh of a public application', () => ({ type: FORM, body: form(refreshed()), status: 200 })],
    ['a refresh as JSON', () => ({ type: JSON_TYPE, body: JSON.stringify(refreshed()), status: 200 })],
    [
      'a refresh beside a bearer credential',
      () => ({ authorization: 'Bearer x', type: FORM, body: form(refreshed()), status: 200 }),
    ],
    ['client credentials by Basic', () => own(FORM, 'grant_type=client_credentials', 200)],
    ['client credentials for less', () => own(FORM, form({ grant_type: 'client_credentials', scope: 'invoices.read' }), 200)],
    ['for more than is granted', () => own(FORM, form({ grant_type: 'client_credentials', scope: 'invoices.write' }), 400)],
    ['for another audience', () => own(FORM, form({ grant_type: 'client_credentials', resource: 'https://x.example' }), 400)],
    ['a grant that there is not', () => own(FORM, 'grant_type=password', 400)],
    ['no grant', () => own(FORM, 'a=b', 400)],
    ['a parameter twice', () => own(FORM, 'grant_type=client_credentials&grant_type=client_credentials', 400)],
    ['a member twice', () => own(JSON_TYPE, '{"grant_type":"client_credentials","grant_type":"x"}', 400)],
    ['no JSON', () => own(JSON_TYPE, 'grant_type', 400)],
    [
      'a wrong secret',
      () => ({ ...own(FORM, 'grant_type=client_credentials', 401), authorization: basic({ ...service, secret: 'x' }) }),
    ],
    ['Basic and a secret in the body', () => own(FORM, 'grant_type=client_credentials&client_secret=x', 400)],
    ['two headers', () => ({ ...own(FORM, 'grant_type=client_credentials', 400), again: basic(service) })],
    ['nobody', () => ({ type: FORM, body: 'grant_type=client_credentials', status: 401 })],
    [
      'a refresh token that is none',
      () => ({ type: FORM, body: form(refreshed({ refresh_token: 'kh_refresh_x' })), status: 400 }),
    ],
    ['another content type', () => own('text/plain', 'grant_type=client_credentials', 415)],
  ] satisfies readonly (readonly [string, () => Question])[])('give one answer: %s', async (_what, make: () => Question) => {
    const question = make();
    const short = withoutChance(await ask('/auth/token', question, false));
    expect(short).toEqual(withoutChance(await ask('/auth/token', question, true)));
    expect(short.status).toBe(question.status);
    expect(short.headers['access-control-allow-origin']).toBe('*');
  });
});

describe.each(['/auth', '/api/auth'])('a mint at %s, the short way and the long way', (path) => {
  let key: string;
  let token: string;
  let other: string;
  beforeAll(async () => {
    const registered = await server.register();
    token = registered.token;
    key = (await server.key(registered.accountId, { permissions: ['invoices.read', 'services.read'] })).text;
    other = (await server.key(registered.accountId, { addresses: ['203.0.113.7/32'] })).text;
  });

  const wish = (body: unknown, status: number, bearer = key): Question => ({
    ...{ authorization: `Bearer ${bearer}`, type: JSON_TYPE, status },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

  it.each([
    ['a permission', () => wish({ permissions: ['invoices.read'] }, 200)],
    [
      'all members',
      () => wish({ permissions: ['invoices.read'], expires: '2099-01-01', subject: 'customer-77', resource: ISSUER }, 422),
    ],
    ['a subject and the audience', () => wish({ permissions: ['services.read'], subject: 'customer-77', resource: ISSUER }, 200)],
    [
      'a type with its charset',
      () => ({ ...wish({ permissions: ['invoices.read'] }, 200), type: `${JSON_TYPE}; charset=utf-8` }),
    ],
    ['a member that is null', () => wish({ permissions: ['invoices.read'], subject: null }, 200)],
    ['more than the key has', () => wish({ permissions: ['invoices.read', 'invoices.write'] }, 403)],
    ['nothing', () => wish({ permissions: [] }, 422)],
    ['no permissions', () => wish({ subject: 'customer-77' }, 422)],
    ['several faults at once', () => wish({ permissions: 7, expires: 8, subject: [], more: 1 }, 422)],
    ['what is not a permission', () => wish({ permissions: ['Invoices'] }, 422)],
    ['a number among the permissions', () => wish({ permissions: ['invoices.read', 1] }, 422)],
    ['an inherited name', () => wish('{"permissions":["invoices.read"],"__proto__":{"subject":"x"}}', 422)],
    ['a date that does not exist', () => wish({ permissions: ['invoices.read'], expires: '2027-02-31' }, 422)],
    ['another audience', () => wish({ permissions: ['invoices.read'], resource: 'https://x.example' }, 422)],
    ['a list', () => wish([], 422)],
    ['null', () => wish('null', 422)],
    ['a text', () => wish('"permissions"', 422)],
    ['an empty body', () => wish('', 400)],
    ['what is not JSON', () => wish('{', 400)],
    ['a member twice', () => wish('{"permissions":["invoices.read"],"permissions":["services.read"]}', 400)],
    ['a byte order mark', () => wish('\u{FEFF}{"permissions":["invoices.read"]}', 400)],
    ['a deep body', () => wish('['.repeat(100) + ']'.repeat(100), 422)],
    ['a token in place of a key', () => wish({ permissions: ['invoices.read'] }, 403, token)],
    ['a token and no JSON', () => wish('{', 403, token)],
    ['a key from a wrong address', () => wish({ permissions: ['invoices.read'] }, 401, other)],
    ['an unknown key', () => wish({ permissions: ['invoices.read'] }, 401, `kh_live_${'0'.repeat(48)}`)],
    ['an unknown key and no JSON', () => wish('{', 401, `kh_live_${'0'.repeat(48)}`)],
    ['no key', () => ({ type: JSON_TYPE, body: '{}', status: 401 })],
    ['two keys', () => ({ ...wish({ permissions: ['invoices.read'] }, 400), again: `Bearer ${key}` })],
    ['a form', () => ({ ...wish('permissions=invoices.read', 415), type: FORM })],
    ['no type', () => ({ ...wish({ permissions: ['invoices.read'] }, 415), type: null })],
  ] satisfies readonly (readonly [string, () => Question])[])('give one answer: %s', async (_what, make: () => Question) => {
    const question = make();
    const short = withoutChance(await ask(path, question, false));
    expect(short).toEqual(withoutChance(await ask(path, question, true)));
    expect(short.status).toBe(question.status);
  });

  it('revokes a key between two mints', async () => {
    const { accountId } = await server.register();
    const { text, id } = await server.key(accountId);
    const question = wish({ permissions: ['invoices.read'] }, 200, text);
    expect((await ask(path, question, false)).status).toBe(200);
    await server.keyhouse.credentials.revoke({ kind: 'key', id }, OPERATOR);
    expect((await ask(path, question, false)).status).toBe(401);
  });
});

/** Each JWT has an id of its own, and is of the second in which it was minted. */
const withoutChance = <Answer extends { json: Record<string, unknown> }>(answer: Answer): Answer => ({
  ...answer,
  json: {
    ...answer.json,
    ...('access_token' in answer.json ? { access_token: 'a JWT' } : {}),
    ...(typeof answer.json.token === 'string' ? { token: 'a JWT', expires: 'in a year' } : {}),
  },
});
