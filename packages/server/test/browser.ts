/** A browser that keeps its cookies, as far as the private API can tell: for tests of several steps. */
import { Secret, TOTP } from 'otpauth';
import { linkIn } from './mails.ts';
import { type Answer, PASSWORD, type TestServer } from './server.ts';

type BrowserRequest = { method?: string; body?: unknown; headers?: Record<string, string> };

export interface Browser {
  /** As the `Cookie` header of the next request. */
  readonly cookie: string;
  /** By the name that `cookies.ts` gives it, such as `sign-in`. Null if it is not there. */
  value(name: 'sign-in' | 'browser' | 'step' | 'return'): string | null;
  plant(name: 'sign-in' | 'browser' | 'step' | 'return', value: string): void;
  /** Keeps the cookies of an answer to a request that was sent in another way. */
  take(answer: Answer): void;
  /** The same cookies in another person's hands. */
  steal(): Browser;
  /** At another server of the same database. */
  at(server: TestServer): Browser;
  /** A path below `/dashboard/api`. POST if there is a body, or `method`. */
  ask(path: string, asked?: BrowserRequest): Promise<Answer>;
}

export function openBrowser(server: TestServer, kept: ReadonlyMap<string, string> = new Map()): Browser {
  const jar = new Map(kept);
  const isSecure = server.url.startsWith('https:');
  const names = {
    'sign-in': isSecure ? '__Host-keyhouse' : 'keyhouse_sign_in',
    browser: isSecure ? '__Host-keyhouse-browser' : 'keyhouse_browser',
    step: isSecure ? '__Host-keyhouse-step' : 'keyhouse_step',
    return: isSecure ? '__Host-keyhouse-return' : 'keyhouse_return',
  };
  const take = (answer: Answer): void => {
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  };
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  return {
    get cookie() {
      return cookie();
    },
    value: (name) => jar.get(names[name]) ?? null,
    plant: (name, value) => void jar.set(names[name], value),
    take,
    steal: () => openBrowser(server, jar),
    at: (other) => openBrowser(other, jar),
    async ask(path, { method, body, headers = {} } = {}) {
      const answer = await server.request(`/dashboard/api${path}`, {
        ...(method === undefined ? {} : { method }),
        ...(body === undefined ? {} : { body }),
        headers: { origin: server.url, ...(jar.size === 0 ? {} : { cookie: cookie() }), ...headers },
      });
      take(answer);
      return answer;
    },
  };
}

export const newEmail = (): string => `u${crypto.randomUUID()}@example.com`;

/** Registered, and signed in with it. */
export async function registered(
  server: TestServer,
  email = newEmail(),
): Promise<{ browser: Browser; email: string; id: number }> {
  const browser = openBrowser(server);
  // From no address: tests need more users than may register from one.
  const by = { actor: 'anonymous', requestId: null, person: {} } as const;
  const signedUp = await server.keyhouse.signIns.signUp({
    email,
    password: PASSWORD,
    displayName: '',
    invitation: null,
    browser: null,
    by,
  });
  if (!signedUp.ok) throw new Error(JSON.stringify(signedUp));
  browser.plant('sign-in', signedUp.opened.secret);
  browser.plant('browser', signedUp.opened.browser);
  return { browser, email, id: (await browser.ask('/me')).json.user.id };
}

/** The same, and the link of the mail was followed: notices go only to verified addresses. */
export async function verified(server: TestServer, email = newEmail()): ReturnType<typeof registered> {
  const person = await registered(server, email);
  await followLink(server, person.browser, email);
  return person;
}

/** Follows the link that verifies the address, in the browser of the user who registered it. */
export async function followLink(server: TestServer, browser: Pick<Browser, 'ask'>, email: string): Promise<void> {
  const ticket = await linkIn(server, email, '/verify-email#');
  const answer = await browser.ask('/verify-email', { body: { ticket } });
  if (answer.status !== 200) throw new Error(answer.text);
}

/** Another browser that has signed in, or waits for its second step. */
export async function loggedIn(server: TestServer, email: string, password = PASSWORD): Promise<Browser> {
  const browser = openBrowser(server);
  const answer = await browser.ask('/log-in', { body: { email, password } });
  if (answer.status !== 200) throw new Error(answer.text);
  return browser;
}

/** An authenticator app: its current code, or that of some steps later, and the recovery codes. */
export async function addTotp(
  server: TestServer,
  browser: Browser,
): Promise<{ secret: string; code(stepsLater?: number): string; recoveryCodes: readonly string[] }> {
  const { secret } = (await browser.ask('/me/totp', { method: 'POST' })).json;
  const code = (stepsLater = 0): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: server.now() + stepsLater * 30_000 });
  const confirm = () => browser.ask('/me/totp/confirm', { body: { code: code(-1) } });
  let confirmed = await confirm();
  // A step may have passed while the code was on its way, and then it was two steps old.
  if (confirmed.status === 422) confirmed = await confirm();
  if (confirmed.status !== 200) throw new Error(confirmed.text);
  return { secret, code, recoveryCodes: confirmed.json.recovery_codes };
}
