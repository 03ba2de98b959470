/** `kill -9` at a random moment under mixed writes, of one process of a server that has several: a worker, the one that writes, or the primary. */
import { childrenOf } from '../../packages/server/test/processes.ts';
import { Scene, type SceneOptions, type Told } from './scene.ts';

const CYCLES_OF_ONE_PERSON = 8;
const WORKERS = 3;
/** The primary process is killed less often: then all of them start again. */
const VICTIMS = ['worker', 'writer', 'worker', 'writer', 'primary'] as const;

export async function killOneOfSeveral(
  cycles: number,
  options: SceneOptions & { acts?: number; say?: (line: string) => void } = {},
): Promise<Told> {
  const { acts = 200 } = options;
  const scene = new Scene(options);
  const killed = new Map<string, number>();
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      if (cycle % CYCLES_OF_ONE_PERSON === 0) await scene.newPerson();
      if (scene.origins.length === 0) await scene.start(1, { KEYHOUSE_WORKERS: String(WORKERS) });
      if (!(await scene.becomesReady())) throw new Error('The server does not become ready.');
      await scene.check();
      const victim = VICTIMS[cycle % VICTIMS.length] ?? 'worker';
      const moment = scene.ledger.account.acknowledged + 20 + Math.random() * acts;
      const end = moment + acts / 4;
      let ending: Promise<void> | null = null;
      await scene.write(Number.POSITIVE_INFINITY, () => {
        const { acknowledged } = scene.ledger.account;
        if (acknowledged >= moment) ending ??= kill(scene, victim);
        // What goes on without the one that was killed is written to while another one takes its place.
        return victim === 'primary' ? ending !== null : acknowledged >= end;
      });
      await ending;
      killed.set(victim, (killed.get(victim) ?? 0) + 1);
      if ((cycle + 1) % 25 === 0) options.say?.(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    if (scene.origins.length === 0) await scene.start(1, { KEYHOUSE_WORKERS: String(WORKERS) });
    await scene.becomesReady();
    await scene.check({ all: true });
    const codes = await scene.stop();
    if (codes.some((code) => code !== 0)) scene.faults.push(`the server ended with ${codes.join()}`);
    await scene.checkDatabase();
    return scene.told(`kills of ${[...killed].map(([name, count]) => `${count} × ${name}`).join(', ')}`);
  } finally {
    await scene.end();
  }
}

async function kill(scene: Scene, victim: (typeof VICTIMS)[number]): Promise<void> {
  if (victim === 'primary') return await scene.kill();
  const [server] = scene.servers;
  const candidates = childrenOf(server?.pid ?? 0).filter(({ name }) => name.startsWith(`keyhouse ${victim}`));
  const chosen = candidates[Math.floor(Math.random() * candidates.length)];
  if (chosen === undefined) throw new Error(`There is no ${victim} to kill.`);
  process.kill(chosen.pid, 'SIGKILL');
}
