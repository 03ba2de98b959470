/**
 * What happened. The list of events is closed: an act that is not named here cannot be recorded, and a reader of the log can know
 * every word that may occur in it. An event never carries a secret; personal data is kept apart in `person`, so that a person can
 * be erased and the chain stays intact.
 */

import type { Authority, IN_THE_ACT } from '../authority.ts';
import type { MailDraft } from '../mail/mail.ts';

export const EVENT_NAMES = [
  'server.started',
  'user.created',
  'user.signed_in',
  'user.sign_in_failed',
  'user.disabled',
  'user.enabled',
  'user.password_changed',
  'user.password_rehashed',
  'user.erased',
  'user.recovery_code_used',
  'user.passkey_added',
  'user.passkey_renamed',
  'user.passkey_removed',
  'user.totp_on',
  'user.totp_off',
  'user.recovery_codes_made',
  'user.two_step_on',
  'user.two_step_off',
  'user.identity_linked',
  'user.identity_unlinked',
  'user.renamed',
  'user.email_verification_sent',
  'user.email_verified',
  'user.email_change_asked',
  'user.email_changed',
  'user.password_reset_asked',
  'user.deleted',
  'user.reminded',
  'mail.read',
  'mail.tested',
  'mail.dropped',
  'user.signed_out',
  'user.proved_again',
  'user.sign_ins_ended',
  'user.second_factor_reset',
  'user.administrator_set',
  'account.created',
  'account.renamed',
  'account.transferred',
  'account.suspended',
  'account.resumed',
  'account.deleted',
  'member.role_changed',
  'member.removed',
  'member.left',
  'invitation.sent',
  'invitation.sent_again',
  'invitation.taken_back',
  'invitation.accepted',
  'token.created',
  'token.renamed',
  'token.narrowed',
  'token.narrowing_undone',
  'token.rotated',
  'token.overlap_ended',
  'token.overlap_extended',
  'token.revoked',
  'key.created',
  'key.renamed',
  'key.narrowed',
  'key.narrowing_undone',
  'key.rotated',
  'key.overlap_ended',
  'key.overlap_extended',
  'key.revoked',
  'jwt.minted',
  'jwt.revoked',
  'jwt.all_revoked',
  'application.created',
  'application.updated',
  'application.secret_rotated',
  'application.secret_overlap_ended',
  'application.verified',
  'application.unverified',
  'application.first_party_set',
  'application.badges_lost',
  'application.deleted',
  'grant.made',
  'grant.widened',
  'grant.ended',
  'code.reused',
  'session.opened',
  'session.late',
  'session.ahead',
  'session.reused',
  'session.ended',
  'signing_key.created',
  'signing_key.rotated',
  'signing_key.scheduled',
  'master_secret.rotated',
  'permission.catalogue_set',
  'permission.routes_set',
  'request.refused',
  'request.refusals_counted',
  'backup.made',
  'limits.cleared',
  'brand.set',
] as const;

export type EventName = (typeof EVENT_NAMES)[number];

/** Who did it: a user, a credential's holder, the operator at the command line, the server itself, or a stranger. */
export type Actor =
  | `user:${number}`
  | `token:${number}`
  | `key:${number}`
  | `jwt:${string}`
  | `session:${string}`
  | `application:${string}`
  | 'operator'
  | 'server'
  | 'anonymous';

/** Personal data of an event; it can be erased on its own. */
export interface PersonalData {
  readonly address?: string;
  readonly userAgent?: string;
  readonly email?: string;
  readonly name?: string;
  /** Of a refused request, without its query: people put names and numbers of others into addresses. */
  readonly path?: string;
}

/** The server itself, the operator at the command line, a stranger: they have no access that could end. */
type Unjudged = 'operator' | 'server' | 'anonymous';

/** On whose behalf and from where something is done, for the record. */
export interface Doer {
  readonly actor: Actor;
  readonly requestId: string | null;
  readonly person: PersonalData;
}

/**
 * The same for an act. An actor whose access can end says by what authority it acts, and the store checks it again in the act's
 * transaction (`store/authority.ts`). Every verb that changes something takes one.
 */
export type By = Omit<Doer, 'actor'> &
  (
    | { readonly actor: Unjudged; readonly authority?: typeof IN_THE_ACT }
    | { readonly actor: Exclude<Actor, Unjudged>; readonly authority: Authority }
  );

