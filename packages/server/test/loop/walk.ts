/**
 * Every route of the server, each called with what is hostile to it: by a stranger, and by the ordinary user or key that it is
 * for.
 */

import { IN_THE_ACT } from '../../src/core/authority.ts';
import type { Endpoint } from '../../src/http/dashboard/api/endpoint.ts';
import { api } from '../../src/http/dashboard/api/index.ts';
import { hostileForms, hostileHeads, hostileJson } from './hostile.ts';
import { type Cost, type MeasuredServer, type Sent, URL_OF_SERVER } from './measured-server.ts';

export interface Walked extends Cost {
  /** `POST /auth/token, by a stranger: a million pluses`. */
  readonly name: string;
  readonly status: number;
  /** The processor time in units of the machine; 0 if it was next to nothing. */
  readonly units: number;
}

export interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly takes: 'nothing' | 'json' | 'form' | 'both';
  readonly schema?: object;
  /** What an ordinary caller sends with it; requested before each call, because some of them end a sign-in. */
  readonly ordinary: (() => Promise<Readonly<Record<string, string>>>) | null;
}

export interface Callers {
  readonly userId: number;
  readonly accountId: number;
  readonly key: string;
  readonly token: string;
  /** The cookie of a new sign-in. */
  signIn(): Promise<string>;
}

/** An ordinary user with a token and a key, neither of which has permissions of the operator. */
export async function ordinaryCallers({ keyhouse }: Pick<MeasuredServer, 'keyhouse'>): Promise<Callers> {
  const by = { actor: 'operator', requestId: null, person: {} } as const;
  const email = `ordinary-${crypto.randomUUID()}@example.com`;
  const created = await keyhouse.users.create({ email, password: 'an ordinary long password', isAdministrator: false, by });
  if (!created.ok) throw new Error(created.reason);
  const { id, accountId } = created.value;
  const wish = { name: 'ordinary', permissions: null, addresses: null, expiresAtMs: null, source: 'command-line' } as const;
  const key = await keyhouse.credentials.createKey({ ...wish, accountId, environment: 'live' }, by);
  const token = await keyhouse.credentials.createToken({ ...wish, accountId, userId: id }, by);
  if (!key.ok || !token.ok) throw new Error('No key, or no token.');
  return {
    ...{ userId: id, accountId, key: key.value.text, token: token.value.text },
    signIn: async () => {
      const opened = await keyhouse.signIns.open({
        ...{ user: { id, email }, methods: ['password'], passwordHash: null, addressHash: null, browser: null },
        by: { actor: `user:${id}`, requestId: null, person: {}, authority: IN_THE_ACT },
      });
      if (!opened.ok) throw new Error('The user cannot sign in.');
      return `keyhouse_sign_in=${opened.value.secret}`;
    },
  };
}

/** The document, the private API, and what is in neither. */
export async function routesOf(server: MeasuredServer, callers: Callers): Promise<readonly Route[]> {
  const document = JSON.parse((await server.ask({ method: 'GET', path: '/openapi.json' })).text) as OpenApi;
  return [...fromDocument(document, callers), ...fromPrivateApi(callers), ...others(callers)];
}

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: object }>> } }>
      >
    >
  >;
}

function* fromDocument({ paths }: OpenApi, callers: Callers): Generator<Route> {
  for (const [template, operations] of Object.entries(paths)) {
    for (const [verb, { requestBody }] of Object.entries(operations)) {
      const types = Object.keys(requestBody?.content ?? {});
      const isJson = types.includes('application/json');
      const isForm = types.includes('application/x-www-form-urlencoded');
      const schema = requestBody?.content[types[0] ?? '']?.schema;
      const bearer = template.startsWith('/api/v1') ? callers.token : callers.key;
      yield {
        ...{
          name: `${verb.toUpperCase()} ${template}`,
          method: verb.toUpperCase(),
          path: template.replace(/\{[^}]+\}/g, '999999'),
        },
        takes: isJson && isForm ? 'both' : isForm ? 'form' : isJson ? 'json' : 'nothing',
        ...(schema === undefined ? {} : { schema }),
        ordinary: async () => ({ authorization: `Bearer ${bearer}` }),
      };
    }
  }
}

function* fromPrivateApi(callers: Callers): Generator<Route> {
  for (const [name, { body }] of Object.entries(api) as [string, Endpoint][]) {
    const [method = '', template = ''] = name.split(' ');
    const path = template.replace(':account', String(callers.accountId)).replace(/:\w+/g, '999999');
    yield {
      ...{ name: `${method} /dashboard/api${template}`, method, path: `/dashboard/api${path}` },
      takes: body === undefined ? 'nothing' : 'json',
      ...(body === undefined ? {} : { schema: body }),
      ordinary: async () => ({ origin: URL_OF_SERVER, cookie: await callers.signIn() }),
    };
  }
}

