/**
 * Verifications at a steady rate, first alone, then with as many log-ins as the server takes. The floor at the same rate shows
 * what the load generator and the machine add to such a tail: a ratio of two such figures says nothing.
 */
import type { Load, Orders } from '../load.ts';
import { measure, type Sample } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { isDisturbed, undisturbed } from '../quiet.ts';
import { addFact, judgeOnQuietMachine } from '../report.ts';
import { say } from '../say.ts';
import { startFloor, startKeyhouse } from '../servers.ts';
import { median } from '../statistics.ts';

const VERIFICATIONS_A_SECOND = 1000;
/** The storm is there before the verifications and after them. */
const HEAD_START_MS = 1500;

interface Round {
  readonly floor: Sample;
  readonly quiet: Sample;
  readonly stormy: Sample;
  readonly logins: Load;
  /** Cores that other processes used during the storm, except its own load. */
  readonly others: number;
}

export async function benchStorm(): Promise<void> {
  const floor = await startFloor();
  const { pid, port } = await startKeyhouse('storm', 'key', 10_000, { KEYHOUSE_TRUSTED_PROXIES: '127.0.0.1' });
  const verify: Orders = {
    ...timing,
    port,
    connections: 16,
    rate: VERIFICATIONS_A_SECOND,
    method: 'GET',
    path: '/verify/api/invoices',
    credential: { kind: 'key', rows: 100 },
  };
  const logins: Orders = {
    seconds: timing.seconds + timing.warmupSeconds,
    warmupSeconds: HEAD_START_MS / 1000,
    port,
    connections: 32,
    method: 'POST',
    path: '/api/v1/auth/login',
    // Another user from another address each time, or the limits would answer instead of Argon2.
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '{address}' },
    body: JSON.stringify({ email: 'nobody-{n}@example.com', password: 'wrong but well-formed', device_name: 'storm' }),
    status: 422,
    credential: null,
  };
  const all: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const alone = await undisturbed(() => measure({ name: 'floor', pid: floor.pid, orders: { ...verify, port: floor.port } }));
    const quiet = await undisturbed(() => measure({ name: 'quiet', pid, orders: verify }));
    const storm = await undisturbed(() => stormOnce(pid, verify, logins));
    all.push({ floor: alone, quiet, ...storm });
    const [a, b, c] = [alone, quiet, storm.stormy].map(({ p99Ms }) => p99Ms.toFixed(2));
    say(
      `  ${round}/${rounds} p99: floor ${a} ms, quiet ${b} ms, beside ${storm.logins.perSecond.toFixed(0)} log-ins a second ${c} ms`,
    );
  }
  tell(all);
}

async function stormOnce(pid: number, verify: Orders, logins: Orders): Promise<Pick<Round, 'stormy' | 'logins' | 'others'>> {
  const storm = measure({ name: 'logins', pid, orders: logins });
  await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
  const stormy = await measure({ name: 'stormy', pid, orders: verify });
  const loaded = await storm;
  // Each of the two loads looks like another process to the other; that of the log-ins is next to nothing.
  return { stormy, logins: loaded, others: stormy.others };
}

function tell(all: readonly Round[]): void {
  const of = (pick: (round: Round) => number): number => median(all.map(pick));
  const disturbed = all.filter((round) => isDisturbed(round.quiet) || isDisturbed(round)).length;
  addFact(
    'floor p99 at the same rate (ms)',
    of(({ floor }) => floor.p99Ms),
  );
  addFact(
    'verification p99, quiet (ms)',
    of(({ quiet }) => quiet.p99Ms),
  );
  addFact(
    'verification p99, login storm (ms)',
    of(({ stormy }) => stormy.p99Ms),
  );
  addFact(
    'log-ins answered a second',
    of((round) => round.logins.perSecond),
  );
  addFact(
    'login storm, failures',
    all.reduce((sum, r) => sum + r.quiet.failures + r.stormy.failures + r.logins.failures, 0),
  );
  addFact('login storm, disturbed rounds', disturbed);
  const ratio = of(({ stormy, quiet }) => stormy.p99Ms / quiet.p99Ms);
  judgeOnQuietMachine('beside a login storm, p99 ÷ quiet', ratio, disturbed * 2 >= all.length);
}
