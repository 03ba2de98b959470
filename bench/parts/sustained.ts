/**
 * Row reads for so long that postponed work has to be done: uses of different credentials add up in memory and are written in
 * batches, which a few seconds of load do not show.
 */
import { measureInTurn } from '../measure.ts';
import { mainSize, quick, timing } from '../options.ts';
import { addFigures, holdRatio } from '../report.ts';
import { startFloor, startKeyhouse } from '../servers.ts';

const WORK = 'row reads, sustained';
const SECONDS = quick ? 20 : 40;

export async function benchSustained(): Promise<void> {
  const floor = await startFloor();
  const server = await startKeyhouse('sustained', 'key', mainSize);
  const load = { connections: 64, method: 'GET' as const, path: '/verify/api/invoices' };
  const name = `key, all of ${mainSize}, ${SECONDS} s after ${SECONDS / 2} s`;
  const subjects = [
    {
      name: 'floor',
      pid: floor.pid,
      orders: { ...load, ...timing, port: floor.port, credential: { kind: 'fixed' as const, text: 'x' } },
    },
    {
      name,
      pid: server.pid,
      orders: {
        ...load,
        seconds: SECONDS,
        warmupSeconds: SECONDS / 2,
        port: server.port,
        credential: { kind: 'key' as const, rows: mainSize },
      },
    },
  ];
  addFigures(WORK, subjects, await measureInTurn(subjects, 1));
  holdRatio(`check, row read, sustained, of the floor (${mainSize} rows)`, WORK, [name, 'floor'], { least: 0.45 });
}
