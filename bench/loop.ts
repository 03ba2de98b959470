/**
 * How long one request blocks the server's main thread at most: every route with what is hostile to it, and the lists of an
 * account that has a thousand of everything. `npm run bench:loop`. The promise is 50 ms; its test is
 * `packages/server/test/flows/event-loop.attack.test.ts`.
 */
import { startMeasured } from '../packages/server/test/loop/measured-server.ts';
import { ordinaryCallers, routesOf, type Walked, walk } from '../packages/server/test/loop/walk.ts';

const SHOWN = 20;

const server = await startMeasured();
const routes = await routesOf(server, await ordinaryCallers(server));
const walked: Walked[] = [];
for await (const each of walk(server, routes)) walked.push(each);
walked.sort((a, b) => b.cpuMs - a.cpuMs);
console.log(
  `${walked.length} requests to ${routes.length} routes; one unit of work takes ${(await server.unitMs()).toFixed(1)} ms here.`,
);
console.log('processor ms | event loop held, ms | status | request');
for (const { cpuMs, heldMs, status, name } of walked.slice(0, SHOWN))
  console.log(`${cpuMs.toFixed(1)} | ${heldMs.toFixed(1)} | ${status} | ${name}`);
await server.stop();
