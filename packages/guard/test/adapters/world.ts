/**
 * A real Keyhouse at an address that guards can reach, credentials of every kind, and a client that sends exactly what the test
 * wants.
 */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { freePort } from '../../../../conformance/free-port.ts';
import { askTokens, newApplication, openSession, withSecret } from '../../../server/test/applications.ts';
import type { TestDatabase } from '../../../server/test/databases.ts';
import { newPerson } from '../../../server/test/people.ts';
import { startTestServer, type TestServer } from '../../../server/test/server.ts';
import type { GuardOptions } from '../../src/index.ts';
import { RULES } from './frameworks.ts';

export interface Credential {
  readonly text: string;
  readonly id: number;
}

export interface World {
  readonly keyhouse: TestServer;
  /** For a guard with the operator's rules. */
  readonly options: GuardOptions;
  token(): Promise<string>;
  /** A key of an account of its own; everything without a list. */
  key(permissions?: readonly string[], addresses?: readonly string[]): Promise<Credential>;
  mint(key: Credential, permissions: readonly string[]): Promise<string>;
  /** The JWT of a user's session, with `invoices.read`. */
  session(): Promise<string>;
  /** The JWT of an application that acts by itself, with `invoices.read`. */
  application(): Promise<string>;
  revoke(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** On SQLite, unless another database is given. */
export async function startWorld(database?: TestDatabase): Promise<World> {
  const port = await freePort();
  const keyhouse = await startTestServer({
    ...{ port, url: `http://127.0.0.1:${port}` },
    ...(database === undefined ? {} : { database }),
  });
  const operator = await keyhouse.key(1, { permissions: ['keyhouse.verify'] });
  const world: World = {
    keyhouse,
    options: { issuer: keyhouse.url, key: operator.text, routes: RULES },
    token: async () => (await keyhouse.register()).token,
    key: async (permissions, addresses) => {
      const { accountId } = await keyhouse.register();
      return await keyhouse.key(accountId, {
        ...(permissions === undefined ? {} : { permissions: [...permissions] }),
        ...(addresses === undefined ? {} : { addresses: [...addresses] }),
      });
    },
    mint: async (key, permissions) => (await keyhouse.request('/auth', { bearer: key.text, body: { permissions } })).json.token,
    session: async () => {
      const owner = await newPerson(keyhouse);
      const client = await newApplication(keyhouse, owner.accountId);
      return (await openSession(keyhouse, await newPerson(keyhouse), client)).jwt;
    },
    application: async () => {
      const { accountId } = await keyhouse.register();
      const client = await newApplication(keyhouse, accountId, { kind: 'confidential', ownPermissions: ['invoices.read'] });
      return (await askTokens(keyhouse, { grant_type: 'client_credentials', ...withSecret(client) })).json.access_token;
    },
    revoke: async (text) => {
      await keyhouse.request('/auth/revoke', { body: { token: text } });
    },
    stop: () => keyhouse.stop(),
  };
  return world;
}

export interface TestRequest {
  readonly method?: string;
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Untyped: the expectations of the tests are the check. */
  readonly json: ReturnType<typeof JSON.parse>;
}

const agent = new Agent({ keepAlive: true });

/** Sends the target unchanged: no URL parser normalizes it first. */
export function ask(port: number, target: string, asked: TestRequest = {}): Promise<Answered> {
  const { method, bearer, headers = {}, body } = asked;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const sent = {
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` }),
    ...headers,
  };
  const verb = method ?? (text === undefined ? 'GET' : 'POST');
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: target, method: verb, headers: sent, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const answered = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answered, json: parse(answered) });
      });
    });
    // A server may close an idle connection just as it is used again.
    request.on('error', (error) => (request.reusedSocket ? ask(port, target, asked).then(resolve, reject) : reject(error)));
    request.end(text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
