/**
 * A network to PostgreSQL that falls silent, in one direction or in both, and comes back; or drops what was connected before. Nothing is answered as done that is not stored, and
 * what had no answer may have happened.
 */
import { startStallingProxy } from '../../packages/server/test/stalling-proxy.ts';
import { Scene, type Told } from './scene.ts';

/** While it is silent each writer gets a 503 or waits; a few of these are enough. */
const TRIES = 24;
const DIRECTIONS = ['both', 'to-database', 'to-server'] as const;

export async function stallDatabase(
  cycles: number,
  { databaseUrl, acts = 40, say = () => {} }: { databaseUrl: string; acts?: number; say?: (line: string) => void },
): Promise<Told> {
  const proxy = await startStallingProxy(databaseUrl);
  const scene = new Scene({ databaseUrl: proxy.url });
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      if (cycle % 4 === 0) await scene.newPerson();
      if (scene.origins.length === 0) await scene.start();
      await scene.write(acts);
      const { unanswered } = scene.ledger.account;
      let tries = 0;
      // In the middle of it, so that some commits are on their way.
      const moment = scene.ledger.account.acknowledged + acts / 2;
      await scene.write(Number.POSITIVE_INFINITY, () => {
        if (scene.ledger.account.acknowledged >= moment && tries++ === 0) proxy.stall(DIRECTIONS[cycle % DIRECTIONS.length]);
        else if (tries > 0) tries++;
        return tries > TRIES;
      });
      if (scene.ledger.account.unanswered === unanswered) scene.faults.push('nothing was refused while the database was silent');
      if (cycle % 2 === 0) proxy.resume();
      else proxy.resumeForNewOnes();
      if (!(await scene.heals())) scene.faults.push('the server does not go on');
      await scene.check();
      if ((cycle + 1) % 25 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.check({ all: true });
    await scene.stop();
    await scene.checkDatabase();
    return scene.told(`${cycles} silences of the network`);
  } finally {
    await scene.end();
    await proxy.stop();
  }
}
