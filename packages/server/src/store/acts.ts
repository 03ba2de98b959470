/**
 * Collects the acts of all files of the store under their names. The SQLite writer gets a name in a message and finds the act
 * here.
 */
import { accountsActs } from './accounts.ts';
import type { Acts } from './act.ts';
import { administrationActs } from './administration.ts';
import { applicationsActs } from './applications.ts';
import { auditActs } from './audit.ts';
import { brandActs } from './brand.ts';
import { credentialsActs } from './credentials.ts';
import { factorsActs } from './factors.ts';
import { grantsActs } from './grants.ts';
import { importsActs } from './imports.ts';
import { invitationsActs } from './invitations.ts';
import { jwtsActs } from './jwts.ts';
import { leasesActs } from './leases.ts';
import { mailsActs } from './mails.ts';
import { membersActs } from './members.ts';
import { operatorAccountsActs } from './operator-accounts.ts';
import { permissionsActs } from './permissions.ts';
import { profileActs } from './profile.ts';
import { remindersActs } from './reminders.ts';
import { revocationsActs } from './revocations.ts';
import { sessionsActs } from './sessions.ts';
import { signInsActs } from './sign-ins.ts';
import { masterSecretActs, signingKeysActs } from './signing-keys.ts';
import { ticketsActs } from './tickets.ts';

/** Every act of every room, by name. */
export const acts = {
  ...accountsActs,
  ...administrationActs,
  ...applicationsActs,
  ...auditActs,
  ...brandActs,
  ...credentialsActs,
  ...importsActs,
  ...invitationsActs,
  ...jwtsActs,
  ...leasesActs,
  ...masterSecretActs,
  ...membersActs,
  ...operatorAccountsActs,
  ...permissionsActs,
  ...revocationsActs,
  ...signingKeysActs,
  ...factorsActs,
  ...grantsActs,
  ...mailsActs,
  ...profileActs,
  ...remindersActs,
  ...sessionsActs,
  ...signInsActs,
  ...ticketsActs,
} satisfies Acts;