/** What an event is about and what else is known of it. The store fills in ids that the act itself creates. */
export interface EventFacts {
  readonly accountId?: number | null;
  readonly userId?: number | null;
  readonly credentialId?: number | null;
  /** The true reason of a refusal. */
  readonly reason?: string | null;
  readonly details?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
  /** Mails about it; written into the outbox with the event, in one transaction. */
  readonly mails?: readonly MailDraft[];
}

/** An event before it is stored. `happened` creates it. */
export interface EventDraft extends EventFacts {
  readonly event: EventName;
  readonly atMs: number;
  readonly by: By;
}

/** The only way to record that something happened: who did it, the moment of the act, what it was, and what is known of it. */
export function happened(by: By, atMs: number, event: EventName, facts: EventFacts = {}): EventDraft {
  return { event, atMs, by, ...facts };
}

/** An event as it is kept. On PostgreSQL, `number` and `hash` are null until the chaining job has run (each second). */
export interface AuditEvent {
  readonly id: number;
  readonly event: EventName;
  readonly atMs: number;
  readonly actor: Actor;
  readonly accountId: number | null;
  readonly userId: number | null;
  readonly credentialId: number | null;
  readonly requestId: string | null;
  readonly reason: string | null;
  /** The JSON text exactly as it is hashed. */
  readonly details: string;
  /** SHA-256 (hex) of salt and personal data; null when the event has none. */
  readonly personHash: string | null;
  readonly number: number | null;
  readonly hash: string | null;
}

/** The personal data of an event as it is kept: JSON text exactly as hashed, and its salt (hex). */
export interface PersonRow {
  readonly eventId: number;
  readonly salt: string;
  readonly data: string;
}

export type ListedEvent = AuditEvent & { readonly person: PersonalData | null };

/** The user or thing that an event is about. Each is indexed. */
export interface AuditSubject {
  readonly accountId?: number;
  readonly userId?: number;
  readonly credentialId?: number;
  readonly requestId?: string;
}

export interface AuditFilter extends AuditSubject {
  readonly event?: EventName;
  readonly actor?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Newest first, below this id. */
  readonly beforeId?: number;
  /** From this id on. */
  readonly fromId?: number;
  /** 1 to 500. */
  readonly limit: number;
}

export interface AuditStore {
  /** Writes single events (refusals, counts); every other event is written by the act that it records. */
  record(input: { events: readonly EventDraft[] }): Promise<void>;
  list(filter: AuditFilter): Promise<readonly ListedEvent[]>;
  /**
   * Goes back `steps` entries from `beforeId` in the log, or in the log of one subject, and returns where that ends. Null: the
   * beginning is nearer. It bounds the entries that a search without an index looks at.
   */
  stepBack(filter: AuditSubject & { beforeId?: number; steps: number }): Promise<{ id: number; atMs: number } | null>;
  /**
   * Which of these credentials were refused at least `times` times since then, and when last. The cost does not depend on how
   * often they were refused.
   */
  refusedOften(input: {
    credentialIds: readonly number[];
    sinceMs: number;
    times: number;
  }): Promise<readonly { readonly credentialId: number; readonly lastAtMs: number }[]>;
  /** Names that people know, by id: of users, and of credentials (of this account only, where one is given). */
  namesOf(ids: { users: readonly number[]; credentials: readonly number[]; accountId?: number }): Promise<{
    readonly users: ReadonlyMap<
      number,
      { readonly displayName: string; readonly email: string; readonly isAdministrator: boolean }
    >;
    readonly credentials: ReadonlyMap<number, string>;
  }>;
  /** The head of the chain: number 0 and 64 zeros before the first entry. */
  head(): Promise<{ number: number; hash: string }>;
  /** Events that have no number yet, oldest id first. */
  unchained(limit: number): Promise<readonly AuditEvent[]>;
  /** Moves the head from `from` and numbers the entries; false, and nothing changed, if another server was first. */
  chain(input: { from: number; entries: readonly { id: number; number: number; hash: string }[] }): Promise<boolean>;
  /** Numbered entries after `number` in order, with their personal data where it was not erased. */
  chained(after: number, limit: number): Promise<readonly (AuditEvent & { personRow: PersonRow | null })[]>;
  /**
   * Deletes the personal data of everything a user did or was affected by; the chain stays intact. Returns the number of deleted
   * rows.
   */
  erasePerson(input: { userId: number; event: EventDraft }): Promise<number>;
}
