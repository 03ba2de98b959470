/** `POST /auth`: a key becomes a JWT that is recorded, listed, audited, chained and on disk before the answer. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { measureInTurn, type Subject } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFact, addFigures, judgeRatio } from '../report.ts';
import { prepareDatabase, type Server, startKeyhouse, startSkeleton } from '../servers.ts';

const WORK = 'POST /auth';
/** A key may have 10,000 active JWTs; a whole run creates fewer than a million. */
export const MINTING_KEYS = 2000;

export async function benchMint(): Promise<void> {
  const subjects = [
    mintSubject('skeleton', await startSkeleton('mint', prepareDatabase('skeleton-mint', 'key', MINTING_KEYS))),
    mintSubject('Keyhouse', await startKeyhouse('mint', 'key', MINTING_KEYS)),
  ];
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  judgeRatio('POST /auth ÷ skeleton', WORK, ['Keyhouse', 'skeleton']);
  addFact('one bare ES256 signature (µs of processor)', signatureMicros());
}

export const mintSubject = (name: string, { pid, port }: Server): Subject => ({
  name,
  pid,
  orders: {
    ...{ connections: 64, ...timing, method: 'POST', path: '/auth', port },
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ permissions: ['invoices.read', 'services.read'] }),
    credential: { kind: 'key', rows: MINTING_KEYS },
  },
});

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
