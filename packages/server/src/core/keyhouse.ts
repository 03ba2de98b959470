/**
 * Keyhouse without its doors: every verb bound to its ports. The table of contents of core; whoever wants to know what the
 * server can do reads what `createKeyhouse` returns. The command line builds the same and never starts it.
 */
import { FEED_TYPE, forwardClock, parseCredential, permits } from '@keyhouse/protocol';
import type { User } from './accounts/account.ts';
import { administrationVerbs } from './accounts/administration.ts';
import { type Brand, DEFAULT_BRAND, loadBrand, setBrand } from './accounts/brand.ts';
import { type CreateUserInput, createMissingAdministrator, createUser } from './accounts/create-user.ts';
import { type DisableUserInput, disableUser, enableUser } from './accounts/disable-user.ts';
import { type InvitationFacts, inviteVerbs } from './accounts/invite.ts';
import { findSignIn, type OpenSignInInput, openSignIn } from './accounts/open-sign-in.ts';
import { operatorAccountVerbs } from './accounts/operator-accounts.ts';
import { openPasswordHashing } from './accounts/password-hashing.ts';
import type { Provider } from './accounts/provider-port.ts';
import { resetPassword } from './accounts/reset-password.ts';
import { createSignInLimits, type Limiter, networkOf } from './accounts/sign-in-limits.ts';
import type { SignUp } from './accounts/sign-up.ts';
import { teamVerbs } from './accounts/team.ts';
import { visitorVerbs } from './accounts/visitor.ts';
import { chainAudit } from './audit/chain.ts';
import type { By, Person } from './audit/event.ts';
import { createRefusalRecorder } from './audit/refusals.ts';
import { type Caller, isOpaque, type OpaqueCaller, type SessionCaller } from './caller.ts';
import type { From } from './credentials/from.ts';
import { homeOf } from './credentials/home.ts';
import { importKeys, type KeysWish } from './credentials/import-keys.ts';
import { importSanctum, type SanctumWish } from './credentials/import-sanctum.ts';
import { issueKey, issueToken, type KeyWish, type TokenWish } from './credentials/issue.ts';
import { leastOf } from './credentials/least.ts';
import { logIn } from './credentials/log-in.ts';
import { narrowCredential } from './credentials/narrow.ts';
import { UNTOLD_PERMISSION } from './credentials/permission-use.ts';
import { register } from './credentials/register.ts';
import { remindPeople } from './credentials/reminders.ts';
import { revokeCredential } from './credentials/revoke.ts';
import { rotateCredential } from './credentials/rotate.ts';
import { createTell } from './credentials/tell.ts';
import { tendVerbs } from './credentials/tend.ts';
import { undoNarrowing } from './credentials/undo.ts';
import { createUsage } from './credentials/usage.ts';
import { UseRecorder } from './credentials/use-recorder.ts';
import { CredentialVerifier } from './credentials/verify.ts';
import type { Job } from './jobs.ts';
import { runJobs } from './jobs.ts';
import { decodeJwt } from './jwts/decode.ts';
import { signJws } from './jwts/jws.ts';
import { SIGNING_ALGORITHMS } from './jwts/jwt.ts';
import { type KeyRingKeeper, keepKeyRing } from './jwts/key-ring.ts';
import { listJwts } from './jwts/list.ts';
import { checkMasterSecret, rotateMasterSecret, standingSecret } from './jwts/master-secret.ts';
import { type Minted, mintJwt } from './jwts/mint.ts';
import { revokeJwt } from './jwts/revoke.ts';
import { revokeJwtsOfKey } from './jwts/revoke-all.ts';
import {
  ensureSigningKeys,
  type RotatePorts,
  rotateIfDue,
  rotateSigningKeys,
  rotationDays,
  scheduleRotation,
} from './jwts/rotate.ts';
import { createSeenJwts } from './jwts/seen.ts';
import type { Wish } from './jwts/wish.ts';
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { MasterSecret } from './lib/master-secret.ts';
import { rarely } from './lib/rarely.ts';
import { createCompose, openBody } from './mail/compose.ts';
import { deliverMails } from './mail/deliver.ts';
import type { Circumstances } from './mail/letters.ts';
import type { MailDraft, MailTransport, MailWithBody } from './mail/mail.ts';
import { type AuthorizePorts, authorizeVerbs } from './oauth/authorize.ts';
import { type AuthenticatedClient, authenticateClient, type ClientProof } from './oauth/client.ts';
import { cacheClients } from './oauth/client-cache.ts';
import type { Redemption } from './oauth/code.ts';
import { readIdTokenHint } from './oauth/id-token.ts';
import { type Asking, introspect, introspectAsClient } from './oauth/introspect.ts';
import { beginLogout, type LogoutWish, openLogout, type Present, parkLogout, resumeLogout } from './oauth/logout.ts';
import { applicationVerbs } from './oauth/manage-applications.ts';
import { authorizationServerMetadata, openIdConfiguration } from './oauth/metadata.ts';
import { revokePresented } from './oauth/revoke.ts';
import { tokenByClientCredentials, tokenByCode, tokenByRefresh } from './oauth/token-endpoint.ts';
import { userInfoOf } from './oauth/user-info.ts';
import { holdersOf } from './permissions/holders.ts';
import { loadPermissionIndex, type PermissionIndex } from './permissions/permission-set.ts';
import { setCatalogue } from './permissions/set-catalogue.ts';
import { setRoutes } from './permissions/set-routes.ts';
import { createFeed } from './revocations/feed.ts';
import { ChangeFollower } from './revocations/follower.ts';
import { createRefreshKeys, rememberSeals } from './sessions/refresh-keys.ts';
import { SeenSessions } from './sessions/seen.ts';
import { type EndReason, UNRECORDED_JWT_SECONDS } from './sessions/session.ts';
import type { Store } from './store.ts';
import { createSweep, SWEEP_EVERY_MS } from './sweep.ts';
import { StoreUnavailable } from './unavailable.ts';
import { createVerify } from './verify.ts';

