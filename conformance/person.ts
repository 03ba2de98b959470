/**
 * A person with a browser, as far as HTTP can tell: keeps cookies for each origin, follows redirects, and does at the pages of the issuer what a
 * person does there: log in, allow or deny, log out.
 */
import { randomUUID } from 'node:crypto';

const PASSWORD = 'correct horse battery staple';
const MAX_STEPS = 20;

export interface Manners {
  readonly decision?: 'allow' | 'deny';
  /** Of those that are asked for; all of them unless told. */
  readonly permissions?: readonly string[];
}

/** Where the browser stands in the end, and what it shows there. */
export interface Shown {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

export interface Person {
  readonly email: string;
  /** The pages of the issuer that were met on the way, such as `/login` and `/consent`. */
  readonly met: string[];
  /** One request with the cookies that fit; a redirect is not followed. */
  get(url: URL | string, init?: RequestInit): Promise<Response>;
  /** Follows wherever it leads, and stops where `isThere` says so. */
  browse(start: URL | string, manners?: Manners & { isThere?: (url: URL) => boolean; init?: RequestInit }): Promise<Shown>;
  /** As far as the redirect URI of an application: the answer, which nobody has received yet. */
  answerTo(request: URL | string, redirectUri: string, manners?: Manners): Promise<URL>;
  /** Another browser of the same person, in which nobody is signed in. */
  elsewhere(): Person;
}

export async function register(issuer: string): Promise<Person> {
  const email = `u${randomUUID()}@example.com`;
  const person = open(issuer, email);
  await person.ask('/register', { email, password: PASSWORD });
  return person;
}

function open(issuer: string, email: string): Person & { ask(path: string, body: object): Promise<Record<string, string>> } {
  const jars = new Map<string, Map<string, string>>();
  const met: string[] = [];

  async function get(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = new Headers(init.headers);
    if (cookie !== '') headers.set('Cookie', cookie);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? [];
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  async function ask(path: string, body: object): Promise<Record<string, string>> {
    const response = await get(`${issuer}/dashboard/api${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: issuer },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? {} : await response.json();
  }

  /** What a person does at a page of the issuer; null when it is none that asks for something. */
  async function act({ pathname, searchParams }: URL, { decision = 'allow', permissions }: Manners): Promise<string | null> {
    const request = searchParams.get('request') ?? '';
    if (pathname === '/login') {
      await ask('/log-in', { email, password: PASSWORD });
      return `${issuer}/auth/continue?request=${request}`;
    }
    if (pathname === '/consent') {
      const answered = await ask('/consent', { request, decision, permissions }).catch(async (refused: unknown) => {
        if (!(refused instanceof Error && refused.message.includes('"proof":"required"'))) throw refused;
        await ask('/proof', { password: PASSWORD });
        return await ask('/consent', { request, decision, permissions });
      });
      return answered.location ?? null;
    }
    if (pathname === '/logout') return new URL((await ask('/log-out/confirm', { request })).location ?? '', issuer).href;
    return null;
  }

  const browse: Person['browse'] = async (start, { isThere = () => false, init, ...manners } = {}) => {
    let url = new URL(start);
    let next = init;
    for (let step = 0; step < MAX_STEPS; step++) {
      if (isThere(url)) return { url, status: 0, text: '' };
      const isPage = url.origin === issuer && ['/login', '/consent', '/logout'].includes(url.pathname);
      if (isPage) met.push(url.pathname);
      const acted = isPage ? await act(url, manners) : null;
      if (acted !== null) {
        url = new URL(acted);
        continue;
      }
      const response = await get(url, next);
      next = undefined;
      const location = response.headers.get('location');
      if (location === null) return { url, status: response.status, text: await response.text() };
      url = new URL(location, url);
    }
    throw new Error(`There is no end of redirects; the last was to ${url.origin}${url.pathname}.`);
  };

  return {
    email,
    met,
    get,
    ask,
    browse,
    answerTo: async (request, redirectUri, manners = {}) => {
      const isThere = ({ href }: URL): boolean => href.startsWith(redirectUri);
      const shown = await browse(request, { ...manners, isThere });
      if (!isThere(shown.url)) throw new Error(`The browser stays at ${shown.url.pathname}: ${shown.status} ${shown.text}`);
      return shown.url;
    },
    elsewhere: () => open(issuer, email),
  };
}
