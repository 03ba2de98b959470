/** For the tests of this room: a clock to move by hand, and the ports in memory, as small as the rules of this room need. */

import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import type { Clock } from '../lib/clock.ts';
import { MasterSecret } from '../lib/master-secret.ts';
import { makeSigningKey, openSigningKeys, type SigningKey } from '../signing-keys/signing-key.ts';
import type { MasterSecretStore, SigningAlgorithm, SigningKeysStore, StoredSigningKey } from '../signing-keys/stored-key.ts';
import type { JwtsStore, MintedJwt } from './jwt.ts';
import type { MintingKey, MintPorts } from './mint.ts';
import { createSeenJwts } from './seen.ts';
import type { VerifyJwtPorts } from './verify.ts';

export const BY: By = { actor: 'key:55', requestId: null, person: {}, authority: IN_THE_ACT };
export const ISSUER = 'https://keys.example.com';
export const SECRET = new MasterSecret('a master secret of more than thirty-two bytes');
export const OTHER_SECRET = new MasterSecret('another master secret of more than thirty-two bytes');

export const KEY: MintingKey = {
  id: 55,
  accountId: 12,
  permissions: null,
  addresses: null,
  expiresAtMs: null,
  environment: 'live',
  hash: 'ab'.repeat(32),
};

export interface HandClock extends Clock {
  atMs: number;
}

export const handClock = (iso = '2026-11-22T00:00:00.000Z'): HandClock => ({
  atMs: Date.parse(iso),
  now() {
    return this.atMs;
  },
});

export const memoryJwts = (): Omit<JwtsStore, 'revokeJwtsOfKey' | 'revokeUnrecorded' | 'allowJwtDays'> & {
  rows: MintedJwt[];
  events: unknown[];
} => {
  const rows: MintedJwt[] = [];
  const events: unknown[] = [];
  const isLive = (jwt: MintedJwt, nowMs: number): boolean => jwt.revokedAtMs === null && jwt.expiresAtMs > nowMs;
  return {
    rows,
    events,
    recordJwt: async ({ jwt, limit, nowMs, event }) => {
      if (rows.filter((row) => row.keyId === jwt.keyId && isLive(row, nowMs)).length >= limit) return 'too_many';
      rows.push({ ...jwt, revokedAtMs: null });
      events.push(event);
      return 'recorded';
    },
    findJwt: async (jti) => rows.find((row) => row.jti === jti) ?? null,
    listJwts: async ({ keyId, subject, nowMs, withEnded, limit }) =>
      rows
        .filter((row) => row.keyId === keyId && (subject === undefined || row.subject === subject))
        .filter((row) => withEnded || isLive(row, nowMs))
        .reverse()
        .slice(0, limit),
    revokeJwt: async ({ jti, nowMs, event }) => {
      const at = rows.findIndex((row) => row.jti === jti && isLive(row, nowMs));
      const row = rows[at];
      if (row === undefined) return false;
      rows[at] = { ...row, revokedAtMs: nowMs };
      events.push(event);
      return true;
    },
    sweepJwts: async () => false,
  };
};

export interface MemoryKeys extends SigningKeysStore, MasterSecretStore {
  rows: StoredSigningKey[];
  check: string | null;
}

export const memoryKeys = (): MemoryKeys => ({
  rows: [],
  check: null,
  async listSigningKeys() {
    return [...this.rows];
  },
  async addSigningKeys({ keys, moveUp, secretCheck }) {
    if (secretCheck !== this.check) return false;
    const before = this.rows;
    this.rows = this.rows.map((row) => (moveUp.includes(row.kid) ? { ...row, state: 'current' } : row));
    const isFree = (key: StoredSigningKey): boolean =>
      !this.rows.some(({ algorithm, state }) => algorithm === key.algorithm && state === key.state);
    const added = keys.filter(isFree);
    this.rows.push(...added);
    return added.length > 0 || this.rows.some((row, at) => row !== before[at]);
  },
  async rotateSigningKeys({ pairs, secretCheck, nowMs }) {
    const isAsSeen = pairs.every((pair) => this.rows.some(({ kid, state }) => kid === pair.currentKid && state === 'current'));
    if (!isAsSeen || secretCheck !== this.check) return false;
    for (const { currentKid, nextKid, newNext } of pairs) {
      this.rows = this.rows.map((row) => {
        if (row.kid === currentKid) return { ...row, state: 'retired', retiredAtMs: nowMs, lastJwtEndsAtMs: nowMs };
        return row.kid === nextKid ? { ...row, state: 'current', signingSinceMs: nowMs } : row;
      });
      this.rows.push(newNext);
    }
    return true;
  },
  rotationDays: async () => null,
  setRotationDays: async () => {},
  dropEndedSigningKeys: async () => 0,
  async secretCheck() {
    return this.check;
  },
  async setFirstSecretCheck({ check }) {
    this.check ??= check;
    return this.check;
  },
  listSealed: async () => [],
  resealTexts: async () => {},
  async reseal({ fromCheck, toCheck, sealed }) {
    if (this.check !== fromCheck) return false;
    this.check = toCheck;
    const texts = new Map(sealed.map(({ kid, sealedPrivateKey }) => [kid, sealedPrivateKey]));
    this.rows = this.rows.map((row) => ({ ...row, sealedPrivateKey: texts.get(row.kid) ?? row.sealedPrivateKey }));
    return true;
  },
});

/** A room with one signing key: everything that minting and verifying need. */
export const openRoom = async (algorithm: SigningAlgorithm = 'ES256') => {
  const clock = handClock();
  const jwts = memoryJwts();
  const stored = await makeSigningKey({ algorithm, secret: SECRET, state: 'current', nowMs: clock.now() });
  const opened = await openSigningKeys([stored], [SECRET]);
  if (!opened.ok) throw new Error(opened.reason);
  const keys = () => opened.value;
  const signingKey: SigningKey = opened.value.current;
  const common = { keys, issuer: ISSUER, audience: ISSUER, clock };
  const mint: MintPorts = { ...common, jwts, catalogue: async () => new Set<string>(), maxJwtDays: 366 };
  const verify: VerifyJwtPorts = { ...common, seen: createSeenJwts() };
  return { clock, jwts, stored, signingKey, mint, verify };
};

/** Claims of a JWT that would be valid in `openRoom`, for a test to change. */
export const goodClaims = (jti: string, nowMs: number): Record<string, unknown> => ({
  iss: ISSUER,
  aud: ISSUER,
  sub: 'account:12',
  iat: Math.floor(nowMs / 1000),
  exp: Math.floor(nowMs / 1000) + 600,
  jti,
  client_id: 'key:55',
  scope: 'invoices.read',
  permissions: ['invoices.read'],
  account: 12,
  environment: 'live',
});
