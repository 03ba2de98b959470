/**
 * PgBouncer in transaction mode between two servers and PostgreSQL, with far fewer connections than they ask for, killed while they write, and started again. Whatever was on
 * its way is undone or done by PostgreSQL; nothing else is lost, and the servers go on by themselves.
 */
import { startPgBouncer } from '../../packages/server/test/pgbouncer.ts';
import { Scene, type Told } from './scene.ts';

const SERVERS = 2;
/** Of all that PgBouncer has to PostgreSQL; each server would take 20. */
const POOL_SIZE = 2;
const TRIES = 24;

export async function killPooler(
  cycles: number,
  { databaseUrl, acts = 40, say = () => {} }: { databaseUrl: string; acts?: number; say?: (line: string) => void },
): Promise<Told> {
  const bouncer = await startPgBouncer(databaseUrl, { poolSize: POOL_SIZE });
  const scene = new Scene({ databaseUrl: bouncer.through(databaseUrl) });
  const { account } = scene.ledger;
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      if (cycle % 4 === 0) await scene.newPerson();
      if (scene.origins.length === 0) await scene.start(SERVERS);
      const { unanswered } = account;
      // In the middle of it, so that some commits are on their way.
      const moment = account.acknowledged + acts;
      let killing: Promise<void> | null = null;
      let tries = 0;
      await scene.write(Number.POSITIVE_INFINITY, () => {
        if (account.acknowledged >= moment) killing ??= bouncer.kill();
        return killing !== null && ++tries > TRIES;
      });
      await killing;
      if (account.unanswered === unanswered) scene.faults.push('nothing was refused while PgBouncer was gone');
      await bouncer.startAgain();
      if (!(await scene.heals())) scene.faults.push('the servers do not go on');
      await scene.check({ isPatient: true });
      if ((cycle + 1) % 25 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.check({ all: true, isPatient: true });
    const codes = await scene.stop();
    if (codes.some((code) => code !== 0)) scene.faults.push(`a server ended with ${codes.join()}`);
    await scene.checkDatabase();
    return scene.told(`${cycles} kills of PgBouncer`);
  } finally {
    await scene.end();
    await bouncer.stop();
  }
}
