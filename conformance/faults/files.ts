/**
 * What operators and their scripts do to the file of SQLite under a server: moved away, cut, another one in its place, its -wal taken away. Until the file that the server has
 * open is back, nothing is acknowledged. What is put back as it was goes on; an older copy needs a start, and is a database that was set back.
 */
import { copyFileSync, existsSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { backUp } from '../../packages/server/test/databases.ts';
import { Scene, type Told } from './scene.ts';

interface Trick {
  readonly name: string;
  spoil(file: string): Promise<void>;
  /** Puts it right again; `start`: the server has to be stopped before, and started after. */
  readonly mend: (file: string) => void;
  readonly needsStart?: boolean;
  /** What is put in place is a copy from before the last acts. */
  readonly isOlder?: boolean;
}

const away = (file: string): string => `${file}.away`;
const copy = (file: string): string => `${file}.copy`;

const TRICKS: readonly Trick[] = [
  { name: 'moved away', spoil: async (file) => renameSync(file, away(file)), mend: (file) => renameSync(away(file), file) },
  {
    name: 'its -wal taken away',
    spoil: async (file) => renameSync(`${file}-wal`, away(file)),
    mend: (file) => renameSync(away(file), `${file}-wal`),
  },
  {
    name: 'another one in its place',
    spoil: async (file) => {
      renameSync(file, away(file));
      copyFileSync(copy(file), file);
    },
    mend: (file) => renameSync(away(file), file),
  },
  {
    name: 'replaced by an older copy, and started again',
    spoil: async (file) => renameSync(copy(file), file),
    mend: () => {},
    needsStart: true,
    isOlder: true,
  },
  {
    name: 'cut, and a whole copy put in place',
    spoil: async (file) => {
      await backUp(file, away(file));
      truncateSync(file, Math.floor(statSync(file).size / 8192) * 4096);
    },
    mend: (file) => {
      for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
      renameSync(away(file), file);
    },
    needsStart: true,
  },
];

const TRIES = 40;

export async function trickFiles(
  cycles: number,
  { acts = 40, say = () => {} }: { acts?: number; say?: (line: string) => void } = {},
): Promise<Told> {
  const scene = new Scene();
  let isWhole = true;
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const trick = TRICKS[cycle % TRICKS.length] ?? TRICKS[0];
      if (trick === undefined) break;
      if (cycle % 4 === 0) await scene.newPerson();
      if (scene.origins.length === 0) await scene.start();
      await scene.write(acts);
      rmSync(copy(scene.file), { force: true });
      await backUp(scene.file, copy(scene.file));
      const copied = scene.ledger.account.lines;
      await scene.write(acts);

      await trick.spoil(scene.file);
      const { acknowledged, unanswered } = scene.ledger.account;
      let tries = 0;
      await scene.write(Number.POSITIVE_INFINITY, () => ++tries > TRIES);
      const more = scene.ledger.account.acknowledged - acknowledged;
      if (more > 0) scene.faults.push(`${trick.name}: ${more} acts were acknowledged meanwhile`);
      if (scene.ledger.account.unanswered === unanswered) scene.faults.push(`${trick.name}: nothing was refused`);
      const ready = await scene.client.ask(scene.origins[0] ?? '', '/readyz');
      if (ready?.status !== 503) scene.faults.push(`${trick.name}: /readyz is answered ${ready?.status}`);

      // A supervisor would have ended it by a signal; whatever the server still has open is gone then.
      if (trick.needsStart === true) await scene.kill();
      if (trick.name.startsWith('replaced')) for (const end of ['-wal', '-shm']) rmSync(scene.file + end, { force: true });
      trick.mend(scene.file);
      if (trick.isOlder === true) {
        scene.ledger.write({ what: 'set-back', to: copied });
        isWhole = false;
      }
      if (trick.needsStart === true) await scene.start();
      else if (!(await scene.heals())) scene.faults.push(`${trick.name}: it does not go on`);
      await scene.check();
      if ((cycle + 1) % 25 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.write(acts);
    await scene.check({ all: true });
    await scene.stop();
    await scene.checkDatabase({ isWhole });
    await refuseToStartAnew(scene);
    return scene.told(`${cycles} tricks on the file`);
  } finally {
    await scene.end();
  }
}

/** A secret without its database: somebody lost the file, and an empty one in its place would answer 401 to every customer. */
async function refuseToStartAnew(scene: Scene): Promise<void> {
  for (const end of ['', '-wal', '-shm']) rmSync(scene.file + end, { force: true });
  const started = await scene.start().then(
    () => true,
    () => false,
  );
  if (started || existsSync(scene.file)) scene.faults.push('a server whose secret is there starts with a new, empty database');
}
