/**
 * A skeleton: a server on bare `node:http` that does only the necessary for one kind of request, and is no faster for leaving
 * out what the contract wants to be on disk. What Keyhouse needs beyond it is the price of all else that it does.
 * Arguments: the work, a port, a database of Keyhouse (where one is read), a new folder of its own.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Handler } from './answers.ts';
import { createCheck } from './check.ts';
import { createClientCredentials } from './client-credentials.ts';
import { createIntrospection } from './introspection.ts';
import { createMint } from './mint.ts';
import { createRefresh } from './refresh.ts';

const [work = '', port, path = '', folder = ''] = process.argv.slice(2);
const own = join(folder, 'skeleton.db');

const WORKS = {
  'check-cached': () => createCheck(path, 'cached'),
  'check-read': () => createCheck(path, 'read'),
  'check-read-in-a-snapshot': () => createCheck(path, 'snapshot'),
  mint: () => createMint(path, own),
  refresh: () => createRefresh(own),
  'client-credentials': createClientCredentials,
  introspection: () => createIntrospection(path),
} satisfies Record<string, () => Handler | Promise<Handler>>;

export type Work = keyof typeof WORKS;

const handle: Handler = await WORKS[work as Work]();
createServer((request, response) => {
  if (request.url === '/healthz') response.end('ok');
  else handle(request, response);
}).listen(Number(port), '127.0.0.1');
