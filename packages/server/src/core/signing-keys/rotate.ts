/**
 * The life of signing keys. For each algorithm there is always one that signs and one that waits, published, so that every
 * verifier knows a key before it sees a JWT of it. A rotation promotes the waiting key; the old one verifies until its last JWT
 * has expired.
 */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { type Clock, DAY_MS, SECOND_MS } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { JWKS_MAX_AGE_SECONDS } from './jwks.ts';
import { secretInForce } from './master-secret.ts';
import { makeSigningKey } from './signing-key.ts';
import {
  type MasterSecretStore,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKeysStore,
  type StoredSigningKey,
} from './stored-key.ts';

/** A key that signed for this long is rotated, unless the operator has set another number of days. */
export const SIGNING_KEY_MAX_AGE_DAYS = 90;

export interface RotatePorts {
  readonly signingKeys: Pick<SigningKeysStore, 'listSigningKeys' | 'addSigningKeys' | 'rotateSigningKeys' | 'rotationDays'>;
  readonly masterSecret: Pick<MasterSecretStore, 'secretCheck'>;
  /** The current master secret, and the previous one if there is one. */
  readonly secrets: readonly MasterSecret[];
  readonly clock: Clock;
  /** The maximum lifetime in seconds of a JWT that is not recorded: 0 while every JWT is. */
  readonly unrecordedJwtSeconds: number;
}

export interface Rotated {
  readonly algorithm: SigningAlgorithm;
  readonly retiredKid: string;
  readonly currentKid: string;
  readonly nextKid: string;
}

export type RotateRefusal =
  | { readonly ok: false; readonly reason: 'too_early'; readonly waitSeconds: number }
  /** `overtaken`: another server rotated, or the master secret changed, at the same moment. */
  | { readonly ok: false; readonly reason: 'overtaken' | 'wrong_secret' | 'no_signing_keys' };

/** One for each algorithm that was rotated. */
export type RotateOutcome = { readonly ok: true; readonly value: readonly Rotated[] } | RotateRefusal;

/** Creates the missing keys of each algorithm's pair. Several servers may do so at once; one pair of each remains. */
export const ensureSigningKeys = async (ports: RotatePorts, by: By): Promise<Outcome<'made' | 'present', 'wrong_secret'>> => {
  const pairs = await findPairs(ports);
  if (pairs.every(({ current, next }) => current !== undefined && next !== undefined)) return ok('present');
  const secret = await secretInForce(ports);
  if (!secret.ok) return secret;
  const nowMs = ports.clock.now();
  // If a key waits and none signs, the waiting one was published already, so it can sign now.
  const moveUp = pairs.flatMap(({ current, next }) => (current === undefined && next !== undefined ? [next.kid] : []));
  const lacking = pairs.flatMap(({ algorithm, current, next }) => [
    ...(current === undefined && next === undefined ? [{ algorithm, state: 'current' as const }] : []),
    ...(current === undefined || next === undefined ? [{ algorithm, state: 'next' as const }] : []),
  ]);
  // An RSA key takes up to a second, on a thread of its own.
  const keys = await Promise.all(lacking.map((lack) => makeSigningKey({ ...lack, secret: secret.value, nowMs })));
  const details = { kids: keys.map(({ kid }) => kid), algorithms: [...new Set(keys.map(({ algorithm }) => algorithm))] };
  const event = happened(by, nowMs, 'signing_key.created', { details });
  const made = await ports.signingKeys.addSigningKeys({ keys, moveUp, secretCheck: secret.value.check, nowMs, event });
  return ok(made ? 'made' : 'present');
};

/**
 * Replaces the current key by the next one, for every algorithm or for those that are named. Refused while verifiers may hold a
 * published set without it, unless it is an `emergency`: then for some minutes a verifier may see a JWT whose key it does not
 * know yet.
 */
