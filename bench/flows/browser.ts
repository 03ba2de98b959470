/** A browser as far as a log-in needs one: it keeps cookies by their path and reports redirects instead of following them. */
export interface Page {
  readonly status: number;
  /** Where it leads, in full; null if it does not. */
  readonly location: URL | null;
  readonly text: string;
}

export class Browser {
  readonly #origin: string;
  readonly #cookies = new Map<string, { readonly path: string; readonly pair: string }>();

  constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
  }

  get(path: string): Promise<Page> {
    return this.#ask(path, { method: 'GET' });
  }

  /** Text is a form; anything else goes as JSON. */
  post(path: string, body: URLSearchParams | object): Promise<Page> {
    if (body instanceof URLSearchParams) return this.#ask(path, { method: 'POST', body });
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  }

  async #ask(path: string, init: RequestInit): Promise<Page> {
    const url = new URL(path, this.#origin);
    const cookie = [...this.#cookies.values()].filter((kept) => url.pathname.startsWith(kept.path)).map(({ pair }) => pair);
    const headers = { ...init.headers, Origin: this.#origin, ...(cookie.length === 0 ? {} : { Cookie: cookie.join('; ') }) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    const text = await answer.text();
    // Some answer a script with where to go instead of a redirect.
    const told = text.startsWith('{"redirect":true') ? (JSON.parse(text) as { url: string }).url : null;
    const location = answer.headers.get('location') ?? told;
    return { status: answer.status, location: location === null ? null : new URL(location, url), text };
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';');
    const path = /; *path=([^;]*)/i.exec(line)?.[1] ?? '/';
    const key = `${path} ${pair.slice(0, pair.indexOf('='))}`;
    if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.#cookies.delete(key);
    else this.#cookies.set(key, { path, pair });
  }
}
