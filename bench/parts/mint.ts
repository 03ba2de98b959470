/** `POST /auth`: a key becomes a JWT that is on disk before the answer. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { measureInTurn } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFact, addFigures, holdRatio } from '../report.ts';
import { startFloor, startKeyhouse } from '../servers.ts';

const WORK = 'POST /auth, on disk';
/** A key may have 10,000 active JWTs; a whole run creates fewer than a million. */
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
  holdRatio('POST /auth, of the floor', WORK, ['mint', 'floor'], { least: 0.25 });
  addFact('one bare ES256 signature (µs of processor)', signatureMicros());
}

/** The minimum cost of the row on this machine. */
function signatureMicros(): number {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = Buffer.alloc(400, 'x');
  const signMany = (times: number): number => {
    const { user, system } = process.cpuUsage();
    for (let i = 0; i < times; i++) sign('sha256', text, privateKey);
    const after = process.cpuUsage();
    return (after.user + after.system - user - system) / times;
  };
  signMany(2000);
  return signMany(10_000);
}