export const rotateSigningKeys = async (
  ports: RotatePorts,
  input: { emergency: boolean; algorithms?: readonly SigningAlgorithm[]; by: By },
): Promise<RotateOutcome> => {
  const { emergency, algorithms = SIGNING_ALGORITHMS, by } = input;
  const pairs = (await findPairs(ports)).flatMap(({ algorithm, current, next }) =>
    current === undefined || next === undefined || !algorithms.includes(algorithm) ? [] : [{ algorithm, current, next }],
  );
  if (pairs.length === 0) return no('no_signing_keys');
  const nowMs = ports.clock.now();
  const waitMs = Math.max(...pairs.map(({ next }) => next.createdAtMs)) + JWKS_MAX_AGE_SECONDS * SECOND_MS - nowMs;
  if (waitMs > 0 && !emergency) return { ok: false, reason: 'too_early', waitSeconds: Math.ceil(waitMs / SECOND_MS) };
  const secret = await secretInForce(ports);
  if (!secret.ok) return secret;
  const made = await Promise.all(
    pairs.map(async ({ algorithm, current, next }) => {
      const newNext = await makeSigningKey({ algorithm, secret: secret.value, state: 'next', nowMs });
      return { newNext, rotated: { algorithm, retiredKid: current.kid, currentKid: next.kid, nextKid: newNext.kid } };
    }),
  );
  const done = await ports.signingKeys.rotateSigningKeys({
    pairs: made.map(({ newNext, rotated }) => ({
      currentKid: rotated.retiredKid,
      nextKid: rotated.currentKid,
      newNext,
      event: happened(by, nowMs, 'signing_key.rotated', { details: { ...rotated, emergency } }),
    })),
    secretCheck: secret.value.check,
    nowMs,
    unrecordedJwtSeconds: ports.unrecordedJwtSeconds,
  });
  return done ? ok(made.map(({ rotated }) => rotated)) : no('overtaken');
};

/**
 * Rotates each pair whose current key has signed for the set number of days; to be called from time to time. `not_due` is the
 * usual answer.
 */
export const rotateIfDue = async (
  ports: RotatePorts,
  by: By,
): Promise<RotateOutcome | { readonly ok: false; readonly reason: 'not_due' }> => {
  const pairs = await findPairs(ports);
  if (pairs.every(({ current }) => current === undefined)) return no('no_signing_keys');
  const lastsMs = (await rotationDays(ports)) * DAY_MS;
  const due = pairs.filter(
    ({ current }) => current !== undefined && ports.clock.now() - (current.signingSinceMs ?? current.createdAtMs) >= lastsMs,
  );
  if (due.length === 0) return no('not_due');
  return await rotateSigningKeys(ports, { emergency: false, algorithms: due.map(({ algorithm }) => algorithm), by });
};

/** The current setting. */
export const rotationDays = async ({ signingKeys }: { signingKeys: Pick<SigningKeysStore, 'rotationDays'> }): Promise<number> =>
  (await signingKeys.rotationDays()) ?? SIGNING_KEY_MAX_AGE_DAYS;

/** From now on, also for the key that signs already. */
export const scheduleRotation = (
  { signingKeys, clock }: { signingKeys: Pick<SigningKeysStore, 'setRotationDays'>; clock: Clock },
  { days, by }: { days: number; by: By },
): Promise<void> =>
  signingKeys.setRotationDays({ days, event: happened(by, clock.now(), 'signing_key.scheduled', { details: { days } }) });

interface Pair {
  readonly algorithm: SigningAlgorithm;
  readonly current: StoredSigningKey | undefined;
  readonly next: StoredSigningKey | undefined;
}

const findPairs = async ({ signingKeys }: Pick<RotatePorts, 'signingKeys'>): Promise<readonly Pair[]> => {
  const stored = await signingKeys.listSigningKeys();
  const find = (algorithm: SigningAlgorithm, state: string): StoredSigningKey | undefined =>
    stored.find((key) => key.algorithm === algorithm && key.state === state);
  return SIGNING_ALGORITHMS.map((algorithm) => ({
    algorithm,
    current: find(algorithm, 'current'),
    next: find(algorithm, 'next'),
  }));
};
