/**
 * A proxy that removes the cookies of one origin from its answers, like a browser that blocks them for one site: none is kept, so
 * none is sent. The headless browser has no such setting of its own. `navigator.cookieEnabled` stays true, as it does in Chromium
 * when its settings block the cookies of one site.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CookieFilter {
  /** For the settings of a browser. */
  readonly url: string;
  block(): void;
  letThrough(): void;
  stop(): Promise<void>;
}

export async function startCookieFilter(origin: string): Promise<CookieFilter> {
  let isBlocking = true;
  const server = createServer((asked, answer) => {
    const { url = '', method, headers } = asked;
    const onward = request(url, { method, headers }, (answered) => {
      const { 'set-cookie': cookies, ...rest } = answered.headers as IncomingHttpHeaders;
      const isFiltered = isBlocking && url.startsWith(`${origin}/`);
      answer.writeHead(answered.statusCode ?? 502, {
        ...rest,
        ...(cookies === undefined || isFiltered ? {} : { 'set-cookie': cookies }),
      });
      answered.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    block: () => {
      isBlocking = true;
    },
    letThrough: () => {
      isBlocking = false;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
