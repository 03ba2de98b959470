/**
 * A disk that fails under the database: writes, syncs or both, with EIO or ENOSPC. While it does, nothing is answered as done that is not stored, and what can be
 * read goes on. Afterwards the server goes on by itself, or has stopped and says why; then it is started again, as a supervisor would.
 */
import { DISK, preloadDisk } from './preload.ts';
import { Scene, type Told } from './scene.ts';

const KINDS = [
  { name: 'writes fail with EIO', errors: [DISK.EIO, 0] },
  { name: 'writes fail with ENOSPC', errors: [DISK.ENOSPC, 0] },
  { name: 'syncs fail with EIO', errors: [0, DISK.EIO] },
  { name: 'writes and syncs fail with EIO', errors: [DISK.EIO, DISK.EIO] },
] as const;

const ACTS_BEFORE = 30;
/** Acts that are tried while it fails: each of the eight writers goes on asking. */
const TRIES = 60;

export async function failDisk(
  cycles: number,
  say: (line: string) => void = () => {},
): Promise<Told & { readonly healed: number }> {
  const scene = new Scene();
  const disk = preloadDisk(scene.folder, 'keyhouse.db');
  let healed = 0;
  let refused = 0;
  try {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const kind = KINDS[cycle % KINDS.length] ?? KINDS[0];
      if (cycle % 8 === 0) await scene.newPerson();
      if (scene.origins.length === 0) await scene.start(1, disk.variables);
      await scene.write(ACTS_BEFORE);
      disk.set(...kind.errors);
      const { unanswered, acknowledged } = scene.ledger.account;
      let tries = 0;
      await scene.write(Number.POSITIVE_INFINITY, () => scene.origins.length === 0 || ++tries > TRIES);
      refused += scene.ledger.account.unanswered - unanswered;
      // Reads alone may still be answered, such as a second redemption; what was acknowledged is held against the rows below.
      if (scene.ledger.account.unanswered === unanswered)
        scene.faults.push(
          `${kind.name}: nothing failed, and ${scene.ledger.account.acknowledged - acknowledged} acts were acknowledged`,
        );
      if (scene.origins.length > 0) await scene.check({ isReading: true });
      disk.set(0, 0);
      const goesOn = scene.origins.length > 0 && (await scene.heals());
      if (goesOn) healed++;
      else {
        const said = scene.servers.map((server) => server.output()).join('');
        if (!/"level":(50|60)|Error/.test(said)) scene.faults.push(`${kind.name}: the server stopped without saying why`);
        await scene.kill();
        await scene.start(1, disk.variables);
      }
      await scene.check();
      if ((cycle + 1) % 25 === 0) say(`  ${cycle + 1} of ${cycles}: ${scene.figures()}; ${scene.faults.length} faults`);
    }
    await scene.check({ all: true });
    await scene.stop();
    await scene.checkDatabase();
    return scene.told(`${cycles} failures of the disk, ${refused} acts refused, ${healed} healed without a start`, { healed });
  } finally {
    disk.close();
    await scene.end();
  }
}
