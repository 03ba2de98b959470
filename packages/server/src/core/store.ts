import type { AdministrationStore, OperatorAccountsStore } from './administration/ports.ts';
import type { ApplicationsStore } from './applications/application.ts';
import type { AuditStore } from './audit/event.ts';
import type { BrandStore } from './branding/brand.ts';
import type { CredentialsStore } from './credentials/credential.ts';
import type { ImportsStore } from './credentials/imported.ts';
import type { FactorsStore } from './factors/factor.ts';
import type { JwtsStore } from './jwts/jwt.ts';
import type { MailsStore } from './mail/mail.ts';
import type { GrantsStore } from './oauth/grant.ts';
import type { PermissionsStore } from './permissions/catalogue.ts';
import type { HoldersStore } from './permissions/holders.ts';
import type { AdoptionStore } from './providers/provider.ts';
import type { ChangesStore } from './revocations/change.ts';
import type { SessionsStore } from './sessions/session.ts';
import type { PasswordsStore, RegistrationStore } from './sign-ins/ports.ts';
import type { SignInsStore } from './sign-ins/sign-in.ts';
import type { MasterSecretStore, SigningKeysStore } from './signing-keys/stored-key.ts';
import type { InvitationsStore } from './teams/invitation.ts';
import type { MembersStore } from './teams/member.ts';
import type { WhatEndsStore } from './teams/what-ends.ts';
import type { RemindersStore } from './use/reminders.ts';
import type { AccountsStore } from './users/account.ts';
import type { ProfileStore } from './users/profile.ts';
import type { TicketsStore } from './users/ticket.ts';

/** A row lease for jobs that one server at a time may do. */
export interface LeaseStore {
  /** True when `holder` has the lease for `forMs` from now; false when another holds it. */
  takeLease(input: { job: string; holder: string; nowMs: number; forMs: number }): Promise<boolean>;
  /**
   * The moment up to which what has ended may be deleted: now, but at most `maxMs` later than the last time. So a clock that is
   * years ahead for some minutes deletes nothing that is still needed after the clock is corrected.
   */
  moveSweepHorizon(input: { nowMs: number; maxMs: number }): Promise<number>;
  /** Writes a row that nothing reads, to see whether the database can be written. */
  tryWriting(input: { nowMs: number }): Promise<void>;
}

/** The sum of the rooms' ports. Every method is one atomic act or one read, with plain data in and out. */
export interface Store {
  readonly accounts: AccountsStore;
  readonly administration: AdministrationStore;
  readonly operatorAccounts: OperatorAccountsStore;
  readonly ends: WhatEndsStore;
  readonly brand: BrandStore;
  readonly members: MembersStore;
  readonly invitations: InvitationsStore;
  readonly factors: FactorsStore;
  readonly profile: ProfileStore & PasswordsStore & RegistrationStore & AdoptionStore;
  readonly signIns: SignInsStore;
  readonly tickets: TicketsStore;
  readonly audit: AuditStore;
  readonly changes: ChangesStore;
  readonly credentials: CredentialsStore;
  readonly imports: ImportsStore;
  readonly jwts: JwtsStore;
  readonly applications: ApplicationsStore;
  readonly grants: GrantsStore;
  readonly sessions: SessionsStore;
  readonly signingKeys: SigningKeysStore;
  readonly masterSecret: MasterSecretStore;
  readonly permissions: PermissionsStore;
  readonly holders: HoldersStore;
  readonly mails: MailsStore;
  readonly reminders: RemindersStore;
  readonly leases: LeaseStore;
  readonly database: 'SQLite' | 'PostgreSQL';
  /** Throws when the database cannot be reached or a migration is missing. */
  check(): Promise<void>;
  close(): Promise<void>;
}
