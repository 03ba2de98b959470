/**
 * The life of signing keys. There is always one that signs and one that waits, published, so that every verifier knows a key
 * before it meets a JWT of it. A rotation moves the waiting key up; the old one verifies until its last JWT has ended.
 */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By, EventDraft } from '../audit/event.ts';
import { type Clock, DAY_MS, SECOND_MS } from '../lib/clock.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { JWKS_MAX_AGE_SECONDS } from './jwks.ts';
import type { MasterSecretStore, SigningAlgorithm, SigningKeysStore, StoredSigningKey } from './jwt.ts';
import { standingSecret } from './master-secret.ts';
import { makeSigningKey } from './signing-key.ts';

/** A key that signed this long hands over, unless the operator has set another number of days. */
export const SIGNING_KEY_MAX_AGE_DAYS = 90;

export interface RotatePorts {
  readonly signingKeys: Pick<SigningKeysStore, 'listSigningKeys' | 'addFirstSigningKeys' | 'rotateSigningKeys' | 'rotationDays'>;
  readonly masterSecret: Pick<MasterSecretStore, 'secretCheck'>;
  /** The current master secret, and the one before it where there is one. */
  readonly secrets: readonly MasterSecret[];
  readonly clock: Clock;
  /** What new keys are made for; keys that exist keep theirs. */
  readonly algorithm: SigningAlgorithm;
  /** How long a JWT that is not on record may live, in seconds: 0 while every JWT is. */
  readonly unrecordedJwtSeconds: number;
}

export interface Rotated {
  readonly retiredKid: string;
  readonly currentKid: string;
  readonly nextKid: string;
}

export type RotateRefusal =
  | { readonly ok: false; readonly reason: 'too_early'; readonly waitSeconds: number }
  /** `overtaken`: another server rotated, or the master secret changed, in the same moment. */
  | { readonly ok: false; readonly reason: 'overtaken' | 'wrong_secret' | 'no_signing_keys' };

export type RotateOutcome = { readonly ok: true; readonly value: Rotated } | RotateRefusal;

/** Makes the first two keys when there are none. Several servers may try at once; one pair remains. */
export const ensureSigningKeys = async (ports: RotatePorts, by: By): Promise<Outcome<'made' | 'present', 'wrong_secret'>> => {
  const stored = await ports.signingKeys.listSigningKeys();
  if (stored.some(({ state }) => state === 'current')) return ok('present');
  const secret = await standingSecret(ports);
  if (!secret.ok) return secret;
  const nowMs = ports.clock.now();
  const keys = [await makeKey(ports, secret.value, 'current', nowMs), await makeKey(ports, secret.value, 'next', nowMs)];
  const event = eventOf('signing_key.created', nowMs, by, { kids: keys.map(({ kid }) => kid), algorithm: ports.algorithm });
  const made = await ports.signingKeys.addFirstSigningKeys({ keys, secretCheck: secret.value.check, event });
  return ok(made ? 'made' : 'present');
};

/**
 * Puts the next key in the place of the current one. Refused while verifiers may hold a published set without it, unless it
 * is an `emergency`: then a JWT may for some minutes meet a verifier that does not know its key yet.
 */
export const rotateSigningKeys = async (ports: RotatePorts, input: { emergency: boolean; by: By }): Promise<RotateOutcome> => {
  const { current, next } = await findKeys(ports);
  if (current === undefined || next === undefined) return no('no_signing_keys');
  const nowMs = ports.clock.now();
  const waitMs = next.createdAtMs + JWKS_MAX_AGE_SECONDS * SECOND_MS - nowMs;
  if (waitMs > 0 && !input.emergency) return { ok: false, reason: 'too_early', waitSeconds: Math.ceil(waitMs / SECOND_MS) };
  const secret = await standingSecret(ports);
  if (!secret.ok) return secret;
  const newNext = await makeKey(ports, secret.value, 'next', nowMs);
  const kids = { retiredKid: current.kid, currentKid: next.kid, nextKid: newNext.kid };
  const rotated = await ports.signingKeys.rotateSigningKeys({
    currentKid: current.kid,
    nextKid: next.kid,
    newNext,
    secretCheck: secret.value.check,
    nowMs,
    unrecordedJwtSeconds: ports.unrecordedJwtSeconds,
    event: eventOf('signing_key.rotated', nowMs, input.by, { ...kids, emergency: input.emergency }),
  });
  return rotated ? ok(kids) : no('overtaken');
};

/** Rotates when the current key has signed for its days; to be called now and then. `not_due` is the common answer. */
export const rotateIfDue = async (
  ports: RotatePorts,
  by: By,
): Promise<RotateOutcome | { readonly ok: false; readonly reason: 'not_due' }> => {
  const { current } = await findKeys(ports);
  if (current === undefined) return no('no_signing_keys');
  const ageMs = ports.clock.now() - (current.signingSinceMs ?? current.createdAtMs);
  return ageMs < (await rotationDays(ports)) * DAY_MS ? no('not_due') : rotateSigningKeys(ports, { emergency: false, by });
};

/** The days that hold now. */
export const rotationDays = async ({ signingKeys }: { signingKeys: Pick<SigningKeysStore, 'rotationDays'> }): Promise<number> =>
  (await signingKeys.rotationDays()) ?? SIGNING_KEY_MAX_AGE_DAYS;

/** From now on, also for the key that signs already. */
export const scheduleRotation = (
  { signingKeys, clock }: { signingKeys: Pick<SigningKeysStore, 'setRotationDays'>; clock: Clock },
  { days, by }: { days: number; by: By },
): Promise<void> =>
  signingKeys.setRotationDays({ days, event: { event: 'signing_key.scheduled', atMs: clock.now(), by, details: { days } } });

const findKeys = async (ports: RotatePorts): Promise<{ current?: StoredSigningKey; next?: StoredSigningKey }> =>
  Object.fromEntries((await ports.signingKeys.listSigningKeys()).map((key) => [key.state, key]));

const makeKey = (ports: RotatePorts, secret: MasterSecret, state: 'current' | 'next', nowMs: number): Promise<StoredSigningKey> =>
  makeSigningKey({ algorithm: ports.algorithm, secret, state, nowMs });

const eventOf = (
  event: 'signing_key.created' | 'signing_key.rotated',
  atMs: number,
  by: By,
  details: NonNullable<EventDraft['details']>,
): EventDraft => ({ event, atMs, by, details });
