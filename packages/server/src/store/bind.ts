/** Combines the rooms' reads and acts into the store that core sees. */
import type { Change } from '../core/revocations/change.ts';
import type { Store } from '../core/store.ts';
import { accountsActs, accountsReads } from './accounts.ts';
import { administrationActs, administrationReads } from './administration.ts';
import { applicationsActs, applicationsReads } from './applications.ts';
import { auditActs, auditReads } from './audit.ts';
import { brandActs, brandReads } from './brand.ts';
import { credentialsActs, credentialsReads } from './credentials.ts';
import { factorsActs, factorsReads } from './factors.ts';
import { grantsActs, grantsReads } from './grants.ts';
import { holdersReads } from './holders.ts';
import { importsActs, importsReads } from './imports.ts';
import { invitationsActs, invitationsReads } from './invitations.ts';
import { jwtsActs, jwtsReads } from './jwts.ts';
import { leasesActs } from './leases.ts';
import { mailsActs, mailsReads } from './mails.ts';
import { membersActs, membersReads } from './members.ts';
import { operatorAccountsActs } from './operator-accounts.ts';
import { permissionsActs, permissionsReads } from './permissions.ts';
import type { Db } from './prepared.ts';
import { profileActs, profileReads } from './profile.ts';
import { remindersActs, remindersReads } from './reminders.ts';
import { revocationsActs, revocationsReads } from './revocations.ts';
import { sessionsActs, sessionsReads } from './sessions.ts';
import { signInsActs, signInsReads } from './sign-ins.ts';
import { masterSecretActs, masterSecretReads, signingKeysActs, signingKeysReads } from './signing-keys.ts';
import { ticketsActs, ticketsReads } from './tickets.ts';
import { whatEndsReads } from './what-ends.ts';

export interface Backend {
  readonly database: Store['database'];
  /** Reads; on SQLite the main thread's own connection. */
  readonly db: Db;
  /** For polling the list of changes: a separate connection, where there is one. */
  readonly pollDb?: Db;
  /** Turns what a read throws into StoreUnavailable if the database is the problem. */
  guardRead<Value>(read: () => Promise<Value>): Promise<Value>;
  run(act: string, input: unknown): Promise<{ result: unknown; changes: readonly Change[] }>;
  mayHaveMoved(): boolean;
  onHint(listener: () => void): () => void;
  check(): Promise<void>;
  close(): Promise<void>;
}

export function bindStore(backend: Backend): Store {
  const { db, pollDb = db } = backend;
  const listeners: ((changes: readonly Change[]) => void)[] = [];

  const reads = <Room extends object>(room: Room): Room =>
    mapMethods(
      room,
      (method) =>
        (...args) =>
          backend.guardRead(() => method(...args)),
    );
  const bound = <Room extends object>(room: Room): BoundActs<Room> =>
    mapMethods(room, (_, name) => async (input) => {
      const { result, changes } = await backend.run(name, input);
      // Order: commit, own cache, answer.
      if (changes.length > 0) for (const listener of listeners) listener(changes);
      return result;
    }) as BoundActs<Room>;

  return {
    accounts: { ...reads(accountsReads(db)), ...bound(accountsActs) },
    administration: { ...reads(administrationReads(db)), ...bound(administrationActs) },
    operatorAccounts: bound(operatorAccountsActs),
    ends: reads(whatEndsReads(db)),
    brand: { ...reads(brandReads(db)), ...bound(brandActs) },
    members: { ...reads(membersReads(db)), ...bound(membersActs) },
    invitations: { ...reads(invitationsReads(db)), ...bound(invitationsActs) },
    factors: { ...reads(factorsReads(db)), ...bound(factorsActs) },
    profile: { ...reads(profileReads(db)), ...bound(profileActs) },
    signIns: { ...reads(signInsReads(db)), ...bound(signInsActs) },
    tickets: { ...reads(ticketsReads(db)), ...bound(ticketsActs) },
    audit: { ...reads(auditReads(db)), ...bound(auditActs) },
    credentials: { ...reads(credentialsReads(db)), ...bound(credentialsActs) },
    imports: { ...reads(importsReads(db)), ...bound(importsActs) },
    jwts: { ...reads(jwtsReads(db)), ...bound(jwtsActs) },
    applications: { ...reads(applicationsReads(db)), ...bound(applicationsActs) },
    grants: { ...reads(grantsReads(db)), ...bound(grantsActs) },
    sessions: { ...reads(sessionsReads(db)), ...bound(sessionsActs) },
    signingKeys: { ...reads(signingKeysReads(db)), ...bound(signingKeysActs) },
    masterSecret: { ...reads(masterSecretReads(db)), ...bound(masterSecretActs) },
    permissions: { ...reads(permissionsReads(db)), ...bound(permissionsActs) },
    holders: reads(holdersReads(db)),
    mails: { ...reads(mailsReads(db)), ...bound(mailsActs) },
    reminders: { ...reads(remindersReads(db)), ...bound(remindersActs) },
    leases: bound(leasesActs),
    changes: {
      ...reads(revocationsReads(db, pollDb)),
      ...bound(revocationsActs),
      mayHaveMoved: backend.mayHaveMoved,
      onHint: backend.onHint,
      onCommitted: (listener) => void listeners.push(listener),
    },
    database: backend.database,
    check: backend.check,
    close: backend.close,
  };
}

/** An act without its first parameter, which the writer fills in. */
type BoundActs<Room> = {
  [Name in keyof Room]: Room[Name] extends (act: never, input: infer Input) => Promise<infer Result>
    ? (input: Input) => Promise<Result>
    : never;
};

type Method = (...args: unknown[]) => Promise<unknown>;

function mapMethods<Room extends object>(room: Room, map: (method: Method, name: string) => Method): Room {
  return Object.fromEntries(Object.entries(room).map(([name, method]) => [name, map(method as Method, name)])) as Room;
}