/** What is in neither: pages, files, forms that browsers post, and what `/verify` is asked by headers. */
function* others(callers: Callers): Generator<Route> {
  const paths = [
    '/',
    '/login',
    '/dashboard',
    '/dashboard/accounts/7',
    '/dashboard/brand/logo',
    '/dashboard/applications/app_x/logo',
  ];
  const more = [
    '/dashboard/files/x.js',
    '/docs/',
    '/openapi.json',
    '/healthz',
    '/readyz',
    '/auth/continue',
    '/auth/logout/continue',
    '/nowhere',
    '/dashboard/provider/x',
  ];
  for (const path of [...paths, ...more])
    yield {
      ...{ name: `GET ${path}`, method: 'GET', path, takes: 'nothing' },
      ordinary: async () => ({ cookie: await callers.signIn() }),
    };
  for (const path of ['/auth', '/api/auth', '/auth/logout'])
    yield { ...{ name: `POST ${path} (form)`, method: 'POST', path, takes: 'form' }, ordinary: null };
  const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': `/api${'/a'.repeat(4000)}?${'a&'.repeat(2000)}` };
  yield {
    ...{ name: 'GET /verify (by headers)', method: 'GET', path: '/verify', takes: 'nothing' },
    ordinary: async () => ({ ...asked, authorization: `Bearer ${callers.key}` }),
  };
}

/**
 * As many of the machine's own units as a request may keep the main thread busy: fifty milliseconds where the promise was
 * measured.
 */
export const MAX_UNITS = 20;
/**
 * A pause of the garbage collector, a page that is compiled for the first time, or the effect of other processes on the machine's
 * caches is caused by no request, and passes. A request that really blocks the thread does so each time.
 */
const TRIES = 12;
/**
 * These say nothing about the answer: the connection was reset before the answer was read (0), or another process was in the
 * middle of a write (503). They are repeated, and count if they stay.
 */
const PASSING: ReadonlySet<number> = new Set([0, 503]);

/** Each request of the walk, one after the other. */
export async function* walk(server: MeasuredServer, routes: readonly Route[]): AsyncGenerator<Walked> {
  for (const route of routes) {
    for (const [what, sent] of requestsTo(route)) {
      yield {
        name: `${route.name}, by a stranger: ${what}`,
        ...(await leastOf(server, sent, async () => ({ origin: URL_OF_SERVER }))),
      };
      if (route.ordinary !== null)
        yield { name: `${route.name}, by an ordinary caller: ${what}`, ...(await leastOf(server, sent, route.ordinary)) };
    }
  }
}

/** The lowest cost of several attempts in the machine's lowest unit; if the first is cheap and answered, there is no other. */
export async function leastOf(
  server: MeasuredServer,
  sent: Sent,
  ordinary: () => Promise<Readonly<Record<string, string>>>,
  most = MAX_UNITS,
): Promise<Omit<Walked, 'name'>> {
  let least: Cost = { cpuMs: Number.POSITIVE_INFINITY, heldMs: Number.POSITIVE_INFINITY };
  let unitMs = Number.POSITIVE_INFINITY;
  let units = Number.POSITIVE_INFINITY;
  let statuses: number[] = [];
  for (let attempt = 0; attempt < TRIES && (units > most || statuses.every((status) => PASSING.has(status))); attempt++) {
    const own = await ordinary();
    const { status, cpuMs, heldMs } = await server.ask({ ...sent, headers: { ...own, ...sent.headers } });
    statuses = [...statuses, status];
    if (cpuMs < least.cpuMs) least = { cpuMs, heldMs };
    // Below this the speed of the machine does not matter.
    if (least.cpuMs >= CHEAP_MS) unitMs = Math.min(unitMs, await server.unitMs());
    units = least.cpuMs < CHEAP_MS ? 0 : least.cpuMs / unitMs;
  }
  const settled = statuses.filter((status) => !PASSING.has(status));
  // The worst of them: what is refused once and breaks once is broken.
  return { ...least, units, status: Math.max(...(settled.length > 0 ? settled : statuses)) };
}

const CHEAP_MS = 10;

function* requestsTo({ method, path, takes, schema }: Route): Generator<[string, Sent]> {
  if (takes === 'nothing')
    yield ['a body that nobody asked for', { method, path, headers: JSON_TYPE, body: hostileJson({})['never closed'] ?? '' }];
  if (takes === 'json' || takes === 'both')
    for (const [what, body] of Object.entries(hostileJson(schema))) yield [what, { method, path, headers: JSON_TYPE, body }];
  if (takes === 'form' || takes === 'both')
    for (const [what, body] of Object.entries(hostileForms))
      for (const fitting of [body, body.slice(0, 32_000)])
        yield [fitting === body ? what : `${what}, the first 32 kB`, { method, path, headers: FORM_TYPE, body: fitting }];
  // Elsewhere in the private API a head is read by the same code.
  if (path.startsWith('/dashboard/api') && method !== 'GET') return;
  for (const [what, { query, headers = {} }] of Object.entries(hostileHeads))
    yield [what, { method, path: query === undefined ? path : `${path}?${query}`, headers }];
}

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
