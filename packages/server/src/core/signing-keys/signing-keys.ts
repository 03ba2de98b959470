/**
 * The keys that sign JWTs, and the master secret that seals them.
 *
 * Owns: for each algorithm a key that signs and one that waits, their rotation, the published set (`/.well-known/jwks.json`), and
 * what is sealed in addition to them.
 * Used by: `jwts`, `oauth`, `revocations`, `/dashboard/api/operator/signing-keys`, `keyhouse signing-key`, `keyhouse secret`.
 */
import type { By } from '../audit/event.ts';
import type { Log } from '../lib/log.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { StoreUnavailable } from '../unavailable.ts';
import { signJws } from './jws.ts';
import { type KeyRingKeeper, keepKeyRing } from './key-ring.ts';
import { checkMasterSecret, rotateMasterSecret, secretInForce } from './master-secret.ts';
import { ensureSigningKeys, type RotatePorts, rotateIfDue, rotateSigningKeys, rotationDays, scheduleRotation } from './rotate.ts';
import type { KeyRing } from './signing-key.ts';
import { type MasterSecretStore, SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKeysStore } from './stored-key.ts';

export interface SigningKeysPorts extends RotatePorts {
  readonly signingKeys: SigningKeysStore;
  readonly masterSecret: MasterSecretStore;
  readonly secret: MasterSecret;
  readonly secretPrevious: MasterSecret | null;
  readonly algorithm: SigningAlgorithm;
  readonly log: Log;
}

const SERVER: By = { actor: 'server', requestId: null, person: {} };

export type SigningKeys = ReturnType<typeof bindSigningKeys>;

export function bindSigningKeys(ports: SigningKeysPorts) {
  const { signingKeys, log } = ports;
  let keeper: KeyRingKeeper | null = null;
  /** @throws Error before the first `load`. */
  const started = (): KeyRingKeeper => {
    if (keeper === null) throw new Error('Keyhouse has not been started.');
    return keeper;
  };
  const ring = (): KeyRing => started().keys();

  return {
    ring,
    /** Of access tokens: the keys that sign now. */
    sign: (type: string, payload: Parameters<typeof signJws>[2]): string => signJws(ring().current, type, payload),
    publicKeySet: () => started().publicKeySet(),
    /** Those that this server signs with. */
    algorithms: (): readonly SigningAlgorithm[] => SIGNING_ALGORITHMS.filter((algorithm) => ring().signing.has(algorithm)),
    list: () => signingKeys.listSigningKeys(),
    rotate: (input: Parameters<typeof rotateSigningKeys>[1]) => rotateSigningKeys(ports, input),
    rotationDays: (): Promise<number> => rotationDays(ports),
    scheduleRotation: (input: { readonly days: number; readonly by: By }) => scheduleRotation(ports, input),
    rotateMasterSecret: (input: Parameters<typeof rotateMasterSecret>[1]) => rotateMasterSecret(ports, input),
    /** The master secret in force. Rejects if this server was not started with it. */
    secretInForce: async (): Promise<MasterSecret> => {
      const inForce = await secretInForce(ports);
      if (inForce.ok) return inForce.value;
      throw new StoreUnavailable('The master secret was rotated. Start this server with the new one.');
    },
    /** @throws Error if the database was created with another master secret. */
    checkSecret: async (): Promise<void> => {
      const checked = await checkMasterSecret(ports, ports.secret, ports.secretPrevious);
      if (!checked.ok) throw new Error('The master secret is not the one that this database was created with.');
      if (checked.value === 'previous')
        log.warn({}, "The database still uses the previous master secret. Run 'keyhouse secret rotate'.");
    },
    /** Creates what is missing, and opens all of them. */
    start: async (): Promise<void> => {
      const ensured = await ensureSigningKeys(ports, SERVER);
      if (!ensured.ok) throw new Error('The signing keys cannot be created. The master secret is not the one of this database.');
      keeper = await keepKeyRing(ports, ports.secrets, ports.algorithm);
    },
    /** Reads them again; does nothing before `start`. */
    reload: async (): Promise<void> => await keeper?.reload(),
    /** Rotates those that are due, and deletes those whose last JWT had expired by `nowMs`. */
    rotateDue: async (nowMs: number): Promise<void> => {
      const rotated = await rotateIfDue(ports, SERVER);
      if (rotated.ok) for (const pair of rotated.value) log.info({ ...pair }, 'The signing keys were rotated.');
      else if (rotated.reason === 'wrong_secret')
        log.error({}, 'The signing keys must be rotated, but this server was started with a previous master secret.');
      await signingKeys.dropEndedSigningKeys({ nowMs });
    },
  };
}
