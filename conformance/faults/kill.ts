/** `kill -9` at a random moment under mixed writes, and a start again; as often as is asked for. */
import { Scene, type SceneOptions, type Told } from './scene.ts';

/** One user may have 60 sessions and tokens here; what is uncertain counts too. */
const CYCLES_OF_ONE_PERSON = 8;

export async function killAgainAndAgain(
  cycles: number,
  options: SceneOptions & { acts?: number; say?: (line: string) => void } = {},
): Promise<Told> {
  const { acts = 200 } = options;
  const scene = new Scene(options);
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      if (cycle % CYCLES_OF_ONE_PERSON === 0) await scene.newPerson();
      await scene.start();
      await scene.check();
      // By what was acknowledged, not by the clock; at that moment seven other requests are on their way.
      const moment = scene.ledger.account.acknowledged + 20 + Math.random() * acts;
      let killed: Promise<void> | null = null;
      await scene.write(Number.POSITIVE_INFINITY, () => {
        if (scene.ledger.account.acknowledged >= moment) killed ??= scene.kill();
        return killed !== null;
      });
      await killed;
      if ((cycle + 1) % 25 === 0) options.say?.(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.start();
    await scene.check({ all: true });
    const codes = await scene.stop();
    if (codes.some((code) => code !== 0)) scene.faults.push(`a server ended with ${codes.join()}`);
    await scene.checkDatabase();
    return scene.told(`${cycles} kills`);
  } finally {
    await scene.end();
  }
}
