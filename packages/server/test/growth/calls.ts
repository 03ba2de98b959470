/** Calls of every read of the store, each with what has most: a read that is added must be added here. */
import type { Reads } from '../../src/store/reads.ts';
import type { Heavy } from './fill.ts';

const DAY_MS = 86_400_000;
const HASH = '0'.repeat(64);

type ArgumentsOf<Method> = Method extends (...args: infer Given) => unknown ? Given : never;

/** For each read the arguments of one or more calls. */
export type Calls = {
  readonly [Room in keyof Reads]: { readonly [Name in keyof Reads[Room]]: readonly ArgumentsOf<Reads[Room][Name]>[] };
};

export function callsOf(heavy: Heavy): Calls {
  const { nowMs, userId, accountId, teamId, keyId, tokenId, applicationId, clientId, lastEventId } = heavy;
  const page = { limit: 51 };
  const today = Math.floor(nowMs / DAY_MS);
  const keys = Array.from({ length: 50 }, (_, at) => keyId + at);
  const administrator = { id: userId, isAdministrator: true };
  const team = { id: teamId, kind: 'team' } as const;
  const notBefore = { seenMs: nowMs - 30 * DAY_MS, createdMs: nowMs - 30 * DAY_MS };
  return {
    accounts: {
      findUser: [[userId]],
      findUserByEmail: [['heavy@example.com']],
      listUsers: [[{ afterId: 0, ...page }], [{ afterId: userId, ...page }]],
      findAccount: [[accountId]],
      accountState: [[accountId]],
      countAdministrators: [[]],
      knowsAddress: [[userId, 'address1', 0]],
      knownAddresses: [[userId]],
    },
    administration: {
      findUsers: [
        [{ query: '', ...page }],
        [{ query: '', beforeId: 5000, ...page }],
        [{ query: 'g', ...page }],
        [{ query: 'nobody', ...page }],
      ],
      findListedUser: [[userId]],
      factorsOf: [[userId]],
      findAccounts: [[{ query: '', ...page }], [{ query: '', beforeId: teamId + 1, ...page }], [{ query: 't', ...page }]],
      findListedAccount: [[accountId], [teamId], [1]],
    },
    applications: {
      findApplication: [[applicationId]],
      findClient: [[clientId]],
      findLogo: [[clientId]],
      listApplications: [
        [{ nowMs, ...page }],
        [{ accountId, nowMs, ...page }],
        [{ clientId, nowMs, ...page }],
        [{ search: 'a', nowMs, ...page }],
      ],
    },
    audit: {
      list: [
        [page],
        [{ accountId, ...page }],
        [{ userId, ...page }],
        [{ credentialId: keyId, ...page }],
        [{ requestId: 'request-1', ...page }],
        // The two that `core/audit/read.ts` asks for only within some entries that `stepBack` has found.
        [{ accountId: teamId, credentialId: keyId, fromId: lastEventId - 10_000, ...page }],
        [{ accountId, event: 'key.revoked', fromId: lastEventId - 10_000, ...page }],
        [{ actor: 'operator', fromId: lastEventId - 10_000, ...page }],
      ],
      stepBack: [
        [{ steps: 10_000 }],
        [{ accountId, steps: 10_000 }],
        [{ accountId, userId, steps: 10_000 }],
        [{ accountId: teamId, credentialId: keyId, steps: 10_000 }],
      ],
      refusedOften: [[{ credentialIds: keys, sinceMs: nowMs - DAY_MS, times: 20 }]],
      namesOf: [[{ users: [userId], credentials: keys, accountId }]],
      head: [[]],
      unchained: [[500]],
      chained: [[1000, 500]],
    },
    brand: { findBrand: [[]] },
    changes: {
      place: [[]],
      pageAfter: [[{ epoch: '', change: { number: 10, mark: null }, event: { number: 10, mark: null } }, 500]],
      changesAfter: [[10, 500]],
      activeRevocations: [
        [nowMs, { after: 0, limit: 2000 }],
        [nowMs, { after: 1000, limit: 2000 }],
      ],
    },
    credentials: {
      findTokenById: [[tokenId]],
      findKeyByHash: [[HASH]],
      getCredential: [['key', keyId]],
      findCredentials: [[keys]],
      listCredentials: [
        [{ kind: 'token', userId, withRevoked: false, ...page }],
        [{ kind: 'token', userId, withRevoked: true, ...page }],
        [{ kind: 'key', accountId, withRevoked: false, ...page }],
        [{ kind: 'key', accountId, withRevoked: true, ...page }],
        [{ kind: 'key', withRevoked: false, ...page }],
        [{ kind: 'token', withRevoked: false, ...page }],
      ],
      useByDay: [[keys, today - 30]],
      useOfAccount: [[{ accountId, sinceDay: today - 30, nowMs }]],
      permissionUse: [[{ credentialIds: [keyId], sinceDay: today - 90, recentSinceDay: today - 30 }]],
      permissionsObservedSinceMs: [[]],
      findUndo: [[{ credentialId: keyId, nowMs }]],
      listJudged: [
        [{ accountId, kind: 'key', after: null, limit: 50, nowMs }],
        [{ accountId, kind: 'token', after: null, limit: 50, nowMs }],
      ],
      usedPermissions: [[{ credentialIds: keys, sinceDay: today - 90 }]],
    },
    ends: {
      inTheWayOf: [[userId]],
      whatEnds: [
        [{ what: 'key', keyId }, nowMs],
        [{ what: 'application', applicationId }, nowMs],
        [{ what: 'account', accountId: teamId }, nowMs],
        [{ what: 'user', userId, accountId }, nowMs],
        [{ what: 'member', userId, accountId: teamId }, nowMs],
      ],
    },
    factors: {
      listPasskeys: [[userId]],
      findPasskey: [['none']],
      findTotp: [[userId]],
      countRecoveryCodes: [[userId]],
      listIdentities: [[userId]],
      findIdentity: [['google', 'none']],
    },
    grants: {
      grantsOf: [[{ userId, applicationId }]],
      listConnected: [[userId, nowMs]],
      findCode: [[HASH]],
    },
    holders: {
      listsOfCredentials: [[{ after: null, limit: 500, nowMs }], [{ after: 5000, limit: 500, nowMs }]],
      listsOfApplications: [[{ after: 5000, limit: 500, nowMs }]],
      listsOfGrants: [[{ after: 5000, limit: 500, nowMs }]],
      listsOfSessions: [[{ after: 'of-a', limit: 500, nowMs }]],
      describeCredentials: [[keys]],
      describeApplications: [[[applicationId]]],
    },
    imports: {
      hasImports: [[]],
      findForeign: [[HASH]],
      usersByForeignId: [['csv', ['1', '2']]],
      usersByAddress: [[['heavy@example.com']]],
      credentialsByForeignId: [['csv', ['1', '2']]],
      knownHashes: [[[HASH]]],
      activeAccounts: [[[accountId, teamId]]],
    },
    invitations: {
      listInvitations: [[teamId, nowMs]],
      findInvitation: [[teamId, 1, nowMs]],
      listInvitationsBy: [[userId, nowMs]],
      findInvitationByTicket: [[HASH, nowMs]],
    },
    jwts: {
      findJwt: [['active-00000001']],
      listJwts: [
        [{ keyId, nowMs, withEnded: false, ...page }],
        [{ keyId, nowMs, withEnded: false, subjectBegins: 'nobody', ...page }],
        [{ keyId, nowMs, withEnded: false, before: { issuedAtMs: nowMs - 1000, jti: '' }, ...page }],
        [{ keyId, nowMs, withEnded: true, ...page }],
        [{ keyId, nowMs, withEnded: true, before: { issuedAtMs: nowMs - 1000, jti: '' }, ...page }],
      ],
    },
    mails: { listMails: [[page], [{ beforeId: 5000, ...page }]], findMail: [[1]] },
    masterSecret: {
      secretCheck: [[]],
      listSealed: [[{ kind: 'totp', afterId: 0, limit: 100 }], [{ kind: 'refresh-key', afterId: 0, limit: 100 }]],
    },
    members: {
      accountsOf: [[administrator]],
      findAccountOf: [[administrator, teamId]],
      listMembers: [
        [team, { limit: 1001 }],
        [team, { roles: ['owner', 'admin'], limit: 50 }],
        [{ id: 1, kind: 'operator' }, { limit: 1001 }],
        [{ id: accountId, kind: 'personal' }, { limit: 1001 }],
      ],
      membersAmong: [
        [team, [userId, userId + 1]],
        [{ id: 1, kind: 'operator' }, [userId]],
      ],
    },
    // Counts all holders of every permission: only a command of the operator asks for that.
    permissions: { listPermissions: [[]], listRoutes: [[]], countHolders: [] },
    profile: {
      findPasswordHash: [[userId]],
      pendingEmail: [[userId, nowMs]],
      readEnding: [[{ userId, all: true, nowMs }], [{ userId, all: false, nowMs }]],
      asksForVerifiedEmail: [[]],
    },
    reminders: {
      remindable: [
        [{ afterId: 0, expiresBeforeMs: 0, secretMadeBeforeMs: 0, createdBeforeMs: 0, nowMs, limit: 200 }],
        [{ afterId: keyId, expiresBeforeMs: nowMs, secretMadeBeforeMs: nowMs, createdBeforeMs: nowMs, nowMs, limit: 200 }],
      ],
      remindedOf: [[keys]],
    },
    sessions: {
      listSessionsOfUser: [[userId, { limit: 100, nowMs }]],
      listSessionsOfApplication: [[applicationId, { limit: 100, nowMs }]],
      findSession: [['of-app-00000001']],
      findSessionState: [['of-app-00000001']],
      countSessionsBySignIn: [[userId, nowMs]],
      findSessions: [[['of-app-00000001', 'of-user-00000001']]],
      findSeal: [['of-app-00000001']],
      newestRefreshKey: [[]],
      findRefreshKey: [[1]],
    },
    signIns: {
      findSignIn: [[HASH, notBefore]],
      listSignIns: [[userId, notBefore, 101]],
      knowsBrowser: [
        [userId, HASH],
        [userId, null],
      ],
    },
    signingKeys: { listSigningKeys: [[]], rotationDays: [[]] },
    tickets: { findTicket: [['used', HASH, nowMs]] },
  };
}
