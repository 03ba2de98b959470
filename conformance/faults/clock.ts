/**
 * The wall clock under running servers goes years ahead, stays there while they write and sweep, and comes back. Nothing that was revoked is accepted again, and
 * what was active before is active again.
 */
import { preloadClock } from './preload.ts';
import { Scene, type SceneOptions, type Told } from './scene.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Hours, months and years; a short step back is for those who set a clock right. */
const STEPS_MS = [10 * 365 * DAY_MS, -20 * 60 * 1000, 40 * DAY_MS, 3 * 60 * 60 * 1000] as const;

export async function setClocks(
  cycles: number,
  {
    servers = 1,
    acts = 40,
    say = () => {},
    ...options
  }: SceneOptions & { servers?: number; acts?: number; say?: (line: string) => void } = {},
): Promise<Told> {
  const scene = new Scene(options);
  const clock = preloadClock(scene.folder);
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const stepMs = STEPS_MS[cycle % STEPS_MS.length] ?? 0;
      // A new one each time: what is uncertain about the previous one adds up.
      await scene.newPerson();
      if (scene.origins.length === 0) await scene.start(servers, clock.variables);
      await scene.write(acts);
      const { things } = scene.ledger.account;
      const before = things.size;
      clock.set(stepMs);
      scene.writer.isLenient = true;
      await scene.check({ endedAlone: true, isPatient: true });
      let tries = 0;
      await scene.write(acts, () => ++tries > 4 * acts);
      // A server that is started while the clock is wrong, as after a crash, has the same rows and no memory.
      if (cycle % 2 === 1) {
        await scene.kill();
        await scene.start(servers, clock.variables);
      }
      await scene.check({ endedAlone: true, isPatient: true });
      clock.set(0);
      // What was issued by the wrong clock lives as long as that one said, which may be not yet.
      for (const { id, state } of [...things.values()].slice(before))
        if (state === 'active') scene.writer.write({ what: 'unanswered', act: 'issued by a wrong clock', id });
      scene.writer.isLenient = false;
      // Sign-ins, and tokens of log-ins, end when they are not used, also by a clock that was wrong.
      await scene.check({ kinds: ['key', 'jwt', 'session'], isPatient: true });
      if ((cycle + 1) % 25 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.check({ endedAlone: true, isPatient: true, all: true });
    await scene.stop();
    await scene.checkDatabase({ isWhole: false });
    return scene.told(`${cycles} clocks that were set`);
  } finally {
    clock.close();
    await scene.end();
  }
}
