/**
 * A PostgreSQL that goes back behind what was read of it: a standby that lagged takes over, or a copy of the data directory is put in place under stopped or running servers.
 * What was acknowledged after that moment may be lost. Whatever is revoked from then on is refused by both servers and by a guard at each.
 */
import { type Door, startGuard } from '../revocation/doors.ts';
import { Cluster } from './cluster.ts';
import { createVerifyingKey } from './people.ts';
import { ISSUER, Scene, type Told } from './scene.ts';
import { type Switchboard, startSwitchboard } from './switchboard.ts';

const SERVERS = 2;

/** Each keeps a moment, and what it returns goes back to it. */
const WAYS = {
  'fail-over': async (hold: Hold) => {
    const standby = await hold.standby();
    await standby.lag();
    return async () => {
      await hold.primary.stop('immediate');
      await standby.promote();
      await hold.replacePrimary(standby);
    };
  },
  'copy put in place under running servers': async (hold: Hold) => {
    await hold.primary.stop();
    const copy = await hold.primary.copy();
    await hold.primary.start();
    return async () => {
      await hold.primary.stop('immediate');
      hold.primary.putInPlace(copy);
      await hold.primary.start();
    };
  },
  'copy put in place under stopped servers': async (hold: Hold) => {
    await hold.primary.stop();
    const copy = await hold.primary.copy();
    await hold.primary.start();
    return async () => {
      // Killed: one that is stopped would still write down what was used.
      await hold.scene.kill();
      await hold.primary.stop('immediate');
      hold.primary.putInPlace(copy);
      await hold.primary.start();
      await hold.startServers();
    };
  },
} as const;

interface Hold {
  readonly scene: Scene;
  readonly primary: Cluster;
  standby(): Promise<Cluster>;
  replacePrimary(standby: Cluster): Promise<void>;
  startServers(): Promise<void>;
}

export async function setBack(
  cycles: number,
  { acts = 40, say = () => {} }: { acts?: number; say?: (line: string) => void } = {},
): Promise<Told> {
  let primary = await Cluster.create();
  await primary.start();
  const board = await startSwitchboard(primary.port);
  const scene = new Scene({ databaseUrl: board.through(primary.url) });
  const guards: Door[] = [];
  const doors: Switchboard[] = [];
  const hold: Hold = {
    scene,
    get primary() {
      return primary;
    },
    standby: async () => {
      await primary.stop();
      const standby = await primary.copy();
      await primary.start();
      standby.follow(primary);
      await standby.start();
      await standby.catchUp(primary);
      return standby;
    },
    replacePrimary: async (standby) => {
      board.set(standby.port);
      await primary.end();
      primary = standby;
    },
    startServers: async () => {
      await scene.start(SERVERS);
      for (const [index, origin] of scene.origins.entries()) {
        const port = Number(new URL(origin).port);
        // A guard lives on when the server that it asks is started again.
        if (doors[index] !== undefined) doors[index].set(port);
        else {
          const door = await startSwitchboard(port);
          doors.push(door);
          guards.push(await startGuard(`guard ${index}`, { issuer: ISSUER, key, at: `http://127.0.0.1:${door.port}` }));
        }
      }
      scene.guards = guards.map(({ port }) => `http://127.0.0.1:${port}`);
    },
  };
  const key = await createVerifyingKey(scene.settings);
  const counts = new Map<string, number>();
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const [name, keep] = Object.entries(WAYS)[cycle % 3] ?? ['', WAYS['fail-over']];
      if (cycle === 0) await scene.newPerson();
      if (scene.origins.length === 0) await hold.startServers();
      await scene.write(acts);
      // Nobody writes while the copy is made.
      const kept = scene.ledger.account.lines;
      const goBack = await keep(hold);
      if (!(await scene.heals())) throw new Error(`${name}: the servers did not come back after the copy was made.`);
      await scene.check({ isReading: true, isPatient: true });
      await scene.write(acts);
      scene.writer.isLenient = true;
      await goBack();
      scene.ledger.write({ what: 'set-back', to: kept });
      if (!(await scene.heals())) throw new Error(`${name}: no server came back.`);
      // What is lost is not found out about at once by those who ask with it.
      await scene.newPerson();
      await scene.write(2 * acts);
      if (cycle < cycles - 1) await scene.check({ isPatient: true });
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if ((cycle + 1) % 5 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.check({ all: true, isPatient: true });
    await scene.stop();
    await scene.checkDatabase({ isWhole: false });
    return scene.told([...counts].map(([name, count]) => `${count} × ${name}`).join(', '));
  } finally {
    for (const guard of guards) await guard.stop();
    await scene.end();
    for (const door of [...doors, board]) await door.close();
    await primary.end();
  }
}
