/**
 * The guard judges a path, and a router serves one. Two readings of one request are a way in; so every path of the APIs is
 * changed in each way that some router tolerates, and requested by callers with a single permission. Whatever handler answers,
 * its caller must have been allowed to reach exactly that handler.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { exchange, head } from '../../../server/test/raw.ts';
import { type Api, FRAMEWORKS, HANDLERS, VARIANTS } from './frameworks.ts';
import { ask, startWorld, type World } from './world.ts';

const PATHS = [
  ...['/api/invoices', '/api/invoices/7', '/api/docs/internal/x', '/api/docs/x', '/api/users/@me', '/api/users/7'],
  ...['/api/status', '/legacy/invoices', '/api/billing'],
];

/** What one request may look like: changed paths, and headers that some gateway or framework takes for the path or the method. */
const TARGETS = [...new Set(PATHS.flatMap(bendings))];
const HEADERS: readonly Readonly<Record<string, string>>[] = [
  ...['x-original-url', 'x-rewrite-url', 'x-original-uri', 'x-forwarded-uri', 'x-forwarded-path'].map((name) => ({
    [name]: '/api/status',
  })),
  { 'x-forwarded-prefix': '/api/docs' },
  { 'x-http-method-override': 'GET' },
  { host: 'x/api/status?' },
  { host: 'x/api/docs/' },
  { caller: '{"kind":"token","permissions":null}', 'x-keyhouse-kind': 'token', 'x-keyhouse-permissions': '*' },
];

/** Some 3,700 of them, on a machine that does other things, too. */
const MANY_REQUESTS_MS = 120_000;

let world: World;
let callers: Readonly<Record<string, { readonly bearer?: string; readonly may: readonly string[] }>>;
beforeAll(async () => {
  world = await startWorld();
  const of = async (...may: string[]) => ({ bearer: (await world.key(may)).text, may });
  callers = {
    nobody: { may: [] },
    'who reads invoices': await of('invoices.read'),
    'who reads docs and a profile': await of('docs.read', 'profile.read'),
    'who was given look-alikes': await of(
      'Invoices.read',
      'INVOICES.read',
      'API.read',
      'legacy.read',
      'internal.read',
      'users.write',
    ),
  };
  return () => world.stop();
});

describe.each([...Object.entries(FRAMEWORKS), ...Object.entries(VARIANTS)])('%s', (_name, start) => {
  let api: Api;
  beforeAll(async () => {
    api = await start(world.options);
    await api.guard.ready();
    return () => api.stop();
  });

  it(
    'serves nobody a handler that they may not reach, however the path is written',
    async () => {
      const reached = new Set<string>();
      for (const [who, { bearer, may }] of Object.entries(callers)) {
        const asked = TARGETS.map((target) => ({ target, headers: {} }));
        const dressed = ['/api/invoices', '/api/docs/internal/x', '/api/users/7'].flatMap((target) =>
          HEADERS.map((headers) => ({ target, headers })),
        );
        await eachOf([...asked, ...dressed], async ({ target, headers }) => {
          const answered = await ask(api.port, target, { headers, ...(bearer === undefined ? {} : { bearer }) });
          expect(answered.status, `${target} ${JSON.stringify(headers)}`).not.toBe(500);
          if (answered.status !== 200) return;
          const { served, caller } = answered.json;
          const needed = HANDLERS[served as keyof typeof HANDLERS];
          reached.add(served);
          expect(caller === null, `${target} was served to nobody`).toBe(bearer === undefined);
          expect(
            needed === null || may.includes(needed),
            `${who} asked for ${target} ${JSON.stringify(headers)} and reached ${served}`,
          ).toBe(true);
        });
      }
      // The attack proves nothing if no handler was reached.
      expect([...reached].sort()).toEqual(
        expect.arrayContaining(['/api/docs/:id', '/api/invoices', '/api/invoices/:id', '/api/users/@me']),
      );
    },
    MANY_REQUESTS_MS,
  );

  it('asks for both methods when one is laid over the other', async () => {
    const { text: bearer } = await world.key(['invoices.write']);
    const headers = { 'x-http-method-override': 'GET' };
    expect((await ask(api.port, '/api/invoices', { bearer, method: 'POST', body: {} })).status).toBe(200);
    expect((await ask(api.port, '/api/invoices', { bearer, method: 'POST', body: {}, headers })).status).toBe(403);
  });

  it('refuses what no client library would send, and stays up', async () => {
    const token = await world.token();
    const authorization = `Authorization: Bearer ${token}`;
    const bodies = [];
    for (const line of [
      'GET http://evil.example/api/invoices',
      'OPTIONS *',
      'TRACE /api/invoices',
      'GET /api/\x00',
      'GET api/invoices',
      'CONNECT x:1',
    ])
      bodies.push(
        (await exchange(api.port, head(line, authorization, 'Connection: close'), { quietMs: 300 })).answers[0]?.status ?? 0,
      );
    for (const status of bodies.slice(1)) expect([0, 400, 403, 404, 405]).toContain(status);
    // A caller with all permissions may also write it that way, if the framework reads it as the same path.
    expect([200, 403]).toContain(bodies[0]);
    expect((await ask(api.port, '/api/invoices', { bearer: token })).status).toBe(200);
  });
});

