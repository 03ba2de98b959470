/** Keeps the key ring and the published set of this process; a `signing-keys` change causes a reload. */

import { keepNewest } from '../lib/keep-newest.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import { type PublicJwk, publicKeySet } from './jwks.ts';
import { type KeyRing, openSigningKeys } from './signing-key.ts';
import type { SigningAlgorithm, SigningKeysStore } from './stored-key.ts';

export interface KeyRingKeeper {
  readonly keys: () => KeyRing;
  readonly publicKeySet: () => { readonly keys: readonly PublicJwk[] };
  /** Reads the stored keys again. The previous ring stays in use when this throws. */
  readonly reload: () => Promise<void>;
}

/**
 * Opens the stored keys, of which those of `algorithm` sign access tokens; throws if there is none that signs, or the master
 * secret does not open it.
 */
export const keepKeyRing = async (
  ports: { signingKeys: Pick<SigningKeysStore, 'listSigningKeys'> },
  secrets: readonly MasterSecret[],
  algorithm: SigningAlgorithm = 'ES256',
): Promise<KeyRingKeeper> => {
  const load = async () => {
    const stored = await ports.signingKeys.listSigningKeys();
    const ring = await openSigningKeys(stored, secrets, algorithm);
    if (!ring.ok) throw new Error(`The signing keys cannot be opened: ${ring.reason}.`);
    return { ring: ring.value, published: publicKeySet(stored, algorithm) };
  };
  let loaded = await load();
  return {
    keys: () => loaded.ring,
    publicKeySet: () => loaded.published,
    reload: keepNewest(load, (read) => {
      loaded = read;
    }),
  };
};
