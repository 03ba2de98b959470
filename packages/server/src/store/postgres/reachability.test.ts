/** When PostgreSQL counts as one that does not answer: not because this process did not run for a while. */
import { afterEach, expect, it } from 'vitest';
import { postgresUrl } from '../../../../../test/shared-things.ts';
import { startStallingProxy } from '../../../test/stalling-proxy.ts';
import { Reachability } from './reachability.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function watch(url: string) {
  const { promise: isOver, resolve: tell } = Promise.withResolvers<'answered' | 'silent'>();
  const reachability = new Reachability({
    url,
    onWarning: () => {},
    onDoubt: () => {},
    onPromptAnswer: () => {},
    onSilence: () => tell('silent'),
  });
  ends.push(() => reachability.close());
  const turn = setInterval(() => {
    if (!reachability.isDoubtful) tell('answered');
  }, 20);
  ends.push(() => clearInterval(turn));
  return { reachability, isOver };
}

/** As a process that was suspended, or had no processor. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it('goes on trusting a PostgreSQL that answers, after a time in which this process did not run', async () => {
  const { reachability, isOver } = watch(await postgresUrl());
  reachability.missed();
  standStill(4000);
  expect(await isOver).toBe('answered');
  expect(reachability.isSilent).toBe(false);
});

it('gives up one that answers over no connection', async () => {
  const proxy = await startStallingProxy(await postgresUrl());
  ends.push(() => proxy.stop());
  proxy.stall();
  const { reachability, isOver } = watch(proxy.url);
  reachability.missed();
  expect(await isOver).toBe('silent');
  expect(reachability.isSilent).toBe(true);
});
