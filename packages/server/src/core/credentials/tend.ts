/** What an owner does to a credential that lives on: another name, and the end of the old secret during an overlap. */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import type { By, EventDraft, EventName } from '../audit/event.ts';
import { type Clock, SECOND_MS } from '../lib/clock.ts';
import type { CredentialsStore, Owned } from './credential.ts';
import { checkName, type Fault } from './wish.ts';

interface Ports {
  readonly credentials: Pick<CredentialsStore, 'rename' | 'endOverlap' | 'extendOverlap'>;
  readonly clock: Clock;
}

export type TendVerbs = ReturnType<typeof tendVerbs>;

export function tendVerbs({ credentials, clock }: Ports) {
  const eventOf = (
    { kind }: Owned,
    what: 'renamed' | 'overlap_ended' | 'overlap_extended',
    by: By,
    details: NonNullable<EventDraft['details']>,
  ): EventDraft => ({ event: `${kind}.${what}` satisfies EventName, atMs: clock.now(), by, details });

  return {
    /** `not_found`: there is none such, it is not theirs, or it was revoked. */
    async renameCredential(
      { name, ...owned }: Owned & { name: string },
      by: By,
    ): Promise<Outcome<null, 'not_found' | 'invalid'> & { faults?: readonly Fault[] }> {
      const faults = checkName(name);
      if (faults.length > 0) return { ...no('invalid'), faults };
      const renamed = await credentials.rename({ ...owned, name, event: eventOf(owned, 'renamed', by, { name }) });
      return renamed ? ok(null) : no('not_found');
    },

    /** Ends the secret before the last rotation now. False when none lives. */
    endOverlap: (owned: Owned, by: By): Promise<boolean> =>
      credentials.endOverlap({ ...owned, nowMs: clock.now(), event: eventOf(owned, 'overlap_ended', by, {}) }),

    /**
     * Lets it work for `seconds` from now, but never longer than MAX_OVERLAP_SECONDS after the rotation, however often it is asked. False when it
     * has ended already.
     */
    extendOverlap: ({ seconds, ...owned }: Owned & { seconds: number }, by: By): Promise<boolean> => {
      const nowMs = clock.now();
      const event = eventOf(owned, 'overlap_extended', by, { seconds });
      return credentials.extendOverlap({ ...owned, endsAtMs: nowMs + seconds * SECOND_MS, nowMs, event });
    },
  };
}
