/** Verifications at a steady rate, first alone, then beside as many log-ins as the server takes. */
import type { Orders } from '../load.ts';
import { isDisturbed, measure, undisturbed } from '../measure.ts';
import { rounds, timing } from '../options.ts';
import { addFact, holdAgainst } from '../report.ts';
import { say } from '../say.ts';
import { startKeyhouse } from '../servers.ts';
import { median } from '../statistics.ts';

const VERIFICATIONS_A_SECOND = 1000;
/** The storm is there before the verifications and after them. */
const HEAD_START_MS = 1500;

export async function benchStorm(): Promise<void> {
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
    ...timing,
    seconds: timing.seconds + 2 * (HEAD_START_MS / 1000),
    port,
    connections: 32,
    method: 'POST',
    path: '/api/v1/auth/login',
    // Another user from another address each time, or the limits would answer in place of Argon2.
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': '{address}' },
    body: JSON.stringify({ email: 'nobody-{n}@example.com', password: 'wrong but well-formed', device_name: 'storm' }),
    status: 422,
    credential: null,
  };
  const runs: { quiet: number; stormy: number; loginsPerSecond: number; failures: number; disturbed: boolean }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const quiet = await undisturbed(() => measure({ name: 'quiet', pid, orders: verify }));
    // Not tried again when disturbed: the load of the log-ins itself counts among the strangers here.
    const storm = measure({ name: 'logins', pid, orders: logins });
    await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
    const stormy = await measure({ name: 'stormy', pid, orders: verify });
    const loaded = await storm;
    runs.push({
      quiet: quiet.p99Ms,
      stormy: stormy.p99Ms,
      loginsPerSecond: loaded.perSecond,
      failures: quiet.failures + stormy.failures + loaded.failures,
      disturbed: isDisturbed(quiet),
    });
    say(
      `  ${round}/${rounds} p99 quiet ${quiet.p99Ms.toFixed(2)} ms, beside ${loaded.perSecond.toFixed(0)} log-ins a second ${stormy.p99Ms.toFixed(2)} ms`,
    );
  }
  addFact('verification p99, quiet (ms)', median(runs.map((run) => run.quiet)));
  addFact('verification p99, login storm (ms)', median(runs.map((run) => run.stormy)));
  addFact('log-ins answered a second', median(runs.map((run) => run.loginsPerSecond)));
  addFact(
    'login storm, failures',
    runs.reduce((sum, run) => sum + run.failures, 0),
  );
  addFact('login storm, disturbed rounds', runs.filter((run) => run.disturbed).length);
  holdAgainst('login storm, p99 against quiet', median(runs.map((run) => run.stormy / run.quiet)), { most: 2 });
}