export interface Settings {
  /** Public origin; `iss` of every JWT, and `aud` as long as there is one API. */
  readonly issuer: string;
  readonly maxJwtDays: number;
  readonly signup: SignUp['signup'];
  /** Left out: an invitation to a team opens no registration. */
  readonly teamInvitationsRegister?: boolean;
  readonly signingAlgorithm: 'ES256' | 'RS256';
  /** A secret is old after so many days; 0: never. */
  readonly remindSecretDays?: number;
}

export type { Log };

export interface KeyhousePorts {
  readonly store: Store;
  readonly secret: MasterSecret;
  readonly secretPrevious: MasterSecret | null;
  readonly limiter: Limiter;
  /** Null or left out: there is no mail server. */
  readonly transport?: MailTransport | null;
  /** Other OpenID providers that people may sign in with. */
  readonly providers?: readonly Provider[];
  readonly clock: Clock;
  /** Milliseconds that only go forward. */
  readonly monotonicMs: () => number;
  /** The same, for what takes hours and days. Left out: `monotonicMs`. */
  readonly elapsedMs?: () => number;
  readonly log: Log;
  readonly settings: Settings;
}

export type Keyhouse = ReturnType<typeof createKeyhouse>;

/** Asking is no use, and where it would be used from is not judged. */
/** What a server signs between a rotation and hearing of it counts too, and its clock may be ahead. */
const UNRECORDED_SECONDS = UNRECORDED_JWT_SECONDS + 120;
const NOWHERE = { address: null, userAgent: null };
const ASKING = { counted: false, address: false };
const WENT_BACK = {
  database:
    'The database is behind what was read of it: it failed over to a standby that lagged, or an older copy was restored. Every server and guard starts over; what was committed after that moment is lost.',
  clock: 'The clock of this machine was set back by more than half an hour. Every server and guard reads again what is revoked.',
} as const;
const SERVER: By = { actor: 'server', requestId: null, person: {} };
const DEFAULT_REMIND_SECRET_DAYS = 365;

