/** Counts what a deletion would end, for the question that the dashboard asks before it. It only reads. */
import type { SelectQueryBuilder } from 'kysely';
import { liveSince } from '../core/sign-ins/sign-in.ts';
import {
  MAX_COUNTED,
  MAX_TEAMS_NAMED,
  NOTHING_ENDS,
  type ToBeDeleted,
  type WhatEnds,
  type WhatEndsStore,
} from '../core/teams/what-ends.ts';
import { hasAdministratorBeside } from './administration.ts';
import { isActive } from './lapsed.ts';
import type { Db } from './prepared.ts';
import type { Database } from './schema.ts';
import { liveSignIns } from './sign-ins.ts';

export function whatEndsReads(db: Db): WhatEndsStore {
  return {
    async inTheWayOf(userId) {
      const [teams, user, isBeside] = await Promise.all([
        ownedByNobodyElse(db, userId),
        db.selectFrom('users').select('is_administrator').where('id', '=', userId).executeTakeFirst(),
        hasAdministratorBeside(db, userId),
      ]);
      return { onlyOwnerOf: teams.map(({ name }) => name), isLastAdministrator: user?.is_administrator === 1 && !isBeside };
    },
    whatEnds(subject, nowMs) {
      switch (subject.what) {
        case 'key':
          return ofKey(db, subject.keyId, nowMs);
        case 'application':
          return ofApplication(db, subject.applicationId, nowMs);
        case 'account':
          return ofAccount(db, subject, nowMs);
        case 'user':
          return ofUser(db, subject, nowMs);
        case 'member':
          return ofMember(db, subject, nowMs);
      }
    },
  };
}

async function ofKey(db: Db, keyId: number, nowMs: number): Promise<WhatEnds> {
  return { ...NOTHING_ENDS, jwts: await count(db, liveJwts(db, nowMs).where('key_id', '=', keyId)) };
}

async function ofApplication(db: Db, id: number, nowMs: number): Promise<WhatEnds> {
  return {
    ...NOTHING_ENDS,
    applicationSessions: await count(db, liveSessions(db, nowMs).where('application_id', '=', id)),
  };
}

async function ofAccount(db: Db, { accountId }: { readonly accountId: number }, nowMs: number): Promise<WhatEnds> {
  const own = applicationsOf(db, accountId);
  const [keys, tokens, jwts, applications, applicationSessions, sessions, members, invitations] = await Promise.all([
    count(db, liveCredentials(db, nowMs).where('account_id', '=', accountId).where('kind', '=', 'key')),
    count(db, liveCredentials(db, nowMs).where('account_id', '=', accountId).where('kind', '=', 'token')),
    count(db, liveJwts(db, nowMs).where('account_id', '=', accountId)),
    count(db, own),
    count(db, liveSessions(db, nowMs).where('application_id', 'in', own)),
    count(db, liveSessions(db, nowMs).where('account_id', '=', accountId).where('application_id', 'not in', own)),
    count(db, db.selectFrom('members').select('user_id as id').where('account_id', '=', accountId)),
    count(db, openInvitations(db, nowMs).where('account_id', '=', accountId)),
  ]);
  const none = { teams: 0, signIns: 0 };
  return { keys, tokens, jwts, applications, applicationSessions, sessions, members, invitations, ...none };
}

async function ofUser(db: Db, subject: Extract<ToBeDeleted, { what: 'user' }>, nowMs: number): Promise<WhatEnds> {
  const own = applicationsOf(db, subject.accountId);
  const [account, sessions, teams, invitations, signIns] = await Promise.all([
    ofAccount(db, subject, nowMs),
    // In any account in which they granted them.
    count(db, liveSessions(db, nowMs).where('user_id', '=', subject.userId).where('application_id', 'not in', own)),
    count(db, db.selectFrom('members').select('account_id as id').where('user_id', '=', subject.userId)),
    // A personal account invites nobody: these are to teams, or to register.
    count(db, openInvitations(db, nowMs).where('invited_by', '=', subject.userId)),
    count(db, liveSignIns(db, liveSince(nowMs)).select('id').where('user_id', '=', subject.userId)),
  ]);
  return { ...account, sessions, teams, invitations, signIns };
}

async function ofMember(
  db: Db,
  { userId, accountId }: Extract<ToBeDeleted, { what: 'member' }>,
  nowMs: number,
): Promise<WhatEnds> {
  const own = applicationsOf(db, accountId);
  const theirs = liveSessions(db, nowMs).where('user_id', '=', userId).where('account_id', '=', accountId);
  const [applicationSessions, sessions] = await Promise.all([
    count(db, theirs.where('application_id', 'in', own)),
    count(db, theirs.where('application_id', 'not in', own)),
  ]);
  return { ...NOTHING_ENDS, applicationSessions, sessions };
}

/** As `leaveEveryTeam` judges it. */
const ownedByNobodyElse = (db: Db, userId: number) =>
  db
    .selectFrom('members as own')
    .innerJoin('accounts', 'accounts.id', 'own.account_id')
    .select('accounts.name')
    .where('own.user_id', '=', userId)
    .where('own.role', '=', 'owner')
    .where('accounts.kind', '=', 'team')
    .where('accounts.deleted_at_ms', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('members as other')
            .innerJoin('users', 'users.id', 'other.user_id')
            .select('other.user_id')
            .whereRef('other.account_id', '=', 'own.account_id')
            .where('other.user_id', '!=', userId)
            .where('other.role', '=', 'owner')
            .where('users.disabled_at_ms', 'is', null)
            .where('users.deleted_at_ms', 'is', null),
        ),
      ),
    )
    .orderBy('accounts.name')
    .limit(MAX_TEAMS_NAMED)
    .execute();

const openInvitations = (db: Db, nowMs: number) =>
  db.selectFrom('invitations').select('id').where('ended_at_ms', 'is', null).where('expires_at_ms', '>', nowMs);

const liveCredentials = (db: Db, nowMs: number) =>
  db
    .selectFrom('credentials')
    .select('id')
    .where('revoked_at_ms', 'is', null)
    .where((eb) => eb.or([eb('expires_at_ms', 'is', null), eb('expires_at_ms', '>', nowMs)]));

const liveJwts = (db: Db, nowMs: number) =>
  db.selectFrom('jwts').select('jti as id').where('expires_at_ms', '>', nowMs).where('revoked_at_ms', 'is', null);

const liveSessions = (db: Db, nowMs: number) => db.selectFrom('sessions').select('id').where(isActive(nowMs));

const applicationsOf = (db: Db, accountId: number) =>
  db.selectFrom('applications').select('id').where('account_id', '=', accountId).where('deleted_at_ms', 'is', null);

/** Reads at most MAX_COUNTED rows. */
async function count<Table extends keyof Database>(
  db: Db,
  rows: SelectQueryBuilder<Database, Table, { id: number | string }>,
): Promise<number> {
  const { n } = await db
    .selectFrom(rows.limit(MAX_COUNTED).as('counted'))
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
}
