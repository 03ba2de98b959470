/**
 * Undoing a narrowing: the only way in which permissions or addresses of a credential grow. For a day it gives back exactly those
 * from before the last narrowing, to a user who has just proved who they are; docs/decisions/2026-11-29-undo-a-narrowing.md says
 * why.
 */
import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { DAY_MS } from '../lib/clock.ts';
import type { Credential, Owned } from './credential.ts';
import type { CredentialsPorts } from './ports.ts';

export const UNDO_LASTS_MS = DAY_MS;

type Ports = Pick<CredentialsPorts, 'credentials' | 'clock' | 'notify'>;

interface Input {
  readonly owned: Owned;
  readonly credential: Pick<Credential, 'kind' | 'name' | 'accountId' | 'userId'>;
}

/**
 * Until when a narrowing can be undone; null: not at all. What the operator narrows at the command line, or a program with the
 * credential itself, cannot be undone in the dashboard.
 */
export const undoEndsAtMs = ({ actor }: By, nowMs: number): number | null =>
  actor.startsWith('user:') ? nowMs + UNDO_LASTS_MS : null;

/** `gone`: there is nothing to undo any more. JWTs that the narrowing revoked stay revoked. */
export async function undoNarrowing(
  { credentials, clock, notify }: Ports,
  { owned, credential }: Input,
  by: By,
): Promise<Outcome<null, 'gone'>> {
  const nowMs = clock.now();
  const undone = await credentials.undoNarrowing({
    ...owned,
    nowMs,
    event: happened(by, nowMs, `${owned.kind}.narrowing_undone`, {
      mails: await notify('narrowing-undone', { credential, by, atMs: nowMs }),
    }),
  });
  return undone === 'done' ? ok(null) : no(undone);
}
