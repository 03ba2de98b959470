/** Signing in to a program of the command line: the browser comes back to a port of this machine (RFC 8252 §7.3). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SignInOptions } from './authorization.ts';
import type { Client } from './client.ts';
import { KeyhouseError } from './errors.ts';
import type { Session } from './session.ts';
import { orAborted } from './wait.ts';

export interface LoopbackOptions extends Omit<SignInOptions, 'redirectUri' | 'returnTo'> {
  /** Shows the address to the user, or opens it. */
  readonly open: (url: string) => void | Promise<void>;
  /** The path that is registered with the application, on any port: `http://127.0.0.1/callback`. */
  readonly path?: string;
  readonly signal?: AbortSignal;
}

/** Waits until the user has come back. Listens on a free port of 127.0.0.1 and takes one answer. */
export async function signInOnLoopback(
  client: Client,
  { open, path = '/callback', signal, ...options }: LoopbackOptions,
): Promise<Session> {
  let answered: (address: string) => void = () => {};
  const answer = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const server = createServer((request, response) => {
    const [asked] = (request.url ?? '').split('?', 1);
    if (request.method !== 'GET' || asked !== path) return void response.writeHead(404).end();
    response.writeHead(200, {
      ...{ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', connection: 'close' },
      ...{ 'content-security-policy': "default-src 'none'", 'referrer-policy': 'no-referrer' },
    });
    response.end('<!doctype html><title>Signed in</title><p>You can close this window and return to the program.');
    answered(`http://127.0.0.1:${port}${request.url}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  try {
    await open(await client.signInUrl({ ...options, redirectUri: `http://127.0.0.1:${port}${path}` }));
    const done = await client.handleRedirect(await orAborted(answer, signal));
    if (done === null) throw new KeyhouseError('unknown_state', 'The browser came back without an answer to this sign-in.');
    return done.session;
  } finally {
    server.close();
  }
}
