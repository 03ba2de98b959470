/**
 * What is checked of a known caller at each request: from where it may come, and whether what it presents was revoked. What is
 * read of a caller for this is kept as long as the caller is.
 */
import { type AddressBlock, compileBlocks, type IssuedJwt, isInBlocks, type RevocationList } from '@keyhouse/protocol';
import type { Caller } from './caller.ts';

const blocksOf = new WeakMap<Caller, readonly AddressBlock[]>();

/** Null for an address that is not known: from there only a caller without a list is allowed. */
export function isAllowedFrom(caller: Caller, address: string | null): boolean {
  if (caller.addresses === null) return true;
  let blocks = blocksOf.get(caller);
  if (blocks === undefined) {
    blocks = compileBlocks(caller.addresses);
    blocksOf.set(caller, blocks);
  }
  return isInBlocks(address, blocks);
}

const issuedOf = new WeakMap<Caller, IssuedJwt>();

/**
 * JWTs are revoked with what they were issued under. A token or key is not revoked by its own name: narrowing one revokes its
 * JWTs, and it stays active; introspection says whether it has ended.
 */
export function isRevoked(list: RevocationList, caller: Caller): boolean {
  if (caller.jti === null || list.size === 0) return false;
  let issued = issuedOf.get(caller);
  if (issued === undefined) {
    issued = issuedBy(caller, caller.jti);
    issuedOf.set(caller, issued);
  }
  return list.isRevoked(issued);
}

const issuedBy = ({ accountId, issuedAtMs, credentialId, clientId, sessionId, userId }: Caller, jti: string): IssuedJwt => ({
  ...{ jti, accountId, issuedAtMs },
  ...(credentialId === null ? {} : { keyId: credentialId }),
  ...(clientId === null ? {} : { clientId }),
  ...(sessionId === null ? {} : { sessionId }),
  ...(userId === null ? {} : { userId }),
});
