/**
 * The real app on a real port over a real database, with a clock that tests may move. Every JSON answer that passes through
 * `request` is compared with the OpenAPI document: an answer that the document does not describe fails the test that got it.
 */
import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImportPorts } from '@keyhouse/import';
import { parseBlock, STANDS_STILL_MS } from '@keyhouse/protocol';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { createApp } from '../src/app.ts';
import { importPorts } from '../src/cli/import-ports.ts';
import { createKeyhouse, type Keyhouse } from '../src/core/keyhouse.ts';
import { readEmail } from '../src/core/lib/email.ts';
import { MasterSecret } from '../src/core/lib/master-secret.ts';
import type { MailTransport } from '../src/core/mail/mail.ts';
import type { Provider } from '../src/core/providers/provider.ts';
import type { User } from '../src/core/users/account.ts';
import { makeTicketText } from '../src/core/users/ticket.ts';
import { Connections } from '../src/http/connections.ts';
import { createMetrics, type Metrics } from '../src/http/metrics.ts';
import { openMemoryLimiter } from '../src/store/limiter.ts';
import type { OpenedStore } from '../src/store/opened.ts';
import { sqliteDatabase, type TestDatabase } from './databases.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Untyped: the expectations of the tests are the check. */
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** JSON unless it is text. */
  readonly body?: unknown;
  readonly bearer?: string;
}

export interface TestServer {
  /** Where it listens. */
  readonly origin: string;
  /** The public origin. */
  readonly url: string;
  readonly port: number;
  readonly keyhouse: Keyhouse;
  /** Without the rooms, for what a test must know or create. */
  readonly store: OpenedStore;
  readonly metrics: Metrics;
  readonly database: TestDatabase;
  /** The public API as it is documented. */
  readonly document: { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  /** Everything that was logged. */
  readonly logged: string[];
  /**
   * Lets time pass for core; HTTP, sockets and the follower's trust stay in real time. A negative number: as if it had not
   * passed.
   */
  advance(ms: number): void;
  /** Sets the wall clock that core sees, forward or back, while no time passes. */
  setClock(byMs: number): void;
  now(): number;
  request(path: string, options?: RequestOptions): Promise<Answer>;
  /** Whose address is verified, unless the test is about a user whose address is not. */
  register(
    email?: string,
    options?: { isVerified?: boolean },
  ): Promise<{ token: string; id: number; email: string; accountId: number }>;
  key(
    accountId: number,
    wish?: { name?: string; permissions?: string[]; addresses?: string[]; expiresAtMs?: number; environment?: 'live' | 'test' },
  ): Promise<{ text: string; id: number }>;
  stop(): Promise<void>;
}

export const OPERATOR = { actor: 'operator', requestId: null, person: {} } as const;
const NOBODY = { actor: 'anonymous', requestId: null, person: {} } as const;
/** As the command line does it. */
export const importPortsOf = ({ store, keyhouse }: TestServer): ImportPorts => importPorts({ store, keyhouse, by: OPERATOR });
export const PASSWORD = 'correct horse battery staple';
export const ISSUER = 'https://keys.example.com';

export async function startTestServer(
  options: {
    database?: TestDatabase;
    trustedProxies?: string[];
    corsOrigins?: string[];
    signup?: 'open' | 'invite' | 'closed';
    teamInvitationsRegister?: boolean;
    /** Other OpenID providers; none by default. */
    providers?: readonly Provider[];
    secret?: string;
    /** Where it listens; loopback unless a test is about clients from other machines. */
    host?: string;
    /** The public origin; `ISSUER` by default. A browser must be able to reach it, so then the port is fixed too. */
    url?: string;
    port?: number;
    /** The dashboard's build; none by default. */
    dashboardFolder?: string;
    /** Listens to the calls of the store. */
    listen?: (store: OpenedStore) => OpenedStore;
    /** The mail server; none by default, and mails are kept. */
    transport?: MailTransport;
    maxJwtDays?: number;
    /** How far the clock that core sees is ahead from the start. */
    aheadMs?: number;
  } = {},
): Promise<TestServer> {
  const database = options.database ?? sqliteDatabase();
  const store = (options.listen ?? ((opened) => opened))(await database.open());
  let offsetMs = options.aheadMs ?? 0;
  let passedMs = 0;
  /** Core's clock stops when it is set back by a little. From far enough ahead it follows any setting. */
  const forgetTime = (): void => {
    offsetMs += 2 * STANDS_STILL_MS;
    keyhouse.clock.now();
    offsetMs -= 2 * STANDS_STILL_MS;
  };
  const logged: string[] = [];
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const error = fields.err instanceof Error ? fields.err.stack : '';
    logged.push(`${message} ${JSON.stringify(fields)} ${error}`);
  };
  const log = { info: note, warn: note, error: note };
  const clock = { now: () => Date.now() + offsetMs };
  const keyhouse = createKeyhouse({
    store,
    secret: new MasterSecret(options.secret ?? 'a master secret for the tests, long enough'),
    secretPrevious: null,
    limiter: store.limiter,
    providers: options.providers ?? [],
    transport: options.transport ?? null,
    clock,
    monotonicMs: () => performance.now(),
    elapsedMs: () => performance.now() + passedMs,
    log,
    settings: {
      issuer: options.url ?? ISSUER,
      maxJwtDays: options.maxJwtDays ?? 366,
      signup: options.signup ?? 'open',
      teamInvitationsRegister: options.teamInvitationsRegister ?? false,
      signingAlgorithm: 'ES256',
    },
  });
  const stopJobs = await keyhouse.start({ pollEveryMs: 50 });
  const metrics = createMetrics();
  const connections = new Connections();
  const app = await createApp({
    keyhouse,
    log,
    metrics,
    connections,
    unknownLimiter: openMemoryLimiter(),
    url: options.url ?? ISSUER,
    trustedProxies: (options.trustedProxies ?? []).map((text) => {
      const block = parseBlock(text);
      if (!block.ok) throw new Error(text);
      return block.value;
    }),
    corsOrigins: options.corsOrigins ?? [],
    dashboardFolder: options.dashboardFolder ?? null,
  });
  await app.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const validate = openApiValidator(app.swagger());