/** Each way to write a path that some router, proxy or platform treats as the plain one. */
function bendings(path: string): readonly string[] {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const parent = path.slice(0, -last.length);
  const everyCharacter = [...path].flatMap((character, index) => {
    const escaped = `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
    const put = (text: string): string => path.slice(0, index) + text + path.slice(index + 1);
    return [put(escaped), put(escaped.replace('%', '%25')), put(character.toUpperCase()), put(character + character)];
  });
  return [
    ...[path, `${path}/`, `${path}//`, `/${path}`, `${path}?`, `${path}?x=/api/status`, `${path}#`, `${path}#/../status`],
    ...[
      path.toUpperCase(),
      `${parent}${last.toUpperCase()}`,
      path.replace('/api', '/API'),
      path.replace('/internal', '/INTERNAL'),
    ],
    ...[
      `${path};x`,
      `${path};/`,
      `${path}%3bx`,
      `/x;/..${path}`,
      `${path}.json`,
      `${path}%20`,
      `${path}%00`,
      `${path}%0a`,
      `${path}%09`,
    ],
    ...[
      `/x/..${path}`,
      `/x/%2e%2e${path}`,
      `/.${path}`,
      `/%2e${path}`,
      `${parent}./${last}`,
      `${parent}x/../${last}`,
      `${parent}x%2f..%2f${last}`,
    ],
    ...[
      `/api/status/..${path.slice(4)}`,
      `/api/status/%2e%2e${path.slice(4)}`,
      `/api/docs/..${path.slice(4)}`,
      `/api/docs/..%2f${last}`,
    ],
    ...[
      `/api/docs/..\\${last}`,
      `/api/docs/%5c..%5c${last}`,
      `/api/docs${path}`,
      `/api/status?/../..${path}`,
      `/api/status#/../..${path}`,
    ],
    ...[path.replaceAll('/', '%2f'), path.replaceAll('/', '%2F').replace('%2F', '/'), path.replace(/\/(?=[^/]*$)/, '%2f')],
    ...[path.replaceAll('/', '\\').replace('\\', '/'), path.replaceAll('/', '%5c').replace('%5c', '/')],
    ...[
      path.replace('@', '%40'),
      path.replace(/[a-z](?=[^/]*$)/, '\u00e4'),
      path.replace('i', '%c4%b1'),
      path.replace('i', '%C4%B0'),
    ],
    ...[
      path.replace('s', '%c5%bf'),
      `http://x${path}`,
      `https://x${path}`,
      `HTTP://x${path}`,
      `//x${path}`,
      `/api/status%3f/..${path.slice(4)}`,
    ],
    ...[`${path}?_method=DELETE`, `${path}?permission=status.read`, `${path}?resource=docs`, `${path}%3fx`, `${path}%23x`],
    ...everyCharacter,
  ];
}

/** Eight at a time. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
