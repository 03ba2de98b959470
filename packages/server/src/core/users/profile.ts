/** What users change about themselves, and the acts of the store that do it. */
import type { EventDraft } from '../audit/event.ts';
import type { User } from './account.ts';

export interface ProfileStore {
  /**
   * Whether this installation requires a verified address before a key, a token or an application is created; set when it was
   * new.
   */
  asksForVerifiedEmail(): Promise<boolean>;
  /** The address of a ticket that changes it, while it is open. */
  pendingEmail(userId: number, nowMs: number): Promise<string | null>;
  renameUser(input: {
    userId: number;
    displayName: string;
    firstName: string;
    lastName: string;
    nowMs: number;
    event: EventDraft;
  }): Promise<boolean>;
  /** With the ticket, in one act. Null: the ticket is gone, is another user's, or was for another address. Ends nothing. */
  verifyEmail(input: { userId: number; ticketHash: string; nowMs: number; event: EventDraft }): Promise<User | null>;
  /** With the ticket, in one act. `taken`: another user has it by now. */
  changeEmail(input: { userId: number; ticketHash: string; nowMs: number; event: EventDraft }): Promise<User | 'gone' | 'taken'>;
  /**
   * A tombstone without personal data stays; credentials, JWTs, sign-ins, factors, memberships and tickets end. Refused while the
   * user is the only owner of a team, or the last administrator.
   */
  deleteUser(input: {
    userId: number;
    nowMs: number;
    event: EventDraft;
  }): Promise<'done' | 'gone' | 'only_owner' | 'last_administrator'>;
}
