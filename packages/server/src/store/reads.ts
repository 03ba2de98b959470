/** Every read of the store by its room, and which of them may take long. */
import { accountsReads } from './accounts.ts';
import { administrationReads } from './administration.ts';
import { applicationsReads } from './applications.ts';
import { auditReads } from './audit.ts';
import { brandReads } from './brand.ts';
import { credentialsReads } from './credentials.ts';
import { factorsReads } from './factors.ts';
import { grantsReads } from './grants.ts';
import { holdersReads } from './holders.ts';
import { importsReads } from './imports.ts';
import { invitationsReads } from './invitations.ts';
import { jwtsReads } from './jwts.ts';
import { mailsReads } from './mails.ts';
import { membersReads } from './members.ts';
import { permissionsReads } from './permissions.ts';
import type { Db } from './prepared.ts';
import { profileReads } from './profile.ts';
import { remindersReads } from './reminders.ts';
import { revocationsReads } from './revocations.ts';
import { sessionsReads } from './sessions.ts';
import { signInsReads } from './sign-ins.ts';
import { masterSecretReads, signingKeysReads } from './signing-keys.ts';
import { ticketsReads } from './tickets.ts';
import { whatEndsReads } from './what-ends.ts';

/** `pollDb`: for polling the list of changes, if there is a connection for it alone. */
export const readsOver = (db: Db, pollDb: Db = db) => ({
  accounts: accountsReads(db),
  administration: administrationReads(db),
  applications: applicationsReads(db),
  audit: auditReads(db),
  brand: brandReads(db),
  changes: revocationsReads(db, pollDb),
  credentials: credentialsReads(db),
  ends: whatEndsReads(db),
  factors: factorsReads(db),
  grants: grantsReads(db),
  holders: holdersReads(db),
  imports: importsReads(db),
  invitations: invitationsReads(db),
  jwts: jwtsReads(db),
  mails: mailsReads(db),
  masterSecret: masterSecretReads(db),
  members: membersReads(db),
  permissions: permissionsReads(db),
  profile: profileReads(db),
  reminders: remindersReads(db),
  sessions: sessionsReads(db),
  signIns: signInsReads(db),
  signingKeys: signingKeysReads(db),
  tickets: ticketsReads(db),
});

export type Reads = ReturnType<typeof readsOver>;

/**
 * Reads whose work grows with the data: lists, searches, sums and the counts of what a deletion ends. None of them is needed to
 * verify a credential, to mint or to refresh. A server on SQLite does them in a separate thread (`sqlite/reader-thread.ts`).
 */
export const GROWING_READS: { readonly [Room in keyof Reads]?: readonly (keyof Reads[Room])[] } = {
  accounts: ['listUsers'],
  administration: ['findUsers', 'findListedUser', 'findAccounts', 'findListedAccount'],
  applications: ['listApplications'],
  audit: ['list', 'stepBack', 'refusedOften', 'chained'],
  credentials: ['listCredentials', 'listJudged', 'permissionUse', 'useOfAccount', 'usedPermissions'],
  ends: ['inTheWayOf', 'whatEnds'],
  grants: ['listConnected'],
  holders: ['listsOfCredentials', 'listsOfApplications', 'listsOfGrants', 'listsOfSessions'],
  invitations: ['listInvitations', 'listInvitationsBy'],
  jwts: ['listJwts'],
  mails: ['listMails'],
  members: ['listMembers'],
  permissions: ['countHolders'],
  profile: ['readEnding'],
  reminders: ['remindable'],
  sessions: ['listSessionsOfUser', 'listSessionsOfApplication', 'countSessionsBySignIn'],
  signIns: ['listSignIns'],
};

/**
 * Reads of one row by an index that a verification waits for. Those that come from requests which arrived together may share a
 * view of the data (`sqlite/read-turn.ts`).
 */
const HOT_READS: { readonly [Room in keyof Reads]?: readonly (keyof Reads[Room])[] } = {
  credentials: ['findTokenById', 'findKeyByHash'],
};

export const isHot = (room: string, name: string): boolean => has(HOT_READS, room, name);

export const isGrowing = (room: string, name: string): boolean => has(GROWING_READS, room, name);

const has = (reads: object, room: string, name: string): boolean =>
  (reads as Readonly<Record<string, readonly string[]>>)[room]?.includes(name) === true;
