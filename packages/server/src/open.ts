/** From settings to a Keyhouse over its store: what the server and the command line have in common. */
import type { Config } from './config.ts';
import { createKeyhouse, type Keyhouse, type Log } from './core/keyhouse.ts';
import { systemClock } from './core/lib/clock.ts';
import { MasterSecret } from './core/lib/master-secret.ts';
import type { MailTransport } from './core/mail/mail.ts';
import type { Provider } from './core/providers/provider.ts';
import type { PatientLimiter } from './core/sign-ins/sign-in-limits.ts';
import { readOrMakeSecretFile, refuseLostDatabase } from './secret-file.ts';
import { isPostgres, openStore } from './store/open.ts';
import type { OpenedStore, WriterAddress } from './store/opened.ts';

export interface OpenedKeyhouse {
  readonly keyhouse: Keyhouse;
  readonly store: OpenedStore;
  readonly secret: MasterSecret;
  readonly secretPrevious: MasterSecret | null;
}

export interface OpenOptions {
  /** For a server, which must answer while it reads. */
  readonly isServing?: boolean;
  /** For one of several processes that answer requests together on this machine. */
  readonly shared?: SharedMeans | undefined;
}

/** What a worker has from the others. */
export interface SharedMeans {
  /** Which process writes; null on PostgreSQL, where each does. */
  readonly writer: WriterAddress | null;
  /** Where points of limits are taken that one process keeps in memory; null: they are in the database. */
  readonly limiter: PatientLimiter | null;
  readonly passwordThreads: number;
}

/** Opens store and secret and binds every verb; starts nothing. */
export async function openKeyhouse(config: Config, log: Log, options: OpenOptions = {}): Promise<OpenedKeyhouse> {
  const { isServing = false, shared } = options;
  if (config.secret === null) {
    if (isPostgres(config.databaseUrl)) throw new Error('KEYHOUSE_SECRET is required with PostgreSQL.');
    refuseLostDatabase(sqlitePath(config.databaseUrl));
  }
  const store = await openStore({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    isServing,
    ...(shared === undefined || shared.writer === null ? {} : { writer: shared.writer }),
    onWarning: (message) => log.warn({}, message),
  });
  for (const name of store.applied) log.info({ migration: name }, 'A migration was applied.');
  const secrets = await readOrMakeSecrets(config, store).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const secret = new MasterSecret(secrets.secret);
  const secretPrevious = secrets.previous === null ? null : new MasterSecret(secrets.previous);
  const keyhouse = createKeyhouse({
    store,
    secret,
    secretPrevious,
    limiter: store.limiter,
    sharedLimiter: shared?.limiter ?? undefined,
    passwordThreads: shared?.passwordThreads,
    providers: await openProviders(config),
    transport: await openTransport(config),
    clock: systemClock,
    monotonicMs: () => performance.now(),
    log,
    settings: {
      issuer: config.url,
      maxJwtDays: config.maxJwtDays,
      remindSecretDays: config.remindSecretDays,
      signup: config.signup,
      teamInvitationsRegister: config.teamInvitationsRegister,
      signingAlgorithm: config.signingAlgorithm,
    },
  });
  return { keyhouse, store, secret, secretPrevious };
}

/** What is not configured is not loaded. */
async function openProviders({ providers }: Config): Promise<readonly Provider[]> {
  if (providers.length === 0) return [];
  const { openProvider } = await import('./providers/openid.ts');
  return providers.map(openProvider);
}

async function openTransport({ mail }: Config): Promise<MailTransport | null> {
  if (mail === null) return null;
  const { openSmtp } = await import('./mail/smtp.ts');
  return openSmtp(mail.smtpUrl, mail.from);
}

/** Given, or kept next to the database; there it is created when the database is new. */
async function readOrMakeSecrets(
  { databaseUrl, secret, secretPrevious }: Config,
  { masterSecret }: Pick<OpenedStore, 'masterSecret'>,
): Promise<{ secret: string; previous: string | null }> {
  if (secret !== null) return { secret, previous: secretPrevious };
  const isInUse = async (): Promise<boolean> => (await masterSecret.secretCheck()) !== null;
  const { secret: current, previous } = await readOrMakeSecretFile(sqlitePath(databaseUrl), isInUse);
  return { secret: current, previous: previous ?? secretPrevious };
}

const sqlitePath = (databaseUrl: string): string => databaseUrl.slice('sqlite:'.length);
