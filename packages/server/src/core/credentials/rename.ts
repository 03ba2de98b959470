/** What an owner does to a credential that stays: another name, and the end of the previous secret during an overlap. */
import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By, EventDraft, EventName } from '../audit/event.ts';
import { type Clock, SECOND_MS } from '../lib/clock.ts';
import type { CredentialsStore, Owned } from './credential.ts';
import { checkName, type Fault } from './wish.ts';

export interface RenamePorts {
  readonly credentials: Pick<CredentialsStore, 'rename' | 'endOverlap' | 'extendOverlap'>;
  readonly clock: Clock;
}

/** `not_found`: it does not exist, is not theirs, or was revoked. */
export async function renameCredential(
  { credentials, clock }: RenamePorts,
  { name, ...owned }: Owned & { readonly name: string },
  by: By,
): Promise<Outcome<null, 'not_found' | 'invalid'> & { faults?: readonly Fault[] }> {
  const faults = checkName(name);
  if (faults.length > 0) return { ...no('invalid'), faults };
  const event = eventOf(owned, 'renamed', clock.now(), by, { name });
  return (await credentials.rename({ ...owned, name, event })) ? ok(null) : no('not_found');
}

/** Ends the previous secret now. False when it does not exist, or has ended. */
export function endOverlap({ credentials, clock }: RenamePorts, owned: Owned, by: By): Promise<boolean> {
  const nowMs = clock.now();
  return credentials.endOverlap({ ...owned, nowMs, event: eventOf(owned, 'overlap_ended', nowMs, by, {}) });
}

/**
 * Lets it work for `seconds` from now, but never longer than MAX_OVERLAP_SECONDS after the rotation, however often it is asked. False when it
 * has ended already.
 */
export function extendOverlap(
  { credentials, clock }: RenamePorts,
  { seconds, ...owned }: Owned & { readonly seconds: number },
  by: By,
): Promise<boolean> {
  const nowMs = clock.now();
  const event = eventOf(owned, 'overlap_extended', nowMs, by, { seconds });
  return credentials.extendOverlap({ ...owned, endsAtMs: nowMs + seconds * SECOND_MS, nowMs, event });
}

const eventOf = (
  { kind }: Owned,
  what: 'renamed' | 'overlap_ended' | 'overlap_extended',
  atMs: number,
  by: By,
  details: NonNullable<EventDraft['details']>,
): EventDraft => ({ event: `${kind}.${what}` satisfies EventName, atMs, by, details });
