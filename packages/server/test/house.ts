/**
 * All rooms of core over a database in memory, without HTTP: for the tests in the folders of the verbs. A house takes a few
 * milliseconds, so each test may have its own.
 */
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type By, happened } from '../src/core/audit/event.ts';
import type { KeyWish } from '../src/core/credentials/issue.ts';
import { createKeyhouse, type Keyhouse } from '../src/core/keyhouse.ts';
import type { Clock } from '../src/core/lib/clock.ts';
import { emailKey } from '../src/core/lib/email.ts';
import { MasterSecret } from '../src/core/lib/master-secret.ts';
import type { Provider } from '../src/core/providers/provider.ts';
import type { User } from '../src/core/users/account.ts';
import { hashTicket, makeTicketText } from '../src/core/users/ticket.ts';
import type { OpenedStore } from '../src/store/opened.ts';
import { openMemoryStore } from './memory-store.ts';

export const ISSUER = 'https://keys.example.com';
export const SECRET = new MasterSecret('a master secret for the tests, long enough');
export const OPERATOR: By = { actor: 'operator', requestId: null, person: {} };

export interface House {
  readonly keyhouse: Keyhouse;
  readonly store: OpenedStore;
  /** Milliseconds since 1970; moved by hand. */
  readonly clock: { atMs: number; now(): number };
  /** What was logged. */
  readonly logged: readonly string[];
  /** A user with a verified address (notices go to no other) and no password, and their personal account. */
  user(
    email?: string,
    wish?: { isVerified?: boolean; passwordHash?: string; isAdministrator?: boolean },
  ): Promise<{ id: number; accountId: number; email: string }>;
  /** A live key with all permissions of its account, unless given otherwise. */
  key(accountId: number, wish?: Partial<KeyWish>): Promise<{ id: number; text: string }>;
  /** Names of the events of an account, or of all, the newest first. */
  events(accountId?: number): Promise<readonly string[]>;
}

type Settings = Parameters<typeof createKeyhouse>[0]['settings'];

/**
 * It serves: what needs signing keys or the list of changes works. Closed at the end of the test. `providers`: other OpenID
 * providers.
 */
export async function openHouse(settings: Partial<Settings> = {}, providers: readonly Provider[] = []): Promise<House> {
  started ??= startedImage();
  const store = await openMemoryStore(await started);
  const clock = { atMs: BEGIN_MS, now: () => clock.atMs };
  const logged: string[] = [];
  const keyhouse = createOver(store, clock, logged, settings, providers);
  const stopJobs = await keyhouse.start({ pollEveryMs: 1000 });
  onTestFinished(async () => {
    await stopJobs();
    await keyhouse.close();
  });
  return {
    ...{ keyhouse, store, clock, logged },
    user: async (email = `u${randomBytes(6).toString('hex')}@example.com`, wish = {}) => {
      const { isVerified = true, passwordHash = 'none', isAdministrator = false } = wish;
      const user = await store.accounts.createUser({
        user: {
          ...{ email, emailKey: email, displayName: 'Ada', firstName: '', lastName: '' },
          ...{ passwordHash, isAdministrator, createdAtMs: clock.now() },
        },
        event: happened(OPERATOR, clock.now(), 'user.created'),
      });
      if (user === null) throw new Error(`${email} is taken.`);
      if (isVerified) await verify(store, user, clock.now());
      return { id: user.id, accountId: user.accountId, email };
    },
    key: async (accountId, wish = {}) => {
      const made = await keyhouse.credentials.createKey(
        {
          ...{ accountId, name: 'key', environment: 'live', permissions: null, addresses: null, expiresAtMs: null },
          ...{ source: 'command-line', ...wish },
        },
        OPERATOR,
      );
      if (!made.ok) throw new Error(JSON.stringify(made));
      return { id: made.value.key.id, text: made.value.text };
    },
    events: async (accountId) => {
      const listed = await store.audit.list({ ...(accountId === undefined ? {} : { accountId }), limit: 100 });
      return listed.map(({ event }) => event);
    },
  };
}

const BEGIN_MS = Date.parse('2026-11-22T00:00:00.000Z');

function createOver(
  store: OpenedStore,
  clock: Clock,
  logged: string[],
  settings: Partial<Settings> = {},
  providers: readonly Provider[] = [],
): Keyhouse {
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  return createKeyhouse({
    store,
    secret: SECRET,
    secretPrevious: null,
    limiter: store.limiter,
    providers,
    transport: null,
    clock,
    monotonicMs: () => performance.now(),
    elapsedMs: clock.now,
    log: { info: note, warn: note, error: note },
    settings: {
      ...{ issuer: ISSUER, maxJwtDays: 366, signup: 'open', teamInvitationsRegister: false, signingAlgorithm: 'ES256' },
      ...settings,
    },
  });
}

/** Like the link of a mail, without the mail. */
async function verify({ tickets, profile }: OpenedStore, { id, email }: User, nowMs: number): Promise<void> {
  const { text, hash } = makeTicketText();
  const data = { emailKey: emailKey(email) };
  const ticket = { hash, purpose: 'verify-email', userId: id, data, createdAtMs: nowMs, endsAtMs: nowMs + 1000 } as const;
  await tickets.issueTicket({ ticket, replace: false, event: null });
  const event = happened(OPERATOR, nowMs, 'user.email_verified', { userId: id });
  if ((await profile.verifyEmail({ userId: id, ticketHash: hashTicket(text), nowMs, event })) === null) throw new Error(email);
}

/**
 * A server has started once, and has created its signing keys: an RSA key takes longer than a test. Created once for a process.
 */
let started: Promise<Buffer> | undefined;

async function startedImage(): Promise<Buffer> {
  const store = await openMemoryStore();
  const keyhouse = createOver(store, { now: () => BEGIN_MS }, []);
  const stopJobs = await keyhouse.start({ pollEveryMs: 1000 });
  await stopJobs();
  const image = await store.image();
  await keyhouse.close();
  return image;
}