export function createKeyhouse(ports: KeyhousePorts) {
  const { store, log, settings, monotonicMs } = ports;
  const clock: Clock = { now: forwardClock(ports.clock.now) };
  const { issuer } = settings;
  const audience = issuer;
  const secrets = ports.secretPrevious === null ? [ports.secret] : [ports.secret, ports.secretPrevious];

  const passwords = openPasswordHashing();
  const limits = createSignInLimits({ ...store, limiter: ports.limiter, clock, addressKey: ports.secret.addressKey() });
  const refusals = createRefusalRecorder({ audit: store.audit, clock });
  const use = new UseRecorder();
  const seenSessions = new SeenSessions();
  const follower = new ChangeFollower({
    changes: store.changes,
    // The clock as it is: the moment of a reading is compared with the clocks of others.
    clock: ports.clock,
    monotonicMs,
    onError: rarely(SECOND_MS, monotonicMs, (omitted, error: unknown) =>
      log.error({ err: error, omitted }, 'The list of changes cannot be read.'),
    ),
    onWentBack: (what, position) => log.error({ position }, WENT_BACK[what]),
  });
  const rotatePorts: RotatePorts = {
    ...store,
    secrets,
    clock,
    unrecordedJwtSeconds: UNRECORDED_SECONDS,
  };

  // Read at start, then again whenever the list of changes says so.
  let keyRing: KeyRingKeeper | null = null;
  let permissions: PermissionIndex | null = null;
  const keys = () => started(keyRing).keys();
  const permissionExists = (name: string): boolean => started(permissions).exists(name);

  let verifiedEmailFirst = false;
  // Once there is one there always is.
  let hasImports = false;
  const feed = createFeed({
    ...{ changes: store.changes, follower, clock, monotonicMs: ports.elapsedMs ?? monotonicMs, issuer },
    sign: (payload) => signJws(keys().current, FEED_TYPE, payload),
  });
  const credentials = new CredentialVerifier({ ...store, clock, follower, use });
  const jwtPorts = { keys, issuer, audience, clock, seen: createSeenJwts() };
  const verify = createVerify({ credentials, hasImports: () => hasImports, jwts: jwtPorts, follower });
  const signUp: SignUp = { signup: settings.signup, teamInvitationsRegister: settings.teamInvitationsRegister ?? false };
  const signInStores = { signIns: store.signIns, clock };
  const userPorts = { ...store, passwords, clock };
  const signInPorts = { ...store, secrets, passwords, limits, refusals, clock, ...signUp };
  const mintPorts = {
    ...store,
    catalogue: async () => started(permissions).names,
    ...{ keys, issuer, audience, clock },
    maxJwtDays: settings.maxJwtDays,
  };

  const sweep = createSweep({
    ...{ store, follower, clock, log, holder: instanceName },
    monotonicMs: ports.elapsedMs ?? monotonicMs,
  });
  let lastReminderMs = 0;
  let brand: Brand = DEFAULT_BRAND;
  const compose = createCompose({ secret: ports.secret, clock, look: () => brand, url: issuer });
  const composeFactorsReset = (user: User): MailDraft =>
    compose(
      'factor-changed',
      { email: user.email, userId: user.id },
      { what: 'reset', atMs: clock.now(), address: null, device: null },
    );
  const composeInvitation = (to: string, facts: InvitationFacts): MailDraft =>
    compose('invitation', { email: to, userId: null }, facts);

  const transport = ports.transport ?? null;
  const stopping = new AbortController();
  const deliverPorts = {
    mails: store.mails,
    transport,
    secrets,
    clock,
    log,
    host: new URL(issuer).hostname,
    stopping: stopping.signal,
  };
  const visitorPorts = {
    ...store,
    limits,
    passwords,
    refusals,
    compose,
    clock,
    log,
    secrets,
    secret: ports.secret,
    standingSecret: async () => {
      const standing = await standingSecret({ ...store, secrets });
      if (standing.ok) return standing.value;
      throw new StoreUnavailable('The master secret was rotated: this server must be started with the new one.');
    },
    url: issuer,
    brand: () => brand,
    ...signUp,
    providers: ports.providers ?? [],
  };
  const visitor = visitorVerbs(visitorPorts);

  const index = () => started(permissions);
  const reload = reloader(async () => {
    await keyRing?.reload();
    permissions = await loadPermissionIndex(store.permissions);
    brand = await loadBrand(store);
    hasImports ||= await store.imports.hasImports();
  });
  const renewIndex = async ({ isChanging }: { isChanging: boolean }): Promise<void> => {
    if (isChanging) permissions = await loadPermissionIndex(store.permissions);
    else await reload.run();
  };
  const refreshKeys = createRefreshKeys({ ...store, secrets, standingSecret: visitorPorts.standingSecret, clock });
  const sessions = { ...store.sessions, findSeal: rememberSeals(store.sessions) };
  const sessionPorts = { sessions, refreshKeys, clock };
  const applications = { findClient: cacheClients(store.applications, follower) };
  const reportUsage = createUsage({
    ...{ credentials: store.credentials, use, refusals, permissionExists, networkOf, clock },
    recognize: (presented) => credentials.recognize(presented),
    findSessions: async (ids) => new Map((await store.sessions.findSessions(ids)).map((session) => [session.id, session])),
    findApplication: applications.findClient,
    seeSession: (id, atMs) => seenSessions.record(id, atMs),
  });
  const introspectPorts = {
    ...{ verify, issuer, audience },
    endOf: (caller: OpaqueCaller) => credentials.endOf(caller),
    countUse: (caller: Caller, permission: string | null): void => {
      if (isOpaque(caller)) use.record(caller.credentialId, caller.isPreviousSecret, NOWHERE, clock.now());
      else useJwt(caller, NOWHERE);
      usePermission(caller, isOf(caller, permission) ? permission : UNTOLD_PERMISSION);
    },
  };
  const isOf = ({ permissions: held }: Caller, permission: string | null): permission is string =>
    permission !== null && permissionExists(permission) && permits(held, permission);
  const clientPorts = { ...store, applications, issuer, clock };
  const tokenPorts = {
    ...store,
    ...sessionPorts,
    ...{ index, renewIndex, keys, issuer, audience },
    findUser: (id: number) => store.accounts.findUser(id),
    composeReuse: (user: User, facts: Circumstances & { readonly application: string }): MailDraft =>
      compose('session-reuse', { email: user.email, userId: user.id }, facts),
  };
  const readHint = (text: string) => readIdTokenHint({ keys, issuer }, text);
  const authorizePorts: AuthorizePorts = {
    ...store,
    ...{ applications, index, issuer, audience, clock, secrets, secret: ports.secret },
    composeConnected: (user, facts) => compose('application-connected', { email: user.email, userId: user.id }, facts),
    userOfIdToken: (text, clientId) => {
      const hint = readHint(text);
      return hint?.clientId === clientId ? hint.userId : null;
    },
  };
  const logoutPorts = { applications, sessions: store.sessions, readHint, secret: ports.secret, secrets, clock };

  const credentialPorts = {
    credentials: store.credentials,
    clock,
    permissionExists,
    catalogue: () => started(permissions).names,
    rules: { oldSecretDays: settings.remindSecretDays ?? DEFAULT_REMIND_SECRET_DAYS },
    tell: createTell({ ...store, compose }),
  };

  return {
    store,
    clock,
    startedAtMs: clock.now(),
    limitsInForce: { maxJwtDays: settings.maxJwtDays },
    follower,
    feed,
    refusals,
    verify,

    register: async (input: Parameters<typeof register>[1]) => {
      const registered = await register(signInPorts, input);
      if (registered.ok) await visitor.sendFirstVerification(registered.user, input.by);
      return registered;
    },
    logIn: (input: Parameters<typeof logIn>[1]) => logIn(signInPorts, input),
    createUser: (input: CreateUserInput) => createUser(userPorts, input),
    createMissingAdministrator: (input: Parameters<typeof createMissingAdministrator>[1]) =>
      createMissingAdministrator(userPorts, input),
    disableUser: (input: DisableUserInput) => disableUser(userPorts, input),
    enableUser: (input: DisableUserInput) => enableUser(userPorts, input),
    resetPassword: (input: Parameters<typeof resetPassword>[1]) => resetPassword({ ...userPorts, compose }, input),
    openSignIn: (input: OpenSignInInput) => openSignIn({ ...signInStores, compose }, input),
    ...visitor,
    sendsMail: transport !== null,
    /** Whether this user must verify the address before creating a secret. Never where no mail can be sent. */
    mustVerifyEmail: ({ emailVerifiedAtMs }: User): boolean =>
      verifiedEmailFirst && transport !== null && emailVerifiedAtMs === null,
    remindPeople: remind,
    /** Deletes what has expired and is not needed any more; a job does it. */
    sweep: sweep.run,
    /** The body of a mail that is kept. It may hold a link that lets somebody in, so whoever reads it is on record. */
    readMail: async (mail: MailWithBody, reader: User, by: By) => {
      const { recipient, sealedBody } = mail;
      const body = sealedBody === null ? null : openBody(secrets, { recipient, sealedBody });
      if (body === null || !body.ok) return null;
      const event = {
        event: 'mail.read',
        atMs: clock.now(),
        by,
        userId: reader.id,
        details: { mail: mail.id, kind: mail.kind },
      } as const;
      await store.audit.record({ events: [event] });
      return body.value;
    },
    sendTestMail: (user: User, by: By): Promise<void> => {
      const mails = [compose('test', { email: user.email, userId: user.id }, {})];
      return store.audit.record({ events: [{ event: 'mail.tested', atMs: clock.now(), by, userId: user.id, mails }] });
    },
    findSignIn: (secret: string) => findSignIn(signInStores, secret),
    /** Not waited for by the one who calls: it is only what the list of sign-ins shows. */
    seeSignIn(id: number, person: Person): void {
      const { address, userAgent } = { address: null, userAgent: null, ...person };
      store.signIns
        .seeSignIn({ id, nowMs: clock.now(), address, userAgent })
        .catch((error: unknown) => log.warn({ err: error }, 'When a sign-in was seen last could not be written.'));
    },
    ...administrationVerbs({ ...store, clock, composeFactorsReset }),
    ...operatorAccountVerbs({ ...store, compose, clock }),
    clearSignInLimits: async ({ userId, emailKey, by }: { userId: number; emailKey: string; by: By }) => {
      await limits.clear({ userId, emailKey });
      await store.audit.record({ events: [{ event: 'limits.cleared', atMs: clock.now(), by, userId }] });
    },
    setCatalogue: async (input: Parameters<typeof setCatalogue>[1]) => {
      const set = await setCatalogue({ ...store, clock }, input);
      permissions = await loadPermissionIndex(store.permissions);
      return set;
    },
    holdersOf: (names: readonly string[]) => holdersOf({ ...store, clock }, names),
    setRoutes: async (input: Parameters<typeof setRoutes>[1]) => {
      const set = await setRoutes({ ...store, clock }, input);
      permissions = await loadPermissionIndex(store.permissions);
      return set;
    },
    rotationDays: () => rotationDays(store),
    scheduleRotation: (input: { days: number; by: By }) => scheduleRotation({ ...store, clock }, input),
    /** How the operator's place looks; in memory. */
    brand: (): Brand => brand,
    setBrand: async (input: Parameters<typeof setBrand>[1]) => {
      const faults = await setBrand({ ...store, clock }, input);
      if (faults.length === 0) brand = await loadBrand(store);
      return faults;
    },
    ...teamVerbs({ members: store.members, clock }),
    ...inviteVerbs({ ...signUp, invitations: store.invitations, limits, clock, url: issuer, composeInvitation }),
    findUser: (id: number): Promise<User | null> => store.accounts.findUser(id),

    issueKey: (wish: KeyWish, by: By) => issueKey(credentialPorts, wish, by),
    issueToken: (wish: TokenWish, by: By) => issueToken(credentialPorts, wish, by),
    importSanctum: (wish: SanctumWish, by: By) => importSanctum({ ...store, clock, permissionExists, by }, wish),
    importKeys: (wish: KeysWish, by: By) => importKeys({ ...store, clock, permissionExists, by }, wish),
    ...tendVerbs(credentialPorts),
    findApplicationLogo: (clientId: string) => store.applications.findLogo(clientId),
    ...applicationVerbs({ applications: store.applications, clock, catalogue: () => started(permissions) }),
    homeOf: (accountId: number) => homeOf({ ...credentialPorts, audit: store.audit }, accountId),
    leastOf: (about: Parameters<typeof leastOf>[1]) => leastOf(credentialPorts, about),
    usePermission,
    useJwt,
    /** Writes the use that was counted so far; a job does it every two seconds. */
    flushUse: async (): Promise<void> => {
      await Promise.all([use.flush(store.credentials, { ...ports, end: true }), seenSessions.flush(store.sessions)]);
    },
    reportUsage,
    narrow: (input: Parameters<typeof narrowCredential>[1], by: By) => narrowCredential(credentialPorts, input, by),
    undoNarrowing: (input: Parameters<typeof undoNarrowing>[1], by: By) => undoNarrowing(credentialPorts, input, by),
    rotate: (input: Parameters<typeof rotateCredential>[1], by: By) => rotateCredential(credentialPorts, input, by),
    revoke: (input: Parameters<typeof revokeCredential>[1], by: By) => revokeCredential(credentialPorts, input, by),

    mint: async (caller: OpaqueCaller, wish: Wish, by: By): Promise<Minted> => {
      const minted = await mintJwt(mintPorts, { key: { ...caller, id: caller.credentialId }, wish, by });
      // A look may not have noticed it: the key may have been created and lost between two looks.
      if (!minted.ok && minted.reason === 'key_gone') await follower.renewEpoch('database');
      // Whoever verifies the key again next must see what changed it.
      if (!minted.ok && (minted.reason === 'key_changed' || minted.reason === 'key_gone')) await follower.look();
      if (minted.ok)
        for (const wished of minted.value.jwt.permissions) use.recordPermission(caller.credentialId, wished, clock.now());
      return minted;
    },
    listJwts: (input: Parameters<typeof listJwts>[1]) => listJwts({ ...store, clock }, input),
    revokeJwtsOfKey: (input: Parameters<typeof revokeJwtsOfKey>[1], by: By) => revokeJwtsOfKey({ ...store, clock }, input, by),
    decodeJwt: (input: Parameters<typeof decodeJwt>[1]) =>
      decodeJwt({ judge: (text) => verify(parseCredential(text), NOWHERE, ASKING) }, input),
    revokeJwt: (input: Parameters<typeof revokeJwt>[1]) => revokeJwt({ ...store, clock }, input),
    publicKeySet: () => started(keyRing).publicKeySet(),
    rotateSigningKeys: (input: Parameters<typeof rotateSigningKeys>[1]) => rotateSigningKeys(rotatePorts, input),
    rotateMasterSecret: (input: Parameters<typeof rotateMasterSecret>[1]) => rotateMasterSecret({ ...store, clock }, input),

    introspect: (asker: OpaqueCaller, asking: Asking) => {
      if (permits(asker.permissions, 'keyhouse.verify')) use.recordPermission(asker.credentialId, 'keyhouse.verify', clock.now());
      return introspect(introspectPorts, asker, asking);
    },
    introspectAsClient: ({ client }: AuthenticatedClient, text: string) =>
      introspectAsClient({ ...sessionPorts, ...introspectPorts, index }, client, text),
    revokePresented: (text: string, client: AuthenticatedClient | null, by: By) =>
      revokePresented({ ...store, ...sessionPorts, verify, look: () => follower.look() }, text, client?.client ?? null, by),

    ...authorizeVerbs(authorizePorts),
    authenticateClient: (proof: ClientProof) => authenticateClient(clientPorts, proof),
    tokenByCode: (client: AuthenticatedClient, redemption: Redemption, by: By) => tokenByCode(tokenPorts, client, redemption, by),
    tokenByRefresh: (client: AuthenticatedClient, input: Parameters<typeof tokenByRefresh>[2], by: By) =>
      tokenByRefresh(tokenPorts, client, input, by),
    tokenByClientCredentials: (client: AuthenticatedClient, scope: string | null) =>
      tokenByClientCredentials(tokenPorts, client, scope, clock.now()),
    /** Null when the user is gone. */
    userInfo: async ({ userId, scopes }: SessionCaller) => {
      const user = await store.accounts.findUser(userId);
      return user === null || user.disabledAtMs !== null ? null : userInfoOf(user, scopes);
    },
    authorizationServerMetadata: () => authorizationServerMetadata(about()),
    openIdConfiguration: () => openIdConfiguration(about()),
    beginLogout: (wish: LogoutWish, present: Present | null) => beginLogout(logoutPorts, wish, present),
    parkLogout: (wish: LogoutWish) => parkLogout(logoutPorts, wish),
    resumeLogout: (text: string, present: Present | null) => resumeLogout(logoutPorts, text, present),
    openLogout: (text: string) => openLogout(logoutPorts, text),
    /** One session, by its user or its application. False when there is no such one that lives. */
    endSession: ({ id, userId, applicationId, reason }: EndSessionInput, by: By): Promise<boolean> => {
      const nowMs = clock.now();
      const event = { event: 'session.ended', atMs: nowMs, by, reason, details: { session: id } } as const;
      const only = { ...(userId === undefined ? {} : { userId }), ...(applicationId === undefined ? {} : { applicationId }) };
      return store.sessions.endSession({ id, ...only, reason, nowMs, event });
    },
    /** *Disconnect*: with every session under it. False when there is no such grant of this user. */
    endGrant: ({ id, userId }: { id: number; userId: number }, by: By): Promise<boolean> => {
      const nowMs = clock.now();
      const event = { event: 'grant.ended', atMs: nowMs, by, details: { grant: id } } as const;
      return store.grants.endGrant({ id, userId, nowMs, event });
    },
    routes: () => started(permissions).routes,

    /** What a command needs: the permissions that exist, and a master secret that fits. */
    async prepare(): Promise<void> {
      const checked = await checkMasterSecret(store, ports.secret, ports.secretPrevious);
      if (!checked.ok) throw new Error('The master secret is not the one that this database was made with.');
      if (checked.value === 'previous')
        log.warn({}, "The database still stands under the previous master secret: run 'keyhouse secret rotate'.");
      permissions = await loadPermissionIndex(store.permissions);
      brand = await loadBrand(store);
      hasImports = await store.imports.hasImports();
      verifiedEmailFirst = await store.profile.asksForVerifiedEmail();
    },

    /** What a server needs beyond that: signing keys, the list of changes followed, the jobs running. Returns how to stop. */
    async start({ lookEveryMs }: { lookEveryMs: number }): Promise<() => Promise<void>> {
      await this.prepare();
      // Before this server can mint: any other one revokes for as long as these JWTs may live.
      await store.jwts.allowJwtDays({ days: settings.maxJwtDays });
      const ensured = await ensureSigningKeys(rotatePorts, SERVER);
      if (!ensured.ok) throw new Error('The signing keys cannot be made: the master secret is not the one of this database.');
      const keeper = await keepKeyRing(store, secrets, settings.signingAlgorithm);
      keyRing = keeper;
      follower.listen({
        onChange: ({ kind }) => {
          if (kind === 'signing-keys' || kind === 'permissions' || kind === 'brand') reload.ask();
          if (kind === 'imports') hasImports = true;
          if (kind === 'master-secret') log.warn({}, 'The master secret was rotated: start this server with the new one.');
        },
        onReset: () => reload.ask(),
      });
      await follower.start(lookEveryMs);
      const jobs = runJobs(jobsOf(reload.run), (job, error) =>
        log.error({ err: error, job }, 'A job failed; it is tried again.'),
      );
      return async () => {
        follower.stop();
        stopping.abort();
        await jobs.stop();
        // What is still in memory is written, as far as the store allows.
        const last = await Promise.allSettled([this.flushUse(), refusals.flush({ end: true })]);
        for (const { status, ...rest } of last)
          if (status === 'rejected') log.warn({ ...rest }, 'The last counts could not be written.');
        await chainAudit({ audit: store.audit, log }).catch((error: unknown) =>
          log.warn({ err: error }, 'The last events are chained at the next start.'),
        );
      };
    },

    async close(): Promise<void> {
      transport?.close();
      await passwords.close();
      await store.close();
    },
  };

  /** A request asked for this permission and got it. No write, no wait. */
  function usePermission(caller: Caller, permission: string): void {
    if (caller.kind === 'jwt') use.recordPermission(caller.keyId, permission, clock.now());
    else if (isOpaque(caller)) use.recordPermission(caller.credentialId, permission, clock.now());
  }

  /** A JWT was good: its key was used, or its session. No write, no wait. */
  function useJwt(caller: Caller, from: From): void {
    if (caller.kind === 'jwt') use.add(caller.keyId, 1, from, clock.now());
    if (caller.kind === 'session') seenSessions.record(caller.sessionId, clock.now());
  }

  function about() {
    const signingAlgorithms = SIGNING_ALGORITHMS.filter((algorithm) => keys().signing.has(algorithm));
    return { issuer, signingAlgorithms, permissions: index().grantable ?? [] };
  }

  function jobsOf(reload: () => Promise<void>): readonly Job[] {
    return [
      { name: 'reload', everyMs: SECOND_MS / 20, run: reload },
      { name: 'refusals', everyMs: SECOND_MS, run: () => refusals.flush() },
      { name: 'audit-chain', everyMs: SECOND_MS, run: async () => void (await chainAudit({ audit: store.audit, log })) },
      { name: 'mail', everyMs: SECOND_MS, run: () => deliverMails(deliverPorts) },
      { name: 'use', everyMs: 2 * SECOND_MS, run: () => use.flush(store.credentials, ports) },
      { name: 'seen-sessions', everyMs: 2 * SECOND_MS, run: () => seenSessions.flush(store.sessions) },
      { name: 'signing-keys', everyMs: HOUR_MS, run: tendSigningKeys },
      { name: 'remind', everyMs: HOUR_MS, run: remind },
      { name: 'sweep', everyMs: SWEEP_EVERY_MS, run: sweep.run },
    ];
  }

  async function tendSigningKeys(): Promise<void> {
    const nowMs = await sweep.horizonMs();
    if (nowMs === null) return;
    const rotated = await rotateIfDue(rotatePorts, SERVER);
    if (rotated.ok) for (const pair of rotated.value) log.info({ ...pair }, 'The signing keys were rotated.');
    else if (rotated.reason === 'wrong_secret')
      log.error({}, 'The signing keys are due, but this server was started with an old master secret.');
    await store.signingKeys.dropEndedSigningKeys({ nowMs });
  }

  /** Once a day, by one server. */
  async function remind(): Promise<void> {
    const nowMs = clock.now();
    // Asked before the lease: taking it again would lengthen it, and whoever comes after this server would wait a day too long.
    if (lastReminderMs > nowMs - DAY_MS + HOUR_MS / 2) return;
    const isMine = await store.leases.takeLease({
      job: 'remind',
      holder: instanceName,
      nowMs,
      forMs: DAY_MS - HOUR_MS / 2,
    });
    if (!isMine) return;
    const people = await remindPeople({
      ...store,
      ...credentialPorts,
      compose,
      pause: () => new Promise((resolve) => setTimeout(resolve, 20)),
    });
    // Only now: a run that failed is taken up again an hour later.
    lastReminderMs = nowMs;
    if (people > 0) log.info({ people }, 'People were reminded of their credentials.');
  }
}

interface EndSessionInput {
  readonly id: string;
  readonly userId?: number;
  readonly applicationId?: number;
  readonly reason: EndReason;
}

/** Tells servers apart that share a database. */
const instanceName = crypto.randomUUID();

function started<Value>(value: Value | null): Value {
  if (value === null) throw new Error('Keyhouse has not been started.');
  return value;
}

/** Asked for by a change, done by a job, and tried again until it worked. */
function reloader(load: () => Promise<void>): { ask(): void; run(): Promise<void> } {
  let asked = 0;
  let done = 0;
  return {
    ask: () => {
      asked += 1;
    },
    run: async () => {
      if (done === asked) return;
      const upTo = asked;
      await load();
      done = upTo;
    },
  };
}
