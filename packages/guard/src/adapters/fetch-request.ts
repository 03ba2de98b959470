/** What a `Request` of the Fetch standard contains, and what its runtime knows of the connection. */
import type { RequestHead } from '../index.ts';

export interface Wire {
  /**
   * The address of the direct peer, for runtimes that do not report it, such as Next.js and workers: `(request) =>
   * request.headers.get('cf-connecting-ip')`. Read only headers that your platform sets itself. Node's Hono server, Bun and Deno
   * need none.
   */
  readonly address?: (request: Request) => string | null;
  /** Whether the connection to the client was private; without it, whether the URL is of HTTPS or of this machine. */
  readonly isEncrypted?: (request: Request) => boolean;
}

/** `connection` is what runtimes pass in addition to the request: Bun its server, Deno what it knows of the connection. */
export const requestHeadOf = (
  request: Request,
  connection: unknown,
  { address, isEncrypted = isPrivate }: Wire,
): RequestHead => ({
  method: request.method,
  target: targetOf(request.url),
  // Two `Authorization` headers arrive here as one with a comma, which is malformed.
  headers: [...request.headers].flat(),
  peer: {
    address: address === undefined ? addressOf(request, connection) : address(request),
    isEncrypted: isEncrypted(request),
  },
});

/** Path and query as they are in the URL. Not through `URL`: the text that is routed must be the text that is judged. */
export const targetOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf(':') + 4));

function addressOf(request: Request, connection: unknown): string | null {
  if (hasRequestIp(connection)) return connection.requestIP(request)?.address ?? null;
  return hasRemoteAddress(connection) ? connection.remoteAddr.hostname : null;
}

const hasRequestIp = (value: unknown): value is { requestIP(request: Request): { address: string } | null } =>
  typeof value === 'object' && value !== null && 'requestIP' in value && typeof value.requestIP === 'function';

const hasRemoteAddress = (value: unknown): value is { remoteAddr: { hostname: string } } =>
  typeof value === 'object' &&
  value !== null &&
  'remoteAddr' in value &&
  typeof value.remoteAddr === 'object' &&
  value.remoteAddr !== null &&
  'hostname' in value.remoteAddr &&
  typeof value.remoteAddr.hostname === 'string';

/** Plain HTTP to this machine never goes over a network. A client that lies about the host harms only itself. */
const isPrivate = ({ url }: Request): boolean =>
  /^https:|^http:\/\/(?:localhost|127(?:\.[0-9]+){3}|\[::1\])(?:[:/]|$)/i.test(url);
