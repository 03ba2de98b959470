/** A Keyhouse with a guard that follows it, and the question that the stories ask guards. */
import { afterEach } from 'vitest';
import type { TestDatabase } from '../../../server/test/databases.ts';
import type { TestServer } from '../../../server/test/server.ts';
import { createGuard, type Guard } from '../../src/index.ts';
import { startWorld, type World } from '../adapters/world.ts';

export interface GuardedWorld {
  readonly world: World;
  readonly guard: Guard;
  stop(): Promise<void>;
}

/** Both are ready when it resolves. The guard has no log: its last report may find no server any more. */
export async function startGuardedWorld(database: TestDatabase): Promise<GuardedWorld> {
  const world = await startWorld(database);
  const guard = createGuard({ ...world.options, log: () => {} });
  await guard.ready();
  const stop = async (): Promise<void> => {
    await guard.close();
    await world.stop();
  };
  return { world, guard, stop };
}

/** What a guard answers to a request that needs the permission: 200, or the status of its refusal. */
export async function statusAt(guard: Guard, bearer: string, permission = 'invoices.read'): Promise<number> {
  const question = { method: 'GET', target: '/anything', headers: ['Authorization', `Bearer ${bearer}`] };
  const peer = { address: '127.0.0.1', isEncrypted: false };
  const decision = await guard.judge({ ...question, peer }, { permission });
  return decision.ok ? 200 : decision.status;
}

/** What Keyhouse itself answers to the same question. */
export const statusAtServer = async (server: TestServer, bearer: string): Promise<number> =>
  (await server.request('/verify?permission=invoices.read', { bearer })).status;

/** What a test puts in here is ended after it, the last first. */
export function endAfterEach(): (() => Promise<void>)[] {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  return ends;
}
