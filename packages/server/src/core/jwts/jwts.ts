/**
 * JWTs that are minted from an API key: minted, listed, read, revoked.
 *
 * Owns: the record of each one. The text is not kept. Verifying one is `verify.ts` here; `core/verify.ts` asks about revocations
 * too.
 * Used by: `POST /auth`, `/dashboard/api/accounts/…/jwts`, `keyhouse jwt`.
 */
import type { By } from '../audit/event.ts';
import type { OpaqueCaller } from '../caller.ts';
import { type DecodePorts, decodeJwt } from './decode.ts';
import type { JwtsStore } from './jwt.ts';
import { listJwts } from './list.ts';
import { type Minted, type MintPorts, mintJwt } from './mint.ts';
import { revokeJwt } from './revoke.ts';
import { revokeJwtsOfKey } from './revoke-all.ts';
import type { Wish } from './wish.ts';

export interface JwtsPorts extends MintPorts, DecodePorts {
  readonly jwts: JwtsStore;
  /** A permission of a key was used. */
  readonly usePermission: (caller: OpaqueCaller, permission: string) => void;
  /** The key has no row, though rows of keys are never deleted: the database was set back. */
  readonly onKeyGone: () => Promise<void>;
  /** Reads what has changed. */
  readonly pollChanges: () => Promise<void>;
}

export type Jwts = ReturnType<typeof bindJwts>;

export function bindJwts(ports: JwtsPorts) {
  return {
    mint: async (caller: OpaqueCaller, wish: Wish, by: By): Promise<Minted> => {
      const minted = await mintJwt(ports, { key: { ...caller, id: caller.credentialId }, wish, by });
      if (minted.ok) {
        for (const wished of minted.value.jwt.permissions) ports.usePermission(caller, wished);
        return minted;
      }
      // The follower may not have noticed it: the key may have been created and lost between two of its reads.
      if (minted.reason === 'key_gone') await ports.onKeyGone();
      // The next verification of the key must see what changed it.
      if (minted.reason === 'key_changed' || minted.reason === 'key_gone') await ports.pollChanges();
      return minted;
    },
    list: (input: Parameters<typeof listJwts>[1]) => listJwts(ports, input),
    /** What it contains, and whether it is valid. */
    decode: (input: Parameters<typeof decodeJwt>[1]) => decodeJwt(ports, input),
    revoke: (input: Parameters<typeof revokeJwt>[1]) => revokeJwt(ports, input),
    /** All that were minted from a key until now. */
    revokeOfKey: (input: Parameters<typeof revokeJwtsOfKey>[1], by: By) => revokeJwtsOfKey(ports, input, by),
  };
}
