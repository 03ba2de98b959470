/** What may be asked for when a credential is created or narrowed, checked in one place. */
import { isPermission, isReserved, isWildcard, MAX_PERMISSIONS, OPERATOR_PERMISSIONS, parseBlock } from '@keyhouse/protocol';
import type { Fault } from '../lib/fault.ts';
import { findNameFault } from '../lib/name.ts';
import { OPERATOR_ACCOUNT_ID } from '../users/account.ts';

export const MAX_ADDRESSES = 50;

export type CredentialFault = Fault<'name' | 'permissions' | 'addresses' | 'expires'>;

export interface Wish {
  readonly accountId: number;
  readonly name: string;
  readonly permissions: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  readonly expiresAtMs: number | null;
}

/** All faults of a wish; an empty list when it can be granted. */
export function checkWish(wish: Wish, nowMs: number, permissionExists: (name: string) => boolean): readonly CredentialFault[] {
  return [
    ...checkName(wish.name),
    ...checkPermissions(wish.permissions, wish.accountId, permissionExists),
    ...checkAddresses(wish.addresses),
    ...checkExpiry(wish.expiresAtMs, nowMs),
  ];
}

export function checkName(name: string): readonly CredentialFault[] {
  const sentence = findNameFault(name);
  return sentence === null ? [] : [{ field: 'name', sentence }];
}

/** Reserved permissions only by name, only from the closed list, only in the operator account. */
export function checkPermissions(
  permissions: readonly string[] | null,
  accountId: number,
  permissionExists: (name: string) => boolean,
): readonly CredentialFault[] {
  if (permissions === null) return [];
  if (permissions.length === 0) return [{ field: 'permissions', sentence: 'The list of permissions must not be empty.' }];
  if (permissions.length > MAX_PERMISSIONS) {
    return [{ field: 'permissions', sentence: `The list can have at most ${MAX_PERMISSIONS} permissions.` }];
  }
  if (new Set(permissions).size !== permissions.length)
    return [{ field: 'permissions', sentence: 'A permission is listed twice.' }];
  return permissions.flatMap((name) => checkPermission(name, accountId, permissionExists));
}

function checkPermission(
  name: string,
  accountId: number,
  permissionExists: (name: string) => boolean,
): readonly CredentialFault[] {
  const fault = (sentence: string): readonly CredentialFault[] => [{ field: 'permissions', sentence }];
  if (isReserved(name)) {
    const known = (OPERATOR_PERMISSIONS as readonly string[]).includes(name);
    if (!known || accountId !== OPERATOR_ACCOUNT_ID)
      return fault('Permissions that begin with keyhouse. are only for keys of the operator account.');
    return [];
  }
  if (isWildcard(name)) return [];
  if (!isPermission(name)) return fault('A permission has the form invoices.read or invoices.write.');
  return permissionExists(name) ? [] : fault(`The permission ${name} does not exist.`);
}

export function checkAddresses(addresses: readonly string[] | null): readonly CredentialFault[] {
  if (addresses === null) return [];
  const fault = (sentence: string): readonly CredentialFault[] => [{ field: 'addresses', sentence }];
  if (addresses.length === 0) return fault('The list of addresses must not be empty.');
  if (addresses.length > MAX_ADDRESSES) return fault(`The list can have at most ${MAX_ADDRESSES} addresses.`);
  for (const text of addresses) {
    const block = parseBlock(text);
    if (block.ok) continue;
    if (block.reason === 'host_bits')
      return fault('An address block has bits set after its prefix. Write 203.0.113.0/24, not 203.0.113.7/24.');
    return fault('Write an address as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.');
  }
  return [];
}

function checkExpiry(expiresAtMs: number | null, nowMs: number): readonly CredentialFault[] {
  return expiresAtMs !== null && expiresAtMs <= nowMs
    ? [{ field: 'expires', sentence: 'The expiry must be in the future.' }]
    : [];
}
