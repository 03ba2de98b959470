/**
 * A ticket is a single-use secret with a purpose and an expiry: a link that came by mail, the second step of a sign-in, a
 * challenge. Only its SHA-256 is stored: 256 random bits need no slow hash. Purposes never mix: a look-up names its own.
 */
import { randomBytes } from 'node:crypto';
import { encodeBase64Url } from '@keyhouse/protocol';
import type { EventDraft } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import { sha256Hex } from '../lib/sha256.ts';

export type TicketPurpose =
  | 'verify-email' //    data: { emailKey }
  | 'new-email' //       data: { email, emailKey }
  | 'reset-password' //  data: { emailKey }
  | 'setup'
  | 'invitation' //      data: { invitationId }
  | 'used' //            what a used link leaves behind, so that following it again is answered "used already"; no user, no data
  | 'second-factor' //   data: { passwordHash, through }: what the first step verified; the second step waits
  | 'first-proof' //     data: { provider, subject, email }: a provider verified the address first; the user confirms what ends
  // Sealed, and stored only once used, because any stranger may ask for one: nobody can fill a table that way.
  | 'passkey' //         a challenge that was answered
  | 'provider' //       a sign-in with another provider that has come back
  | 'client-assertion'; // a JWT with which an application authenticated

export interface Ticket {
  readonly purpose: TicketPurpose;
  readonly userId: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly endsAtMs: number;
}

export interface NewTicket extends Ticket {
  /** SHA-256 (hex) of the text. */
  readonly hash: string;
}

export interface TicketsStore {
  /**
   * `replace`: tickets of the same user and purpose end with it. The event, with its mails, is written in the same act; null: no
   * record is needed (a challenge). False: its mail would be more than the mailbox may get; nothing was changed, and an older
   * link stays valid.
   */
  issueTicket(input: { ticket: NewTicket; replace: boolean; event: EventDraft | null }): Promise<boolean>;
  /** Does not use it up. Null when it does not exist or has expired. */
  findTicket(purpose: TicketPurpose, hash: string, nowMs: number): Promise<Ticket | null>;
  /** Uses it up: of many requests at once exactly one gets it. */
  redeemTicket(input: { purpose: TicketPurpose; hash: string; nowMs: number }): Promise<Ticket | null>;
  /** Stores the hash of a sealed ticket until the ticket expires. False if it was used before. */
  useOnce(input: {
    purpose: 'passkey' | 'provider' | 'client-assertion';
    hash: string;
    nowMs: number;
    endsAtMs: number;
  }): Promise<boolean>;
  /** Small batches; true when more is left. */
  sweepTickets(input: { nowMs: number; limit: number }): Promise<boolean>;
}

/** Purposes of links that people follow. */
export type LinkPurpose = Extract<TicketPurpose, 'verify-email' | 'new-email' | 'reset-password' | 'setup' | 'invitation'>;

/**
 * Why a link did nothing: it was used before; it is another user's; or it expired, was replaced or taken back, or never existed
 * (`over`).
 */
export type LinkFate = 'used' | 'other_user' | 'over';

/** For a link that has just been refused. The answer reveals nothing: only a client that has the link's secret can ask. */
export async function fateOfLink(
  { tickets, clock }: { readonly tickets: Pick<TicketsStore, 'findTicket'>; readonly clock: Clock },
  purpose: LinkPurpose,
  ticket: string,
): Promise<LinkFate> {
  const hash = hashTicket(ticket);
  const nowMs = clock.now();
  if ((await tickets.findTicket('used', hash, nowMs)) !== null) return 'used';
  return (await tickets.findTicket(purpose, hash, nowMs)) === null ? 'over' : 'other_user';
}

const TICKET_BYTES = 32;

/** A new ticket's text, as it goes into a link or a cookie, and the hash that is stored. */
export function makeTicketText(): { readonly text: string; readonly hash: string } {
  const text = encodeBase64Url(randomBytes(TICKET_BYTES));
  return { text, hash: hashTicket(text) };
}

/** What is stored of a ticket. */
export const hashTicket = (text: string): string => sha256Hex(text);
