/**
 * The primary's machine is gone, and Patroni lets the standby take over, under two servers that write through HAProxy, and a guard at each. With a synchronous standby nothing that
 * was acknowledged is lost. An asynchronous one may have fallen behind: then what it lacks is lost, all doors notice it, and nobody is let in by a credential that has no row.
 * Nobody starts a server again.
 */
import { type Door, startGuard } from '../revocation/doors.ts';
import { findLost } from './check-database.ts';
import { checkRefused } from './check-doors.ts';
import type { Thing } from './ledger.ts';
import { PatroniCluster, type Replication } from './patroni-cluster.ts';
import { createVerifyingKey } from './people.ts';
import { ISSUER, Scene, type Told } from './scene.ts';

const SERVERS = 2;
/** What is tried when the primary is gone: some acts are on their way then, and some come later. */
const TRIES = 24;
const NOTICED = 'The database is older than what this server has read from it';

export interface FailedOver extends Told {
  /** Acts that were acknowledged and are lost. */
  readonly lost: number;
}

export async function failOver(
  cycles: number,
  { replication, acts = 60, say = () => {} }: { replication: Replication; acts?: number; say?: (line: string) => void },
): Promise<FailedOver> {
  const cluster = await PatroniCluster.start(replication);
  const scene = new Scene({ databaseUrl: cluster.url });
  const guards: Door[] = [];
  const outagesMs: number[] = [];
  let lost = 0;
  try {
    const key = await createVerifyingKey(scene.settings);
    await scene.start(SERVERS);
    for (const at of scene.origins) guards.push(await startGuard(`guard at ${at}`, { issuer: ISSUER, key, at }));
    scene.guards = guards.map(({ port }) => `http://127.0.0.1:${port}`);
    for (let cycle = 0; cycle < cycles; cycle++) {
      if (cycle > 0) await cluster.rejoin();
      await scene.newPerson();
      await scene.write(acts);
      await cluster.untilFollowed();
      const epoch = await epochOf(cluster);
      if (replication === 'synchronous') {
        outagesMs.push(await failOnce(scene, cluster));
        if ((await epochOf(cluster)) !== epoch)
          scene.faults.push('the list of changes has another epoch, though nothing may be lost');
      } else {
        const kept = scene.ledger.account.lines;
        await cluster.silenceReplication();
        await scene.write(acts);
        // Servers and guards remember whom they have let in.
        await scene.check({ isReading: true, isPatient: true });
        scene.writer.isLenient = true;
        const gone: Thing[] = [];
        outagesMs.push(
          await failOnce(scene, cluster, async () => {
            const { count, rowless } = await findLost(cluster.url, scene.ledger.account, kept);
            scene.ledger.write({ what: 'set-back', to: kept });
            if (count === 0) scene.faults.push('the standby had fallen behind, and nothing is lost');
            lost += count;
            gone.push(...rowless);
          }),
        );
        scene.faults.push(...(await checkRefused(gone, scene.doors)));
        if ((await epochOf(cluster)) === epoch) scene.faults.push('acts are lost, and the list of changes has the same epoch');
        // What is lost is not found out about at once by those who ask with it.
        await scene.newPerson();
      }
      await scene.write(acts);
      await scene.check({ isPatient: true });
      if ((cycle + 1) % 5 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.check({ all: true, isPatient: true });
    const said = scene.servers.map((server) => server.output());
    const hasNoticed = said.some((text) => text.includes(NOTICED));
    if (hasNoticed !== (replication === 'asynchronous'))
      scene.faults.push(`a server has ${hasNoticed ? '' : 'not '}said: ${NOTICED}`);
    if (scene.servers.some((server) => !server.isRunning())) scene.faults.push('a server has ended');
    await scene.stop();
    await scene.checkDatabase({ isWhole: replication === 'synchronous' });
    const outages = outagesMs.map((ms) => (ms / 1000).toFixed(1)).join(', ');
    return scene.told(
      `${cycles} fail-overs to ${replication === 'synchronous' ? 'a synchronous' : 'an asynchronous'} standby, without an answer for ${outages} s, ${lost} acts lost`,
      { lost },
    );
  } finally {
    for (const guard of guards) await guard.stop();
    await scene.end();
    await cluster.end();
  }
}

/** While the writers write. `afterwards`: before anything else is written. How long no act was acknowledged, in milliseconds. */
async function failOnce(scene: Scene, cluster: PatroniCluster, afterwards = async (): Promise<void> => {}): Promise<number> {
  const { account } = scene.ledger;
  // In the middle of it, so that some commits are on their way.
  const moment = account.acknowledged + TRIES / 2;
  let killing: Promise<string> | null = null;
  let goneAtMs = 0;
  let tries = 0;
  await scene.write(Number.POSITIVE_INFINITY, () => {
    if (account.acknowledged >= moment && killing === null) {
      goneAtMs = performance.now();
      killing = cluster.killPrimary();
    }
    return killing !== null && ++tries > TRIES;
  });
  await cluster.untilPromoted((await killing) ?? '');
  const isReady = await scene.becomesReady();
  await afterwards();
  if (!isReady || !(await scene.heals())) throw new Error('The servers do not go on after the fail-over.');
  return performance.now() - goneAtMs;
}

const epochOf = async (cluster: PatroniCluster): Promise<unknown> =>
  (await cluster.query("SELECT value FROM settings WHERE name = 'epoch'"))[0]?.value;
