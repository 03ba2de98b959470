/** A small API behind `@keyhouse/guard`, compared with the guards that others use, and the guard alone in its process. */
import { execFileSync } from 'node:child_process';
import { pinned } from '../machine.ts';
import { measureInTurn, type Subject } from '../measure.ts';
import { quick, rounds, timing } from '../options.ts';
import type { Known } from '../peers/guarded.ts';
import { addFact, addFigures, figuresOf, judge, judgeAdvantage } from '../report.ts';
import { here, say } from '../say.ts';
import { type Server, start, startKeyhouse } from '../servers.ts';
import { median } from '../statistics.ts';

const WORK = 'guard, ES256 JWT seen before';
/** The first is the fastest of them. */
const PEERS = ['@fastify/jwt with cache', '@fastify/jwt', 'express-oauth2-jwt-bearer', 'express-jwt + jwks-rsa'];
/** Of each round; the first part of them only warms up. */
const UNSEEN = quick ? 2_000 : 4_000;

export async function benchGuard(): Promise<void> {
  const keyhouse = await startKeyhouse('guard', 'key', 1_000);
  const issuer = `http://127.0.0.1:${keyhouse.port}`;
  const known: Known = { issuer, key: keyhouse.operatorKey };
  const [jwt = ''] = await mint(issuer, 1);
  const subjects: Subject[] = [];
  for (const name of ['bare fastify', 'keyhouse', ...(quick ? PEERS.slice(0, 1) : PEERS)]) {
    const server = await start(here('peers/guarded.ts'), (port) => [String(port), name, JSON.stringify(known)]);
    await expectGuarded(name, server, jwt);
    subjects.push(subjectOf(name, server, jwt));
  }
  addFigures(WORK, subjects, await measureInTurn(subjects, rounds));
  const own = figuresOf(WORK, 'keyhouse');
  judgeAdvantage('guard in Fastify × bare Fastify', own, figuresOf(WORK, 'bare fastify'));
  judgeAdvantage('guard × @fastify/jwt with cache', own, figuresOf(WORK, '@fastify/jwt with cache'));
  await benchInProcess(known);
}

const subjectOf = (name: string, { pid, port }: Server, jwt: string): Subject => ({
  name,
  pid,
  orders: {
    ...{ connections: 64, ...timing, method: 'GET', port, path: '/api/invoices' },
    credential: { kind: 'fixed', text: jwt },
  },
});

/** A guard that lets everyone in would be the fastest of all. */
async function expectGuarded(name: string, { port }: Server, jwt: string): Promise<void> {
  const ask = async (authorization: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/api/invoices`, { headers: { authorization } })).status;
  if ((await ask(`Bearer ${jwt}`)) !== 200) throw new Error(`${name} does not take a good JWT.`);
  const forged = `${jwt.slice(0, -8)}AAAAAAAA`;
  if (name !== 'bare fastify' && (await ask(`Bearer ${forged}`)) < 400) throw new Error(`${name} takes a forged JWT.`);
}

/** From another key each round: one may have ten thousand active ones. */
async function mint(issuer: string, count: number, keyNumber = 1): Promise<readonly string[]> {
  const { keyText } = await import('../keys.ts');
  const jwts: string[] = [];
  while (jwts.length < count) {
    const some = Math.min(32, count - jwts.length);
    jwts.push(...(await Promise.all(Array.from({ length: some }, () => mintOne(issuer, keyText(keyNumber))))));
  }
  return jwts;
}

async function mintOne(issuer: string, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ permissions: ['invoices.read', 'services.read'] });
  const answer = await fetch(`${issuer}/auth`, { method: 'POST', headers, body });
  if (answer.status !== 200) throw new Error(`A JWT was wanted: ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
}

interface InProcess {
  readonly seenMicros: number;
  readonly unseenMicros: number;
  readonly rawMicros: number;
  readonly joseMicros: number;
  readonly fastJwtMicros: number;
}

/** Each round is a separate process on one core, with JWTs that it has never seen. */
async function benchInProcess(known: Known): Promise<void> {
  const found: InProcess[] = [];
  for (let round = 1; round <= rounds; round++) {
    const jwts = await mint(known.issuer, UNSEEN, round);
    const [program = '', ...rest] = pinned(1, [process.execPath, here('peers/guard-in-process.ts'), JSON.stringify(known)]);
    const output = execFileSync(program, rest, { input: JSON.stringify(jwts), encoding: 'utf8', timeout: 120_000 });
    const result = JSON.parse(output) as InProcess;
    found.push(result);
    say(
      `  ${round}/${rounds} in process: seen ${result.seenMicros.toFixed(2)} µs, never seen ${result.unseenMicros.toFixed(0)}, raw ${result.rawMicros.toFixed(0)}, jose ${result.joseMicros.toFixed(0)}, fast-jwt ${result.fastJwtMicros.toFixed(0)}`,
    );
  }
  const of = (pick: (result: InProcess) => number): number => median(found.map(pick));
  addFact(
    'JWT never seen, guard (µs)',
    of(({ unseenMicros }) => unseenMicros),
  );
  addFact(
    'JWT never seen, raw node:crypto (µs)',
    of(({ rawMicros }) => rawMicros),
  );
  addFact(
    'JWT never seen, jose (µs)',
    of(({ joseMicros }) => joseMicros),
  );
  addFact(
    'JWT never seen, fast-jwt (µs)',
    of(({ fastJwtMicros }) => fastJwtMicros),
  );
  judge(
    'guard, JWT seen before (µs)',
    of(({ seenMicros }) => seenMicros),
  );
  judge(
    'guard, JWT never seen ÷ raw node:crypto',
    of(({ unseenMicros, rawMicros }) => unseenMicros / rawMicros),
  );
}