  async function verify(user: User): Promise<void> {
    const { text, hash } = makeTicketText();
    const nowMs = clock.now();
    const ticket = { hash, purpose: 'verify-email' as const, userId: user.id, createdAtMs: nowMs, endsAtMs: nowMs + 60_000 };
    const data = { emailKey: readEmail(user.email)?.key ?? '' };
    await store.tickets.issueTicket({ ticket: { ...ticket, data }, replace: false, event: null });
    const verified = await keyhouse.users.verifyEmail(user, text, OPERATOR);
    if (verified === null) throw new Error('The address could not be verified.');
  }

  const server: TestServer = {
    origin: `http://127.0.0.1:${port}`,
    url: options.url ?? ISSUER,
    port,
    keyhouse,
    store,
    metrics,
    database,
    document: app.swagger() as TestServer['document'],
    logged,
    setClock: (byMs) => {
      offsetMs += byMs;
    },
    advance: (ms) => {
      passedMs += Math.max(0, ms);
      if (ms < 0) forgetTime();
      offsetMs += ms;
    },
    now: () => clock.now(),
    request: async (path, { method, headers = {}, body, bearer } = {}) => {
      const isText = typeof body === 'string';
      const sent = {
        ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      };
      const verb = method ?? (body === undefined ? 'GET' : 'POST');
      const answer = await send(port, verb, path, sent, body === undefined ? undefined : isText ? body : JSON.stringify(body));
      expect(answer.headers['x-request-id'], `${verb} ${path} has no X-Request-Id`).toBeTruthy();
      validate(verb, path, answer);
      return answer;
    },
    register: async (email = `u${randomBytes(6).toString('hex')}@example.com`, { isVerified = true } = {}) => {
      // From no address: tests need more users than may register from one.
      const registered = await keyhouse.credentials.register({ email, password: PASSWORD, deviceName: 'test', by: NOBODY });
      if (!registered.ok) throw new Error(JSON.stringify(registered));
      const { user, text } = registered;
      if (isVerified) await verify(user);
      return { token: text, id: user.id, email, accountId: user.accountId };
    },
    key: async (accountId, wish = {}) => {
      const issued = await keyhouse.credentials.createKey(
        {
          accountId,
          name: 'key',
          environment: 'live',
          permissions: null,
          addresses: null,
          expiresAtMs: null,
          source: 'command-line',
          ...wish,
        },
        OPERATOR,
      );
      if (!issued.ok) throw new Error(JSON.stringify(issued));
      return { text: issued.value.text, id: issued.value.key.id };
    },
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
      await stopJobs();
      await keyhouse.close();
      await database.drop();
    },
  };
  return server;
}

function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string | readonly string[]>,
  body: string | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: { ...length, ...headers } as Record<string, string>, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>>;
}

/** Statuses that any path may get before a route is found or read; their body is always `{"message"}`. */
const BEFORE_ROUTES = new Set([400, 404, 405, 408, 413, 415, 431]);

function openApiValidator(document: unknown): (method: string, path: string, answer: Answer) => void {
  const { paths } = document as { paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  const ajv = new Ajv2020({ strict: false });
  const compiled = new Map<object, ValidateFunction>();
  // Literal paths first: `tokens/rotate` is not `tokens/{id}`.
  const byLiteral = Object.entries(paths).sort(([a], [b]) => Number(a.includes('{')) - Number(b.includes('{')));
  const patterns = byLiteral.map(([template, operations]) => ({
    pattern: new RegExp(`^${template.replace(/\{\*\}$/, '.*').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    operations,
  }));
  return (method, path, answer) => {
    if (answer.text === '' || path.startsWith('/docs') || path.startsWith('/openapi.json')) return;
    // The private API is in no public document, nor are the pages; its answers are defined by its own table.
    if (
      /^\/(dashboard|login|register|forgot|reset|verify-email|new-email|setup|invitation|consent|logout|logged-out|auth\/continue|auth\/logout\/continue)(\/|\?|$)/.test(
        path,
      )
    )
      return;
    // A browser at a wrong address gets a page.
    if (BEFORE_ROUTES.has(answer.status) && answer.headers['content-type']?.startsWith('text/html') === true) return;
    const found = patterns.find(({ pattern }) => pattern.test(path.split('?', 1)[0] ?? ''));
    const described = found?.operations[method.toLowerCase()]?.responses[String(answer.status)];
    // A page; a form that is posted to the authorization endpoint may get one, too.
    const isPage = path === '/auth' && answer.headers['content-type']?.startsWith('text/') === true;
    if (isPage || described?.content?.['text/html'] !== undefined) return;
    const schema = described?.content?.['application/json']?.schema;
    if (schema === undefined) {
      expect(
        BEFORE_ROUTES.has(answer.status),
        `${method} ${path} answered ${answer.status}, which the OpenAPI document does not know`,
      ).toBe(true);
      expect(answer.json).toEqual({ message: expect.any(String) });
      return;
    }
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    expect(validate(answer.json), `${method} ${path}: ${ajv.errorsText(validate.errors)} in ${answer.text}`).toBe(true);
  };
}
