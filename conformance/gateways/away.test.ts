/** A gateway that cannot ask does not let anybody in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATEWAYS, type Gateway, isInstalled } from './gateway.ts';
import { type Scene, startScene } from './scene.ts';
import { ask, valuesOf } from './wire.ts';

const installed = GATEWAYS.filter((gateway) => isInstalled(gateway));
const scenes: { gateway: Gateway; scene: Scene }[] = [];

beforeAll(async () => {
  await Promise.all(installed.map(async (gateway) => scenes.push({ gateway, scene: await startScene(gateway) })));
});
afterAll(async () => {
  for (const { scene } of scenes) await scene.stop();
});

/** At all of them at once: each waits for seconds. */
const atEach = (test: (gateway: Gateway, scene: Scene) => Promise<void>): Promise<unknown> =>
  Promise.all(scenes.map(({ gateway, scene }) => test(gateway, scene)));

describe.skipIf(installed.length === 0)('[needs a gateway] Keyhouse away', () => {
  it('shuts every gateway while it cannot be reached, and while it does not answer', async () => {
    await atEach(async (gateway, { gateway: { port }, api, tap, reader }) => {
      const read = (why: string) => ask(port, `GET /invoices?${why}`, [`Authorization: Bearer ${reader.text}`]);
      const states = ['gone', 'dumb'] as const;
      for (const state of states) {
        await tap.become(state);
        const reply = await read(state);
        expect([502, 503, 504], `${gateway.name}, ${state}`).toContain(reply.status);
        expect(api.seen, `${gateway.name}, ${state}`).toEqual([]);
        // Caddy answers in its own words.
        if (gateway.program === 'caddy') continue;
        expect(reply).toMatchObject({ status: 503, body: '{"message":"The service is not available now."}' });
        expect(valuesOf(reply, 'retry-after')).toEqual(['1']);
      }
      await tap.become('up');
      expect((await read('back')).status, gateway.name).toBe(200);
    });
  });
});
