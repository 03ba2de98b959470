/**
 * Servers that are closed and opened again with other settings, commands that run next to them, and guards; all by one clock that
 * is moved by hand.
 */
import { freePort } from '../../../../../conformance/free-port.ts';
import { createKeyhouse, type Keyhouse } from '../../../../server/src/core/keyhouse.ts';
import { MasterSecret } from '../../../../server/src/core/lib/master-secret.ts';
import type { TestDatabase } from '../../../../server/test/databases.ts';
import { ISSUER, startTestServer, type TestServer } from '../../../../server/test/server.ts';
import { bindGuard, type Guard } from '../../../src/guard.ts';
import { readOptions } from '../../../src/options.ts';

const SECRET = 'a master secret that outlives every server';
/** Between two steps, for all of them: a guard whose list is older than two seconds asks. */
const STEP_MS = 3000;

export type World = Awaited<ReturnType<typeof openWorld>>;

export async function openWorld(database: TestDatabase) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Closing a server leaves the database.
  const kept: TestDatabase = { ...database, drop: async () => {} };
  let aheadMs = 0;
  let monotonicMs = 0;
  const clock = { now: () => Date.now() + aheadMs };
  let maxJwtDays = 366;
  const start = (): Promise<TestServer> => startTestServer({ database: kept, url, port, secret: SECRET, maxJwtDays, aheadMs });

  let server = await start();
  const command = await openCommand(database, clock);
  const { text: key } = await server.key(1, { permissions: ['keyhouse.verify'] });
  /** `skew`: how much the clock of its machine is ahead. */
  const newGuard = async (skew = { aheadMs: 0 }): Promise<Guard> => {
    // It answers by what it knows itself, or not at all.
    const options = { issuer: url, key, feed: 'poll', whenStale: 'refuse', log: () => {} } as const;
    const guard = bindGuard(readOptions(options), { nowMs: () => clock.now() + skew.aheadMs, monotonicMs: () => monotonicMs });
    await guard.ready();
    return guard;
  };
  const oldGuard = await newGuard();
  const pass = (ms: number): void => {
    aheadMs += ms;
    monotonicMs += ms;
    server.advance(ms);
  };

  return {
    get server() {
      return server;
    },
    clock,
    /** The operator's command next to the server: it has its own settings. */
    command,
    pass,
    newGuard,
    /** What the server that runs allows. */
    get maxJwtDays() {
      return maxJwtDays;
    },
    restart: async (days: number): Promise<void> => {
      maxJwtDays = days;
      await server.stop();
      server = await start();
    },
    /**
     * Where credentials are judged: at `/verify`, by introspection, at a guard that has followed from the start, and at one that
     * has just started.
     */
    judge: async (texts: readonly string[]): Promise<readonly Judged[]> => {
      pass(STEP_MS);
      await server.keyhouse.revocations.follower.poll();
      const youngGuard = await newGuard();
      const introspected = await introspect(server, key, texts);
      const judged: Judged[] = [];
      for (const [index, text] of texts.entries())
        judged.push({
          verify: (await server.request('/verify/api/a', { bearer: text })).status === 200,
          introspection: introspected[index] === true,
          'old guard': await isAllowed(oldGuard, text),
          'young guard': await isAllowed(youngGuard, text),
        });
      await youngGuard.close();
      return judged;
    },
    close: async (): Promise<void> => {
      await oldGuard.close();
      await command.close();
      await server.stop();
    },
  };
}

export type Door = 'verify' | 'introspection' | 'old guard' | 'young guard';
export type Judged = Readonly<Record<Door, boolean>>;

async function openCommand(database: TestDatabase, clock: { now(): number }): Promise<Keyhouse> {
  const store = await database.open();
  const command = createKeyhouse({
    ...{ store, clock, secret: new MasterSecret(SECRET), secretPrevious: null, limiter: store.limiter },
    monotonicMs: () => performance.now(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    settings: { issuer: ISSUER, maxJwtDays: 1, signup: 'open', signingAlgorithm: 'ES256' },
  });
  await command.prepare();
  return command;
}

async function introspect(server: TestServer, key: string, tokens: readonly string[]): Promise<readonly boolean[]> {
  if (tokens.length === 0) return [];
  const { status, json } = await server.request('/auth/introspect/batch', { bearer: key, body: { tokens } });
  if (status !== 200) throw new Error(JSON.stringify(json));
  return json.results.map(({ active }: { active: boolean }) => active);
}

export const isAllowed = async (guard: Guard, bearer: string): Promise<boolean> => {
  const decision = await guard.judge({
    ...{ method: 'GET', target: '/api/a', headers: ['Authorization', `Bearer ${bearer}`] },
    peer: { address: '127.0.0.1', isEncrypted: false },
  });
  if (!decision.ok && decision.status === 503) throw new Error('The guard does not know.');
  return decision.ok;
};
