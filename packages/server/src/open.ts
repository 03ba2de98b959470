/** From settings to a Keyhouse over its store: what the server and the command line have in common. */
import type { Config } from './config.ts';
import type { Provider } from './core/accounts/provider-port.ts';
import { createKeyhouse, type Keyhouse, type Log } from './core/keyhouse.ts';
import { systemClock } from './core/lib/clock.ts';
import { MasterSecret } from './core/lib/master-secret.ts';
import type { MailTransport } from './core/mail/mail.ts';
import { readOrMakeSecret } from './secret-file.ts';
import { isPostgres, openStore } from './store/open.ts';
import type { OpenedStore } from './store/opened.ts';

export interface Opened {
  readonly keyhouse: Keyhouse;
  readonly store: OpenedStore;
  readonly secret: MasterSecret;
  readonly secretPrevious: MasterSecret | null;
}

/** Opens store and secret and binds every verb; starts nothing. */
export async function openKeyhouse(config: Config, log: Log): Promise<Opened> {
  const secrets = readSecrets(config);
  const store = await openStore({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    onWarning: (message) => log.warn({}, message),
  });
  for (const name of store.applied) log.info({ migration: name }, 'A migration was applied.');
  const secret = new MasterSecret(secrets.secret);
  const secretPrevious = secrets.previous === null ? null : new MasterSecret(secrets.previous);
  const keyhouse = createKeyhouse({
    store,
    secret,
    secretPrevious,
    limiter: store.limiter,
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

function readSecrets({ databaseUrl, secret, secretPrevious }: Config): { secret: string; previous: string | null } {
  if (secret !== null) return { secret, previous: secretPrevious };
  if (isPostgres(databaseUrl)) throw new Error('KEYHOUSE_SECRET is required with PostgreSQL.');
  const kept = readOrMakeSecret(databaseUrl.slice('sqlite:'.length));
  return { secret: kept.secret, previous: kept.previous ?? secretPrevious };
}
