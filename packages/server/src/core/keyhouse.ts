/**
 * Keyhouse without its doors: introduces the rooms of core to each other. To learn what the server can do, read the head of each
 * room's own file (`core/users/users.ts`, `core/credentials/credentials.ts`, …). The command line builds the same object and
 * never starts it.
 */
import { FEED_TYPE, forwardClock, parseCredential } from '@keyhouse/protocol';
import { bindAdministration } from './administration/administration.ts';
import { bindApplications } from './applications/applications.ts';
import { bindAudit } from './audit/audit.ts';
import { bindBranding } from './branding/branding.ts';
import { bindCredentials } from './credentials/credentials.ts';
import { createNotify } from './credentials/notify.ts';
import { CredentialVerifier } from './credentials/verify.ts';
import { bindFactors } from './factors/factors.ts';
import { bindJwts } from './jwts/jwts.ts';
import { createSeenJwts } from './jwts/seen.ts';
import { type Clock, SECOND_MS } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { MasterSecret } from './lib/master-secret.ts';
import { rarely } from './lib/rarely.ts';
import { createCompose } from './mail/compose.ts';
import type { MailTransport } from './mail/mail.ts';
import { bindOauth } from './oauth/oauth.ts';
import { openPasswordHashing } from './passwords/password-hashing.ts';
import { bindPermissions } from './permissions/permissions.ts';
import type { Provider } from './providers/provider.ts';
import { bindProviders } from './providers/providers.ts';
import { Feed } from './revocations/feed.ts';
import { ChangeFollower } from './revocations/follower.ts';
import { createReloader, dailyReminders, type JobsOfProcess, startServing } from './serving.ts';
import { UNRECORDED_JWT_SECONDS } from './sessions/session.ts';
import { bindSessions } from './sessions/sessions.ts';
import { createSignInLimits, type Limiter, networkOf, type PatientLimiter } from './sign-ins/sign-in-limits.ts';
import { bindSignIns } from './sign-ins/sign-ins.ts';
import type { SignUp } from './sign-ins/sign-up-rule.ts';
import { bindSigningKeys } from './signing-keys/signing-keys.ts';
import type { Store } from './store.ts';
import { createSweep } from './sweep.ts';
import { bindTeams } from './teams/teams.ts';
import { bindUse } from './use/use.ts';
import { UseRecorder } from './use/use-recorder.ts';
import { bindUsers } from './users/users.ts';
import { createVerify } from './verify.ts';

export interface Settings {
  /** Public origin; `iss` of every JWT, and `aud` while there is only one API. */
  readonly issuer: string;
  readonly maxJwtDays: number;
  readonly signup: SignUp['signup'];
  /** If left out, an invitation to a team does not open registration. */
  readonly teamInvitationsRegister?: boolean;
  readonly signingAlgorithm: 'ES256' | 'RS256';
  /** A secret is old after this many days; 0: never. */
  readonly remindSecretDays?: number;
}

export type { Log };

export interface KeyhousePorts {
  readonly store: Store;
  readonly secret: MasterSecret;
  readonly secretPrevious: MasterSecret | null;
  readonly limiter: Limiter;
  /** Where several processes of one machine share what `limiter` counts in memory. Left out: this process alone has it. */
  readonly sharedLimiter?: PatientLimiter | undefined;
  /** How many threads hash passwords. Left out: as many as this machine has cores for. */
  readonly passwordThreads?: number | undefined;
  /** Null or left out: there is no mail server. */
  readonly transport?: MailTransport | null;
  /** Other OpenID providers that users may sign in with. */
  readonly providers?: readonly Provider[];
  readonly clock: Clock;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
  /** The same, for what takes hours and days. Left out: `monotonicMs`. */
  readonly elapsedMs?: () => number;
  readonly log: Log;
  readonly settings: Settings;
}

export interface StartOptions {
  readonly pollEveryMs: number;
  readonly jobs?: JobsOfProcess | undefined;
}

export type Keyhouse = ReturnType<typeof createKeyhouse>;

