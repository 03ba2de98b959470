/** A browser as the private API sees one: a cookie, an Origin, and nothing else. */
import { IN_THE_ACT } from '../src/core/authority.ts';
import type { Answer, TestServer } from './server.ts';

export interface DashboardBrowser {
  readonly cookie: string;
  /** A path below `/dashboard/api`. POST if there is a body, or `method`. */
  ask(path: string, options?: { method?: string; body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
}

/** Signs a user in, as a sign-in page would, and asks as their browser. */
export async function browserFor(server: TestServer, userId: number): Promise<DashboardBrowser> {
  const opened = await server.keyhouse.signIns.open({
    user: { id: userId, email: 'somebody@example.com' },
    methods: ['password'],
    passwordHash: null,
    addressHash: null,
    browser: null,
    by: {
      actor: `user:${userId}`,
      requestId: null,
      person: { address: '127.0.0.1', userAgent: 'a test' },
      authority: IN_THE_ACT,
    },
  });
  if (!opened.ok) throw new Error('The user cannot sign in.');
  return browserWith(
    server,
    `${server.url.startsWith('https:') ? '__Host-keyhouse' : 'keyhouse_sign_in'}=${opened.value.secret}`,
  );
}

/** Asks with the cookies given, or none. */
export function browserWith(server: TestServer, cookie: string): DashboardBrowser {
  return {
    cookie,
    ask: (path, { method, body, headers = {} } = {}) =>
      server.request(`/dashboard/api${path}`, {
        ...(method === undefined ? {} : { method }),
        ...(body === undefined ? {} : { body }),
        headers: { origin: server.url, ...(cookie === '' ? {} : { cookie }), ...headers },
      }),
  };
}
