/** Combines the rooms' reads and acts into the store that core sees. */
import type { MaybePromise } from '../core/lib/maybe-promise.ts';
import type { Change } from '../core/revocations/change.ts';
import type { Store } from '../core/store.ts';
import { accountsActs } from './accounts.ts';
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
import type { Db } from './prepared.ts';
import { profileActs } from './profile.ts';
import { isGrowing, isHot, type Reads, readsOver } from './reads.ts';
import { remindersActs } from './reminders.ts';
import { revocationsActs } from './revocations.ts';
import { sessionsActs } from './sessions.ts';
import { signInsActs } from './sign-ins.ts';
import { masterSecretActs, signingKeysActs } from './signing-keys.ts';
import { ticketsActs } from './tickets.ts';

/** Runs a read by its room and name, with plain data in and out. */
export type ReadElsewhere = (room: string, name: string, args: readonly unknown[]) => Promise<unknown>;

export interface Backend {
  readonly database: Store['database'];
  /** Reads; on SQLite the main thread's own connection. */
  readonly db: Db;
  /** For polling the list of changes: a separate connection, where there is one. */
  readonly pollDb?: Db;
  /** Turns what a read throws into StoreUnavailable if the database is the problem. What is returned without a promise stays so. */
  guardRead<Value>(read: () => MaybePromise<Value>): MaybePromise<Value>;
  /** The same for hot reads. Left out: as all others. */
  guardHotRead?<Value>(read: () => MaybePromise<Value>): MaybePromise<Value>;
  /** Does the growing reads somewhere else than on this thread. Left out: here. */
  readonly readElsewhere?: ReadElsewhere;
  run(act: string, input: unknown): Promise<{ result: unknown; changes: readonly Change[] }>;
  /**
   * Where another process of this machine writes: it reports what was changed through any process, and waits for the promise.
   * Left out: an act reports its changes with its answer.
   */
  onChanges?(listener: (changes: readonly Change[]) => Promise<void>): void;
  mayHaveMoved(): boolean;
  onHint(listener: () => void): () => void;
  check(): Promise<void>;
  close(): Promise<void>;
}

export function bindStore(backend: Backend): Store {
  const listeners: ((changes: readonly Change[]) => void)[] = [];
  const settlers: (() => Promise<void>)[] = [];
  const report = (changes: readonly Change[]): void => {
    for (const listener of listeners) listener(changes);
  };
  backend.onChanges?.(async (changes) => {
    report(changes);
    await Promise.all(settlers.map((settle) => settle()));
  });

  const all = readsOver(backend.db, backend.pollDb);
  const reads = <Room extends keyof Reads>(room: Room): Reads[Room] =>
    mapMethods(all[room], (method, name) => {
      const { readElsewhere } = backend;
      if (readElsewhere !== undefined && isGrowing(room, name)) return (...args) => readElsewhere(room, name, args);
      const guard = isHot(room, name) ? (backend.guardHotRead ?? backend.guardRead) : backend.guardRead;
      return (...args) => guard(() => method(...args));
    });
  const bound = <Room extends object>(room: Room): BoundActs<Room> =>
    mapMethods(room, (_, name) => async (input) => {
      const { result, changes } = await backend.run(name, input);
      // Order: commit, own cache, answer.
      if (changes.length > 0) report(changes);
      return result;
    }) as BoundActs<Room>;

  return {
    accounts: { ...reads('accounts'), ...bound(accountsActs) },
    administration: { ...reads('administration'), ...bound(administrationActs) },
    operatorAccounts: bound(operatorAccountsActs),
    ends: reads('ends'),
    brand: { ...reads('brand'), ...bound(brandActs) },
    members: { ...reads('members'), ...bound(membersActs) },
    invitations: { ...reads('invitations'), ...bound(invitationsActs) },
    factors: { ...reads('factors'), ...bound(factorsActs) },
    profile: { ...reads('profile'), ...bound(profileActs) },
    signIns: { ...reads('signIns'), ...bound(signInsActs) },
    tickets: { ...reads('tickets'), ...bound(ticketsActs) },
    audit: { ...reads('audit'), ...bound(auditActs) },
    credentials: { ...reads('credentials'), ...bound(credentialsActs) },
    imports: { ...reads('imports'), ...bound(importsActs) },
    jwts: { ...reads('jwts'), ...bound(jwtsActs) },
    applications: { ...reads('applications'), ...bound(applicationsActs) },
    grants: { ...reads('grants'), ...bound(grantsActs) },
    sessions: { ...reads('sessions'), ...bound(sessionsActs) },
    signingKeys: { ...reads('signingKeys'), ...bound(signingKeysActs) },
    masterSecret: { ...reads('masterSecret'), ...bound(masterSecretActs) },
    permissions: { ...reads('permissions'), ...bound(permissionsActs) },
    holders: reads('holders'),
    mails: { ...reads('mails'), ...bound(mailsActs) },
    reminders: { ...reads('reminders'), ...bound(remindersActs) },
    leases: bound(leasesActs),
    changes: {
      ...reads('changes'),
      ...bound(revocationsActs),
      mayHaveMoved: backend.mayHaveMoved,
      onHint: backend.onHint,
      onCommitted: (listener) => void listeners.push(listener),
      beforeOthersAnswer: (settle) => void settlers.push(settle),
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

type Method = (...args: unknown[]) => MaybePromise<unknown>;

function mapMethods<Room extends object>(room: Room, map: (method: Method, name: string) => Method): Room {
  return Object.fromEntries(Object.entries(room).map(([name, method]) => [name, map(method as Method, name)])) as Room;
}