/** What a server signs between a rotation and learning of it counts too, and its clock may be ahead. */
const UNRECORDED_SECONDS = UNRECORDED_JWT_SECONDS + 120;
/** Asking is not a use, and the address that the credential would be used from is not judged. */
const NOWHERE = { address: null, userAgent: null };
const ASKING = { counted: false, address: false };
const WENT_BACK = {
  database:
    'The database is older than what this server has read from it. It failed over to a standby that was behind, or an older copy was restored. Every server and guard reads everything again. Changes that the database does not have are lost.',
  clock: 'The clock of this machine was set back by more than half an hour. Every server and guard reads the revocations again.',
} as const;
const DEFAULT_REMIND_SECRET_DAYS = 365;

/** Tells servers apart that share a database. */
const instanceName = crypto.randomUUID();

export function createKeyhouse(ports: KeyhousePorts) {
  const { store, log, settings, monotonicMs, secret } = ports;
  const { issuer } = settings;
  const clock: Clock = { now: forwardClock(ports.clock.now) };
  const elapsedMs = ports.elapsedMs ?? monotonicMs;
  const transport = ports.transport ?? null;
  const providers = ports.providers ?? [];
  const secrets = ports.secretPrevious === null ? [secret] : [secret, ports.secretPrevious];
  const signUp: SignUp = { signup: settings.signup, teamInvitationsRegister: settings.teamInvitationsRegister ?? false };
  /** What every room may need. */
  const common = { ...store, secret, secrets, clock, log, url: issuer, issuer, audience: issuer };

  const follower = new ChangeFollower({
    changes: store.changes,
    // The real clock: the moment of a reading is compared with the clocks of others.
    clock: ports.clock,
    monotonicMs,
    onError: rarely(SECOND_MS, monotonicMs, (omitted, error: unknown) =>
      log.error({ err: error, omitted }, 'The list of changes cannot be read.'),
    ),
    onWentBack: (what, position) => log.error({ position }, WENT_BACK[what]),
  });
  const pollChanges = (): Promise<void> => follower.poll();
  const passwords = openPasswordHashing(ports.passwordThreads === undefined ? {} : { threads: ports.passwordThreads });
  const { limiter, sharedLimiter } = ports;
  const limits = createSignInLimits({ ...common, limiter, sharedLimiter, addressKey: secret.addressKey() });

  const branding = bindBranding(common);
  const compose = createCompose({ ...common, branding: branding.current });
  const audit = bindAudit(common);
  const { refusals } = audit;
  const permissions = bindPermissions(common);
  const catalogue = (): ReadonlySet<string> => permissions.index().names;
  const signingKeys = bindSigningKeys({
    ...{ ...common, secretPrevious: ports.secretPrevious, algorithm: settings.signingAlgorithm },
    unrecordedJwtSeconds: UNRECORDED_SECONDS,
  });
  const keys = signingKeys.ring;
  const { secretInForce } = signingKeys;

  const users = bindUsers({ ...common, passwords, compose, sendsMail: transport !== null });
  const factorPorts = { ...common, compose, brand: branding.current, secretInForce };
  const factors = bindFactors(factorPorts);
  const signInPorts = { ...factorPorts, ...signUp, passwords, limits, refusals, providers };
  const signIns = bindSignIns({ ...signInPorts, sendVerification: users.sendFirstVerification });
  const providerSignIns = bindProviders({ ...signInPorts, sendFirstVerification: users.sendFirstVerification });
  const teams = bindTeams({ ...common, ...signUp, limits, compose });
  const administration = bindAdministration({ ...common, limits, compose });

  const recorder = new UseRecorder();
  const notify = createNotify({ ...store, compose });
  const credentials = bindCredentials({
    ...{ ...signInPorts, permissionExists: permissions.exists, notify },
    onRegistered: users.sendFirstVerification,
  });
  const verifier = new CredentialVerifier({ ...common, follower, use: recorder });
  const sessions = bindSessions({ ...common, secretInForce });
  const reloader = createReloader({ signingKeys, permissions, branding, hasImports: () => store.imports.hasImports() });
  const verify = createVerify({
    ...{ credentials: verifier, hasImports: reloader.hasImports, follower },
    jwts: { keys, issuer, audience: issuer, clock, seen: createSeenJwts() },
  });
  const use = bindUse({
    ...{ ...common, monotonicMs, recorder, refusals, compose, catalogue, permissionExists: permissions.exists, networkOf },
    recognize: (presented) => verifier.recognize(presented),
    findSessions: sessions.findAll,
    findApplication: (clientId) => oauth.findClient(clientId),
    seeSession: sessions.see,
    rules: { oldSecretDays: settings.remindSecretDays ?? DEFAULT_REMIND_SECRET_DAYS },
  });
  const jwts = bindJwts({
    ...{ ...common, keys, pollChanges, maxJwtDays: settings.maxJwtDays, usePermission: use.usePermission },
    catalogue: async () => catalogue(),
    judge: (text) => verify(parseCredential(text), NOWHERE, ASKING),
    onKeyGone: () => follower.renewEpoch('database'),
  });
  const applications = bindApplications({ ...common, catalogue: permissions.index });
  const oauth = bindOauth({
    ...{ ...common, ...sessions.ports, compose, keys, verify, follower, index: permissions.index },
    renewIndex: ({ isChanging }) => (isChanging ? permissions.load() : reloader.run()),
    signingAlgorithms: signingKeys.algorithms,
    endOf: (caller) => verifier.endOf(caller),
    usePermission: use.usePermission,
    countUse: use.useElsewhere,
  });
  const revocations = {
    follower,
    /** What guards follow. */
    feed: new Feed({
      ...{ changes: store.changes, follower, clock, monotonicMs: elapsedMs, issuer },
      sign: (payload) => signingKeys.sign(FEED_TYPE, payload),
    }),
  };
  const sweep = createSweep({ store, follower, clock, log, holder: instanceName, monotonicMs: elapsedMs });

  const remind = dailyReminders({ ...common, use, holder: instanceName });

  const rooms = {
    ...{ users, factors, signIns, providers: providerSignIns, teams, administration, branding, audit },
    ...{ credentials, use, jwts, signingKeys, permissions, applications, sessions, oauth, revocations },
  };
  return {
    ...rooms,
    clock,
    verify,
    facts: {
      startedAtMs: clock.now(),
      maxJwtDays: settings.maxJwtDays,
      /** Whether there is a mail server. Without one, mails are kept for administrators to read. */
      sendsMail: transport !== null,
      database: store.database,
    },
    storage: {
      /** Rejects when the database cannot be read, or a migration is missing. */
      check: (): Promise<void> => store.check(),
      /** Rejects when it cannot be written. */
      tryWriting: (): Promise<void> => store.leases.tryWriting({ nowMs: clock.now() }),
    },
    /** Deletes what has expired and is not needed any more; run by a job. */
    sweep: sweep.run,
    /** Writes to users about their credentials, at most once a day; a job calls it every hour. */
    remind,

    /** Writes the use that was counted so far; a job calls it every two seconds. */
    flush: async (): Promise<void> => {
      await Promise.all([use.flush({ end: true }), sessions.flushSeen()]);
    },
    /** What a command needs: the permissions that exist, and a master secret that fits. */
    prepare,
    /**
     * What a server needs in addition: signing keys, following the list of changes, running jobs. Returns a function that stops
     * it. `jobs`: `own` leaves out those that one process is enough for.
     */
    start: async ({ pollEveryMs, jobs = 'all' }: StartOptions): Promise<() => Promise<void>> => {
      await prepare();
      return await startServing({
        ...{
          ...common,
          rooms,
          reloader,
          sweep,
          remind,
          transport,
          holder: instanceName,
          maxJwtDays: settings.maxJwtDays,
          pollEveryMs,
          jobs,
        },
      });
    },
    /** Everything that is kept in memory is as it is in the database now. */
    catchUp: async (): Promise<void> => {
      await follower.poll();
      await reloader.run();
    },
    close: async (): Promise<void> => {
      transport?.close();
      await passwords.close();
      await store.close();
    },
  };

  async function prepare(): Promise<void> {
    await signingKeys.checkSecret();
    await permissions.load();
    await branding.load();
    await users.load();
    await reloader.lookForImports();
  }
}
