/** What an owner does to a credential that stays active: rename it, and end or extend the previous secret during an overlap. */
import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { SECOND_MS } from '../lib/clock.ts';
import type { Owned } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';
import { type CredentialFault, checkName } from './wish.ts';

export type RenamePorts = Pick<CredentialsPorts, 'credentials' | 'clock'>;

/** `not_found`: it does not exist, is not theirs, or was revoked. */
export async function renameCredential(
  { credentials, clock }: RenamePorts,
  { name, ...owned }: Owned & { readonly name: string },
  by: By,
): Promise<Outcome<null, 'not_found' | 'invalid'> & { faults?: readonly CredentialFault[] }> {
  const faults = checkName(name);
  if (faults.length > 0) return { ...no('invalid'), faults };
  const event = happened(by, clock.now(), `${owned.kind}.renamed`, { details: { name } });
  return (await credentials.rename({ ...owned, name, event })) ? ok(null) : no('not_found');
}

/** Ends the previous secret now. False if it does not exist, or has expired. */
export function endOverlap({ credentials, clock }: RenamePorts, owned: Owned, by: By): Promise<boolean> {
  const nowMs = clock.now();
  return credentials.endOverlap({ ...owned, nowMs, event: happened(by, nowMs, `${owned.kind}.overlap_ended`) });
}

/**
 * Lets it work for `seconds` from now, but never longer than MAX_OVERLAP_SECONDS after the rotation, however often this is
 * called. False if it has expired already.
 */
export function extendOverlap(
  { credentials, clock }: RenamePorts,
  { seconds, ...owned }: Owned & { readonly seconds: number },
  by: By,
): Promise<boolean> {
  const nowMs = clock.now();
  const event = happened(by, nowMs, `${owned.kind}.overlap_extended`, { details: { seconds } });
  return credentials.extendOverlap({ ...owned, endsAtMs: nowMs + seconds * SECOND_MS, nowMs, event });
}
