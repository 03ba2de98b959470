/**
 * The keys of refresh tokens' MACs: random, kept sealed under the master secret, named in each token. From time to time a new one
 * is created for new sessions; an old one stays while a session names it.
 */

import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { type Clock, DAY_MS, MINUTE_MS } from '../lib/clock.ts';
import { Lru } from '../lib/lru.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { open, seal } from '../lib/seal.ts';
import { REFRESH_KEY_SEAL_NAME } from '../signing-keys/master-secret.ts';
import type { SessionSeal, SessionsStore, StoredRefreshKey } from './session.ts';

export interface RefreshKeys {
  /** For a session that is opened now. */
  current(): Promise<OpenRefreshKey>;
  /** Null if it does not exist. Rejects if it cannot be opened: a client that is told "invalid" would throw its token away. */
  find(id: number): Promise<KeyObject | null> | KeyObject | null;
}

interface OpenRefreshKey {
  readonly id: number;
  readonly key: KeyObject;
}

export interface RefreshKeysPorts {
  readonly sessions: Pick<SessionsStore, 'newestRefreshKey' | 'findRefreshKey' | 'addRefreshKey'>;
  readonly secrets: readonly MasterSecret[];
  /** The master secret in force. Rejects if this server was not started with it. */
  readonly secretInForce: () => Promise<MasterSecret>;
  readonly clock: Clock;
}

const KEY_BYTES = 32;
const NEW_AFTER_MS = 90 * DAY_MS;
/** Another server may have created a newer one. */
const LOOK_AGAIN_AFTER_MS = 10 * MINUTE_MS;
const MAX_OPEN = 1000;

const MAX_SEALS = 20_000;

/** A key never changes, so it is remembered. Whether the session is active is checked elsewhere, each time. */
export function rememberSeals({ findSeal }: Pick<SessionsStore, 'findSeal'>): SessionsStore['findSeal'] {
  const seals = new Lru<string, SessionSeal>({ max: MAX_SEALS });
  return async (id) => {
    const known = seals.get(id);
    if (known !== undefined) return known;
    const seal = await findSeal(id);
    if (seal !== null) seals.set(id, seal);
    return seal;
  };
}

/** Keeps opened keys in memory. */
export function createRefreshKeys({ sessions, secrets, secretInForce, clock }: RefreshKeysPorts): RefreshKeys {
  const opened = new Lru<number, KeyObject>({ max: MAX_OPEN });
  let current: (OpenRefreshKey & { readonly lookedAtMs: number }) | null = null;

  const keep = ({ id, sealedKey }: StoredRefreshKey): KeyObject | null => {
    const bytes = open(secrets, REFRESH_KEY_SEAL_NAME, sealedKey);
    if (!bytes.ok || bytes.value.length !== KEY_BYTES) return null;
    const key = createSecretKey(bytes.value);
    opened.set(id, key);
    return key;
  };

  async function newest(): Promise<OpenRefreshKey> {
    const stored = await sessions.newestRefreshKey();
    const nowMs = clock.now();
    const isDue = stored === null || stored.createdAtMs < nowMs - NEW_AFTER_MS;
    const row = isDue ? await add(stored?.id ?? null, nowMs) : stored;
    return { id: row.id, key: keep(row) ?? (await failToOpen()) };
  }

  async function load(id: number): Promise<KeyObject | null> {
    const stored = await sessions.findRefreshKey(id);
    return stored === null ? null : (keep(stored) ?? (await failToOpen()));
  }

  /**
   * Either this server still uses the previous master secret, and asking for the one in force reports it, or the row is not ours.
   */
  async function failToOpen(): Promise<never> {
    await secretInForce();
    throw new Error('A key of the refresh tokens cannot be opened. It was not sealed under the master secret of this database.');
  }

  async function add(newestId: number | null, nowMs: number): Promise<StoredRefreshKey> {
    const sealedKey = seal(await secretInForce(), REFRESH_KEY_SEAL_NAME, randomBytes(KEY_BYTES));
    return await sessions.addRefreshKey({ newestId, sealedKey, nowMs });
  }

  return {
    async current() {
      if (current === null || current.lookedAtMs < clock.now() - LOOK_AGAIN_AFTER_MS)
        current = { ...(await newest()), lookedAtMs: clock.now() };
      return current;
    },
    find: (id) => opened.get(id) ?? load(id),
  };
}
