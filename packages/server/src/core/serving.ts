/**
 * What runs in a server apart from requests: what it keeps in memory is read again when it has changed, and jobs do what is due.
 */
import type { Audit } from './audit/audit.ts';
import type { Branding } from './branding/branding.ts';
import { type Job, runJobs } from './jobs.ts';
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { MasterSecret } from './lib/master-secret.ts';
import { deliverMails } from './mail/deliver.ts';
import type { MailTransport } from './mail/mail.ts';
import type { Permissions } from './permissions/permissions.ts';
import type { ChangeFollower } from './revocations/follower.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { SigningKeys } from './signing-keys/signing-keys.ts';
import type { Store } from './store.ts';
import { type createSweep, SWEEP_EVERY_MS } from './sweep.ts';
import type { Use } from './use/use.ts';

interface Reloaded {
  readonly signingKeys: Pick<SigningKeys, 'reload'>;
  readonly permissions: Pick<Permissions, 'load'>;
  readonly branding: Pick<Branding, 'load'>;
  readonly hasImports: () => Promise<boolean>;
}

export type Reloader = ReturnType<typeof createReloader>;

/** What is kept in memory: after a request to read it again, a job does so and retries until it succeeds. */
export function createReloader({ signingKeys, permissions, branding, hasImports }: Reloaded) {
  // Once there is one, there always is one.
  let imports = false;
  let asked = 0;
  let done = 0;
  const lookForImports = async (): Promise<void> => {
    imports ||= await hasImports();
  };
  return {
    ask: (): void => {
      asked += 1;
    },
    run: async (): Promise<void> => {
      if (done === asked) return;
      const upTo = asked;
      await signingKeys.reload();
      await permissions.load();
      await branding.load();
      await lookForImports();
      done = upTo;
    },
    /** Whether anything was ever imported, as far as this server knows. */
    hasImports: (): boolean => imports,
    noteImports: (): void => {
      imports = true;
    },
    lookForImports,
  };
}

/** `own`: only what concerns the memory of this process. Another process of this machine does the rest. */
export type JobsOfProcess = 'all' | 'own';

interface ServingPorts extends Pick<Store, 'changes' | 'jwts' | 'leases' | 'mails'> {
  readonly rooms: {
    readonly audit: Audit;
    readonly use: Use;
    readonly sessions: Sessions;
    readonly signingKeys: SigningKeys;
    readonly revocations: { readonly follower: ChangeFollower };
  };
  readonly reloader: Reloader;
  readonly sweep: ReturnType<typeof createSweep>;
  readonly remind: () => Promise<void>;
  readonly transport: MailTransport | null;
  readonly secrets: readonly MasterSecret[];
  readonly issuer: string;
  /** Names this server among those that share the database. */
  readonly holder: string;
  readonly maxJwtDays: number;
  readonly pollEveryMs: number;
  readonly jobs: JobsOfProcess;
  readonly clock: Clock;
  readonly log: Log;
}

/** Returns a function that stops it: what is still in memory is written, as far as the store allows. */
export async function startServing(ports: ServingPorts): Promise<() => Promise<void>> {
  const { rooms, reloader, log } = ports;
  const { follower } = rooms.revocations;
  // Before this server can mint: any other server revokes for as long as these JWTs may be valid.
  await ports.jwts.allowJwtDays({ days: ports.maxJwtDays });
  await rooms.signingKeys.start();
  follower.listen({
    onChange: ({ kind }) => {
      if (kind === 'signing-keys' || kind === 'permissions' || kind === 'brand') reloader.ask();
      if (kind === 'imports') reloader.noteImports();
      if (kind === 'master-secret') log.warn({}, 'The master secret was rotated. Start this server with the new one.');
    },
    onReset: () => reloader.ask(),
  });
  ports.changes.beforeOthersAnswer(reloader.run);
  await follower.start(ports.pollEveryMs);
  const stopping = new AbortController();
  const jobs = runJobs(jobsOf(ports, stopping.signal), (job, error) =>
    log.error({ err: error, job }, 'A job failed. It will be tried again.'),
  );
  return async () => {
    follower.stop();
    stopping.abort();
    await jobs.stop();
    await writeTheRest(ports);
  };
}

async function writeTheRest({ rooms, jobs, log }: ServingPorts): Promise<void> {
  const { use, sessions, audit } = rooms;
  const last = await Promise.allSettled([use.flush({ end: true }), sessions.flushSeen(), audit.refusals.flush({ end: true })]);
  for (const { status, ...rest } of last)
    if (status === 'rejected') log.warn({ ...rest }, 'The last counts could not be written.');
  if (jobs === 'own') return;
  await audit
    .chain()
    .catch((error: unknown) =>
      log.warn({ err: error }, 'The last events could not be chained. They will be chained at the next start.'),
    );
}

function jobsOf(ports: ServingPorts, stopping: AbortSignal): readonly Job[] {
  const { rooms, reloader, sweep } = ports;
  const mail = { ...ports, host: new URL(ports.issuer).hostname, stopping };
  const own: readonly Job[] = [
    { name: 'reload', everyMs: SECOND_MS / 20, run: reloader.run },
    { name: 'refusals', everyMs: SECOND_MS, run: () => rooms.audit.refusals.flush() },
    { name: 'use', everyMs: 2 * SECOND_MS, run: () => rooms.use.flush() },
    { name: 'seen-sessions', everyMs: 2 * SECOND_MS, run: () => rooms.sessions.flushSeen() },
  ];
  if (ports.jobs === 'own') return [...own, { name: 'forget', everyMs: SWEEP_EVERY_MS, run: async () => sweep.forget() }];
  return [
    ...own,
    { name: 'audit-chain', everyMs: SECOND_MS, run: async () => void (await rooms.audit.chain()) },
    { name: 'mail', everyMs: SECOND_MS, run: () => deliverMails(mail) },
    { name: 'signing-keys', everyMs: HOUR_MS, run: () => rotateSigningKeys(ports) },
    { name: 'remind', everyMs: HOUR_MS, run: ports.remind },
    { name: 'sweep', everyMs: SWEEP_EVERY_MS, run: sweep.run },
  ];
}

async function rotateSigningKeys({ rooms, sweep }: ServingPorts): Promise<void> {
  const nowMs = await sweep.horizonMs();
  if (nowMs !== null) await rooms.signingKeys.rotateDue(nowMs);
}

interface RemindingPorts extends Pick<ServingPorts, 'leases' | 'holder' | 'clock' | 'log'> {
  readonly use: Pick<Use, 'remindPeople'>;
}

/** Can be called as often as one likes; it is done once a day, by one server. */
export function dailyReminders({ use, leases, holder, clock, log }: RemindingPorts): () => Promise<void> {
  let lastMs = 0;
  return async () => {
    const nowMs = clock.now();
    // Checked before the lease: taking the lease again would lengthen it, and the next server would wait a day too long.
    if (lastMs > nowMs - DAY_MS + HOUR_MS / 2) return;
    if (!(await leases.takeLease({ job: 'remind', holder, nowMs, forMs: DAY_MS - HOUR_MS / 2 }))) return;
    const people = await use.remindPeople();
    // Only now: a run that failed is tried again an hour later.
    lastMs = nowMs;
    if (people > 0) log.info({ people }, 'Reminders about credentials were sent.');
  };
}
