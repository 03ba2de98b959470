/** `POST /auth`: a key becomes a JWT that is on disk before the answer. */
import { measureInTurn } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFigures, figuresOf, holdAgainst } from '../report.ts';
import { startFloor, startKeyhouse } from '../servers.ts';

const WORK = 'POST /auth, on disk';
/** A key may have 10,000 live JWTs; a whole run makes fewer than a million. */
const KEYS = 2000;

export async function benchMint(): Promise<void> {
  const floor = await startFloor();
  const server = await startKeyhouse('mint', 'key', KEYS);
  const load = { connections: 64, ...timing, method: 'POST' as const, path: '/auth' };
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ permissions: ['invoices.read', 'services.read'] });
  const fixed = { kind: 'fixed' as const, text: 'x'.repeat(56) };
  const subjects = [
    { name: 'floor', pid: floor.pid, orders: { ...load, method: 'GET' as const, port: floor.port, credential: fixed } },
    {
      name: 'mint',
      pid: server.pid,
      orders: { ...load, port: server.port, headers, body, credential: { kind: 'key' as const, rows: KEYS } },
    },
  ];
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  const ratio = (figuresOf(WORK, 'mint')?.perSecond ?? Number.NaN) / (figuresOf(WORK, 'floor')?.perSecond ?? Number.NaN);
  holdAgainst('POST /auth, of the floor', ratio, { least: 0.25 });
}
