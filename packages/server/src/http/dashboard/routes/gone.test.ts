/** Work in slices ends with the client that waits for it. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newPerson } from '../../../../test/people.ts';
import { startTestServer, type TestServer } from '../../../../test/server.ts';
import type { OpenedStore } from '../../../store/opened.ts';

/** The overview judges fifty credentials at a time: so many slices, and one for the token of the registration. */
const SLICES = 3;

let server: TestServer;
let judged = 0;
/** While it is set, a slice waits for it. */
let held: Promise<void> | null = null;
beforeAll(async () => {
  const listen = (store: OpenedStore): OpenedStore => ({
    ...store,
    credentials: {
      ...store.credentials,
      listJudged: async (input) => {
        judged++;
        await held;
        return await store.credentials.listJudged(input);
      },
    },
  });
  server = await startTestServer({ listen });
});
afterAll(() => server.stop());

it('reads no further slice for a client that has gone away', async () => {
  const person = await newPerson(server);
  for (let made = 0; made < 2 * 50 + 1; made++) await server.key(person.accountId);
  const path = `/accounts/${person.accountId}/home`;
  expect((await person.ask(path)).status).toBe(200);
  expect(judged).toBe(SLICES + 1);

  judged = 0;
  let release = (): void => {};
  held = new Promise((resolve) => {
    release = resolve;
  });
  const { hostname, port } = new URL(server.origin);
  const leaving = request({
    hostname,
    port,
    path: `/dashboard/api${path}`,
    headers: { cookie: person.cookie, origin: server.url },
  });
  leaving.on('error', () => {});
  leaving.end();
  await expect.poll(() => judged).toBe(1);
  leaving.destroy();
  // What the server hears later than this, it has heard before.
  for (let asked = 0; asked < 3; asked++) expect((await person.ask('/state')).status).toBe(200);
  held = null;
  release();
  expect((await person.ask(path)).status).toBe(200);
  expect(judged).toBe(1 + SLICES + 1);
});
