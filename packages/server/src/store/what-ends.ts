/** Counts what a deletion would end, for the question that the dashboard asks before it. It only reads. */
import { type SelectQueryBuilder, sql } from 'kysely';
import { liveSince } from '../core/sign-ins/sign-in.ts';
import {
  MAX_COUNTED,
  MAX_TEAMS_NAMED,
  NOTHING_ENDS,
  type ToBeDeleted,
  type WhatEnds,
  type WhatEndsStore,
} from '../core/teams/what-ends.ts';
import { activeCredentials } from './active-credentials.ts';
import { hasAdministratorBeside } from './administration.ts';
import { countActiveSessions, type SessionsOf } from './newest-sessions.ts';
import type { Db } from './prepared.ts';
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
  return { ...NOTHING_ENDS, jwts: await count(db, activeJwts(db, nowMs).where('key_id', '=', keyId)) };
}

async function ofApplication(db: Db, id: number, nowMs: number): Promise<WhatEnds> {
  return {
    ...NOTHING_ENDS,
    applicationSessions: await countActiveSessions(db, { applicationId: id }, { nowMs, max: MAX_COUNTED }),
  };
}

async function ofAccount(db: Db, { accountId }: { readonly accountId: number }, nowMs: number): Promise<WhatEnds> {
  const own = await applicationsOf(db, accountId);
  const [keys, tokens, jwts, applicationSessions, sessions, members, invitations] = await Promise.all([
    countCredentials(db, { accountId, kind: 'key', nowMs }),
    countCredentials(db, { accountId, kind: 'token', nowMs }),
    count(db, activeJwts(db, nowMs).where('key_id', 'in', keysOf(db, accountId))),
    countOfApplications(db, own, nowMs),
    countOfOthers(db, own, { accountId }, nowMs),
    count(db, db.selectFrom('members').select('user_id as id').where('account_id', '=', accountId)),
    count(db, openInvitations(db, nowMs).where('account_id', '=', accountId)),
  ]);
  const none = { teams: 0, signIns: 0, applications: own.length };
  return { keys, tokens, jwts, applicationSessions, sessions, members, invitations, ...none };
}

async function ofUser(db: Db, subject: Extract<ToBeDeleted, { what: 'user' }>, nowMs: number): Promise<WhatEnds> {
  const own = await applicationsOf(db, subject.accountId);
  const [account, sessions, teams, invitations, signIns] = await Promise.all([
    ofAccount(db, subject, nowMs),
    // In any account in which they granted them.
    countOfOthers(db, own, { userId: subject.userId }, nowMs),
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
  const own = await applicationsOf(db, accountId);
  const theirs = { userId, accountId };
  const [applicationSessions, sessions] = await Promise.all([
    countActiveSessions(db, theirs, { nowMs, max: MAX_COUNTED, and: isOf(own) }),
    countOfOthers(db, own, theirs, nowMs),
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

async function countCredentials(db: Db, of: Parameters<typeof activeCredentials>[1]): Promise<number> {
  const [lasting, expiring] = activeCredentials(db, of);
  const counted = (await count(db, lasting.select('id'))) + (await count(db, expiring.select('id')));
  return Math.min(counted, MAX_COUNTED);
}

const activeJwts = (db: Db, nowMs: number) =>
  db.selectFrom('jwts').select('jti as id').where('expires_at_ms', '>', nowMs).where('revoked_at_ms', 'is', null);

/** Of any user. */
async function countOfApplications(db: Db, own: readonly number[], nowMs: number): Promise<number> {
  let counted = 0;
  for (const applicationId of own) {
    if (counted >= MAX_COUNTED) break;
    counted += await countActiveSessions(db, { applicationId }, { nowMs, max: MAX_COUNTED - counted });
  }
  return counted;
}

const countOfOthers = (db: Db, own: readonly number[], of: SessionsOf, nowMs: number): Promise<number> =>
  countActiveSessions(db, of, { nowMs, max: MAX_COUNTED, and: sql`NOT ${isOf(own)}` });

const isOf = (own: readonly number[]) =>
  own.length === 0 ? sql<boolean>`(1 = 0)` : sql<boolean>`(newest.application_id IN (${sql.join(own)}))`;

/** At most as many as one account may have (`CEILINGS`). */
async function applicationsOf(db: Db, accountId: number): Promise<readonly number[]> {
  const rows = await db
    .selectFrom('applications')
    .select('id')
    .where('account_id', '=', accountId)
    .where('deleted_at_ms', 'is', null)
    .orderBy('id')
    .limit(MAX_COUNTED)
    .execute();
  return rows.map(({ id }) => id);
}

const keysOf = (db: Db, accountId: number) =>
  db.selectFrom('credentials').select('id').where('account_id', '=', accountId).where('kind', '=', 'key');

/** Counts no more than MAX_COUNTED. */
async function count<Tables, Table extends keyof Tables>(
  db: Db,
  rows: SelectQueryBuilder<Tables, Table, { id: number | string }>,
): Promise<number> {
  const { n } = await db
    .selectFrom(rows.limit(MAX_COUNTED).as('counted'))
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(n);
}
