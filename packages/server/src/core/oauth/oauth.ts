/**
 * The OAuth 2.1 and OpenID Connect endpoints: authorization with consent, tokens, introspection, revocation, log-out, userinfo,
 * metadata.
 *
 * Owns: grants (what a user has allowed an application), codes, ID tokens. Applications belong to `applications`, sessions to
 * `sessions`.
 * Used by: `/auth`, `/auth/{token,introspect,revoke,logout,userinfo}`, `/.well-known/…`, the consent page,
 * `/dashboard/api/connected`.
 */
import { permits } from '@keyhouse/protocol';
import type { ApplicationsStore } from '../applications/application.ts';
import { type By, happened } from '../audit/event.ts';
import type { Caller, OpaqueCaller, SessionCaller } from '../caller.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { Compose } from '../mail/compose.ts';
import type { PermissionIndex } from '../permissions/permission-set.ts';
import type { ChangeFollower } from '../revocations/follower.ts';
import type { SessionPorts } from '../sessions/refresh.ts';
import type { KeyRing } from '../signing-keys/signing-key.ts';
import type { AccountsStore } from '../users/account.ts';
import type { TicketsStore } from '../users/ticket.ts';
import type { Verify } from '../verify.ts';
import {
  type AuthorizePorts,
  answerConsent,
  askConsent,
  authorize,
  type ConsentAnswer,
  park,
  resume,
  type SignedInPerson,
} from './authorize.ts';
import { type AuthenticatedClient, authenticateClient, type ClientProof } from './client.ts';
import { cacheClients } from './client-cache.ts';
import type { Redemption } from './code.ts';
import type { GrantsStore } from './grant.ts';
import { readIdTokenHint } from './id-token.ts';
import { type Asking, introspect, introspectAsClient } from './introspect.ts';
import { beginLogout, type LogoutWish, openLogout, type Present, parkLogout, resumeLogout } from './logout.ts';
import { authorizationServerMetadata, openIdConfiguration } from './metadata.ts';
import { type RevokePorts, revokePresented } from './revoke.ts';
import { tokenByClientCredentials, tokenByCode, tokenByRefresh } from './token-endpoint.ts';
import { userInfoOf } from './user-info.ts';

export interface OauthPorts extends Omit<RevokePorts, 'pollChanges' | 'sessions'>, SessionPorts, Pick<AuthorizePorts, 'members'> {
  readonly applications: ApplicationsStore;
  readonly accounts: Pick<AccountsStore, 'findUser'>;
  readonly grants: GrantsStore;
  readonly tickets: Pick<TicketsStore, 'useOnce'>;
  readonly verify: Verify;
  readonly follower: ChangeFollower;
  readonly index: () => PermissionIndex;
  readonly renewIndex: (state: { readonly isChanging: boolean }) => Promise<void>;
  readonly keys: () => KeyRing;
  readonly signingAlgorithms: () => readonly string[];
  readonly compose: Compose;
  readonly secret: MasterSecret;
  readonly secrets: readonly MasterSecret[];
  /** Public origin. */
  readonly issuer: string;
  readonly audience: string;
  /** When a token or key expires; null: never. */
  readonly endOf: (caller: OpaqueCaller) => number | null;
  readonly usePermission: (caller: OpaqueCaller, permission: string) => void;
  readonly countUse: (caller: Caller, permission: string | null) => void;
}

export type Oauth = ReturnType<typeof bindOauth>;

export function bindOauth(ports: OauthPorts) {
  const { compose, grants, clock, follower } = ports;
  const applications = { findClient: cacheClients(ports.applications, follower) };
  const readHint = (text: string) => readIdTokenHint(ports, text);
  const authorizePorts: AuthorizePorts = {
    ...ports,
    applications,
    composeConnected: (user, facts) => compose('application-connected', { email: user.email, userId: user.id }, facts),
    userOfIdToken: (text, clientId) => {
      const hint = readHint(text);
      return hint?.clientId === clientId ? hint.userId : null;
    },
  };
  const tokenPorts = {
    ...ports,
    findUser: (id: number) => ports.accounts.findUser(id),
    composeReuse: (user: { email: string; id: number }, facts: Parameters<typeof compose<'session-reuse'>>[2]) =>
      compose('session-reuse', { email: user.email, userId: user.id }, facts),
  };
  const logoutPorts = { ...ports, applications, readHint };
  const clientPorts = { ...ports, applications };
  const about = () => ({
    issuer: ports.issuer,
    signingAlgorithms: ports.signingAlgorithms(),
    permissions: ports.index().grantable ?? [],
  });

  return {
    authorize: (parameters: Parameters<typeof authorize>[1], person: SignedInPerson | null, by: By) =>
      authorize(authorizePorts, parameters, person, by),
    park: (parameters: Parameters<typeof park>[1]) => park(authorizePorts, parameters),
    resume: (text: string, person: SignedInPerson | null, by: By) => resume(authorizePorts, text, person, by),
    askConsent: (text: string, person: SignedInPerson) => askConsent(authorizePorts, text, person),
    answerConsent: (answer: ConsentAnswer, person: SignedInPerson, by: By) => answerConsent(authorizePorts, answer, person, by),

    findClient: applications.findClient,
    authenticateClient: (proof: ClientProof) => authenticateClient(clientPorts, proof),
    tokenByCode: (client: AuthenticatedClient, redemption: Redemption, by: By) => tokenByCode(tokenPorts, client, redemption, by),
    tokenByRefresh: (client: AuthenticatedClient, input: Parameters<typeof tokenByRefresh>[2], by: By) =>
      tokenByRefresh(tokenPorts, client, input, by),
    tokenByClientCredentials: (client: AuthenticatedClient, scope: string | null) =>
      tokenByClientCredentials(tokenPorts, client, scope, clock.now()),

    introspect: (asker: OpaqueCaller, asking: Asking) => {
      if (permits(asker.permissions, 'keyhouse.verify')) ports.usePermission(asker, 'keyhouse.verify');
      return introspect(ports, asker, asking);
    },
    introspectAsClient: ({ client }: AuthenticatedClient, text: string) => introspectAsClient(ports, client, text),
    revokePresented: (text: string, client: AuthenticatedClient | null, by: By) =>
      revokePresented({ ...ports, pollChanges: () => follower.poll() }, text, client?.client ?? null, by),
    /** Null when the user is deleted or disabled. */
    userInfo: async ({ userId, scopes }: SessionCaller) => {
      const user = await ports.accounts.findUser(userId);
      return user === null || user.disabledAtMs !== null ? null : userInfoOf(user, scopes);
    },

    beginLogout: (wish: LogoutWish, present: Present | null) => beginLogout(logoutPorts, wish, present),
    parkLogout: (wish: LogoutWish) => parkLogout(logoutPorts, wish),
    resumeLogout: (text: string, present: Present | null) => resumeLogout(logoutPorts, text, present),
    openLogout: (text: string) => openLogout(logoutPorts, text),

    authorizationServerMetadata: () => authorizationServerMetadata(about()),
    openIdConfiguration: () => openIdConfiguration(about()),

    /** What a user has connected, with the sessions under it. */
    listConnected: (userId: number) => grants.listConnected(userId, clock.now()),
    /** *Disconnect*: with every session under it. False if it does not exist, or is another user's. */
    endGrant: ({ id, userId }: { readonly id: number; readonly userId: number }, by: By): Promise<boolean> => {
      const nowMs = clock.now();
      return grants.endGrant({ id, userId, nowMs, event: happened(by, nowMs, 'grant.ended', { details: { grant: id } }) });
    },
  };
}
