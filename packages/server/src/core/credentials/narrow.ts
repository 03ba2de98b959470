/**
 * Removes permissions or addresses and never adds any: for more, create another credential, or undo the narrowing within a day
 * (`undo-narrowing.ts`).
 */
import { compileBlocks, containsBlock, covers, no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import type { Credential } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';
import { undoEndsAtMs } from './undo-narrowing.ts';
import { type CredentialFault, checkAddresses, checkPermissions } from './wish.ts';

type Ports = Pick<CredentialsPorts, 'credentials' | 'clock' | 'permissionExists'>;

interface Input {
  readonly kind: 'token' | 'key';
  readonly id: number;
  /** Left out: unchanged. */
  readonly permissions?: readonly string[] | null;
  readonly addresses?: readonly string[] | null;
}

/** `changed`: somebody else changed it at the same time; read it again. JWTs wider than the new list are revoked with it. */
export async function narrowCredential(
  ports: Ports,
  input: Input,
  by: By,
): Promise<Outcome<Credential, 'not_found' | 'wider' | 'invalid' | 'changed'> & { faults?: readonly CredentialFault[] }> {
  const credential = await ports.credentials.getCredential(input.kind, input.id);
  if (credential === null || credential.revokedAtMs !== null) return no('not_found');
  const permissions = input.permissions === undefined ? credential.permissions : input.permissions;
  const addresses = input.addresses === undefined ? credential.addresses : input.addresses;
  // It may keep what it holds by name, even if the catalogue does not contain it any more.
  const exists = (name: string): boolean => credential.permissions?.includes(name) === true || ports.permissionExists(name);
  const faults = [...checkPermissions(permissions, credential.accountId, exists), ...checkAddresses(addresses)];
  if (faults.length > 0) return { ...no('invalid'), faults };
  const wider = [
    ...(covers(credential.permissions, permissions) ? [] : [WIDER_PERMISSIONS]),
    ...(coversAddresses(credential.addresses, addresses) ? [] : [WIDER_ADDRESSES]),
  ];
  if (wider.length > 0) return { ...no('wider'), faults: wider };
  const nowMs = ports.clock.now();
  const narrowed = await ports.credentials.narrow({
    kind: input.kind,
    id: input.id,
    expected: { permissions: credential.permissions, addresses: credential.addresses },
    permissions,
    addresses,
    nowMs,
    undoEndsAtMs: undoEndsAtMs(by, nowMs),
    event: happened(by, nowMs, `${input.kind}.narrowed`, {
      userId: credential.userId,
      details: { permissions, addresses },
    }),
  });
  return narrowed === null ? no('changed') : ok(narrowed);
}

const WIDER_PERMISSIONS: CredentialFault = {
  field: 'permissions',
  sentence: 'This would add to what is allowed. To allow more, create a new one.',
};
const WIDER_ADDRESSES: CredentialFault = {
  field: 'addresses',
  sentence: 'This would add to what is allowed. To allow more, create a new one.',
};

function coversAddresses(held: readonly string[] | null, wanted: readonly string[] | null): boolean {
  if (held === null) return true;
  if (wanted === null) return false;
  const outer = compileBlocks(held);
  return compileBlocks(wanted).every((inner) => outer.some((block) => containsBlock(block, inner)));
}
