/**
 * An act is one atomic write in domain terms, with plain data in and out, so that it can be sent to the writer thread as a
 * message. `run-act.ts` runs it.
 */
import type { SuspensionKind } from '@keyhouse/protocol';
import type { EventDraft } from '../core/audit/event.ts';
import type { CacheDraft, RevocationDraft } from './horizon.ts';
import type { Db } from './prepared.ts';
import type { EventIds } from './write-event.ts';

export interface Act {
  readonly db: Db;
  /** Records what happened, with its mails. `ids`: those that the act created. */
  event(draft: EventDraft, ids?: EventIds): void;
  /**
   * Judges and counts the mails of an event before the rest of the act is done. False: one of them would be more than its mailbox
   * may get, and the act should change nothing; the audit log then has `mail.dropped`. Mails that are not judged this way are
   * judged when they are written.
   */
  mayMail(draft: EventDraft): Promise<boolean>;
  /** Judges and counts the mails of an event by the addresses as they are now, for an act that changes one of them. */
  judgeMails(draft: EventDraft): Promise<void>;
  /** Notifies every cache on every server to forget what it holds of the subject. Nothing is revoked. */
  change(draft: CacheDraft): void;
  /**
   * Notifies every server and every guard that something is revoked. How long this must be remembered is read at the end of the
   * act, so the act first takes the lock under which JWTs of the subject are recorded (`lockMinting`, `lockMintingOfAccount`).
   */
  revoke(draft: RevocationDraft): void;
  /**
   * Notifies every server and every guard that something is suspended from `sinceMs` on, or (null) not any more. Only
   * `suspension.ts` does.
   */
  suspend(draft: SuspensionDraft): void;
}

/** Unlike a revocation it can be lifted, so it lasts until then. */
export interface SuspensionDraft {
  readonly kind: SuspensionKind;
  readonly id: string;
  readonly sinceMs: number | null;
}

/** Acts by their name; the name and the input are sent to the writer. `never`: the registry holds acts of every input. */
export type Acts = Readonly<Record<string, (act: Act, input: never) => Promise<unknown>>>;
