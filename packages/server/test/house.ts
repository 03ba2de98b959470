/**
 * All rooms of core over a database in memory, without HTTP: for the tests that stand beside the verbs. A house takes a few milliseconds, so each
 * test may have one of its own.
 */
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { By } from '../src/core/audit/event.ts';
import type { KeyWish } from '../src/core/credentials/issue.ts';
import { createKeyhouse, type Keyhouse } from '../src/core/keyhouse.ts';
import { MasterSecret } from '../src/core/lib/master-secret.ts';
import type { OpenedStore } from '../src/store/opened.ts';
import { openMemoryStore } from './memory-store.ts';

export const ISSUER = 'https://keys.example.com';
export const OPERATOR: By = { actor: 'operator', requestId: null, person: {} };

export interface House {
  readonly keyhouse: Keyhouse;
  readonly store: OpenedStore;
  /** Milliseconds since 1970; moved by hand. */
  readonly clock: { atMs: number; now(): number };
  /** What was logged. */
  readonly logged: readonly string[];
  /** A user with a verified address and no password, and their personal account. */
  user(email?: string): Promise<{ id: number; accountId: number; email: string }>;
  /** A live key that may everything of its account, unless asked otherwise. */
  key(accountId: number, wish?: Partial<KeyWish>): Promise<{ id: number; text: string }>;
  /** Names of the events of an account, or of all, the newest first. */
  events(accountId?: number): Promise<readonly string[]>;
}

type Settings = Parameters<typeof createKeyhouse>[0]['settings'];

/** It serves: what needs signing keys or the list of changes works. Closed at the end of the test. */
export async function openHouse(settings: Partial<Settings> = {}): Promise<House> {
  const store = await openMemoryStore();
  const clock = {
    atMs: Date.parse('2026-11-22T00:00:00.000Z'),
    now: () => clock.atMs,
  };
  const logged: string[] = [];
  const note = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const keyhouse = createKeyhouse({
    store,
    secret: new MasterSecret('a master secret for the tests, long enough'),
    secretPrevious: null,
    limiter: store.limiter,
    providers: [],
    transport: null,
    clock,
    monotonicMs: () => performance.now(),
    elapsedMs: () => clock.atMs,
    log: { info: note, warn: note, error: note },
    settings: {
      ...{ issuer: ISSUER, maxJwtDays: 366, signup: 'open', teamInvitationsRegister: false, signingAlgorithm: 'ES256' },
      ...settings,
    },
  });
  const stopJobs = await keyhouse.start({ lookEveryMs: 1000 });
  onTestFinished(async () => {
    await stopJobs();
    await keyhouse.close();
  });
  return {
    ...{ keyhouse, store, clock, logged },
    user: async (email = `u${randomBytes(6).toString('hex')}@example.com`) => {
      const user = await store.accounts.createUser({
        user: {
          ...{ email, emailKey: email, displayName: 'Ada', firstName: '', lastName: '' },
          ...{ passwordHash: 'none', isAdministrator: false, createdAtMs: clock.now() },
        },
        event: { event: 'user.created', atMs: clock.now(), by: OPERATOR },
      });
      if (user === null) throw new Error(`${email} is taken.`);
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
