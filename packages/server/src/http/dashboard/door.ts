/**
 * Who reaches a handler of the private API: the list of its checks, in order. A bearer credential never does, even with a cookie:
 * this is how API keys can be created only in the dashboard [B2].
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { By, Doer } from '../../core/audit/event.ts';
import { IN_THE_ACT } from '../../core/authority.ts';
import type { Keyhouse } from '../../core/keyhouse.ts';
import { Refusal } from '../../core/refusal.ts';
import { PROOF_LASTS_MS, SEEN_EVERY_MS, type SignIn } from '../../core/sign-ins/sign-in.ts';
import { type AccountWithRole, includesRole, ROLES, type Role } from '../../core/teams/member.ts';
import type { User } from '../../core/users/account.ts';
import type { Authenticator } from '../authenticate.ts';
import type { Endpoint } from './api/endpoint.ts';
import type { Cookies } from './cookies.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** An endpoint of the private API, and its checks. */
    endpoint?: Endpoint;
  }
  interface FastifyRequest {
    /** Set by the private API's door. */
    dashboardCaller: DashboardCaller | null;
  }
}

export interface SignedIn extends SignIn {
  readonly user: User;
}

/** The caller that the door has admitted. */
export interface DashboardCaller {
  readonly signIn: SignedIn | null;
  /** The account of the path, in which the user has the role that the endpoint requires. */
  readonly account: AccountWithRole | null;
  readonly by: By;
  /** For answers that take long: rejects with the door's refusal once the sign-in or the role has ended. */
  readonly recheck: () => Promise<void>;
}

interface Ports {
  readonly keyhouse: Keyhouse;
  readonly authenticator: Authenticator;
  readonly cookies: Cookies;
  readonly url: string;
}

export function guardPrivateApi(app: FastifyInstance, ports: Ports): void {
  app.decorateRequest('dashboardCaller', null);
  app.addHook('onRequest', async (request) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint === undefined) return;
    refuseBearer(request);
    refusePlainWire(ports, request);
    refuseCrossSite(ports, request);
    const signIn = await findSignIn(ports, request);
    refuseStranger(endpoint, signIn, request);
    refuseUnstorable(request);
    const doer = doerOf(ports, request, signIn);
    const account = signIn === null ? null : await findAccount(ports, endpoint, request, signIn, doer);
    if (signIn !== null) await refuseSuspended(ports, endpoint, request, signIn, account);
    const by = byOf(ports, endpoint, request, { doer, signIn, account });
    request.dashboardCaller = { signIn, account, by, recheck: () => recheck(ports, endpoint, request) };
  });
  // A body may take half a minute to arrive; the sign-in or the role may have ended in between.
  app.addHook('preValidation', async (request) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint?.body !== undefined) await recheck(ports, endpoint, request);
  });
  // After the body was validated: the password is not asked for before the fields are right.
  app.addHook('preHandler', async (request) => {
    const { endpoint } = request.routeOptions.config;
    if (endpoint?.verified) refuseUnverified(ports, request);
    if (endpoint?.proof) refuseOldProof(ports, request);
  });
}

/** Even with a valid cookie: a request with an `Authorization` header comes from a program. */
function refuseBearer(request: FastifyRequest): void {
  if (request.headers.authorization !== undefined) throw new Refusal({ code: 'not_signed_in' });
}

function refusePlainWire({ authenticator }: Ports, request: FastifyRequest): void {
  if (!authenticator.isPrivate(request.raw)) throw new Refusal({ code: 'use_https' });
}

/**
 * Cookies are SameSite=Lax; this check protects where a browser does not know that, and against other ports and subdomains of the
 * site.
 */
function refuseCrossSite({ url }: Ports, request: FastifyRequest): void {
  if (request.method === 'GET') return;
  const { origin } = request.headers;
  const isOurs = origin === undefined ? request.headers['sec-fetch-site'] === 'same-origin' : origin === url;
  if (!isOurs) throw new Refusal({ code: 'cross_site' });
}

async function findSignIn({ keyhouse, cookies }: Ports, request: FastifyRequest): Promise<SignedIn | null> {
  const secret = cookies.read(request, 'sign-in');
  const found = secret === null ? null : await keyhouse.signIns.find(secret);
  return found === null ? null : { ...found.signIn, user: found.user };
}

function refuseStranger({ who }: Endpoint, signIn: SignedIn | null, request: FastifyRequest): void {
  if (who === 'anyone') return;
  if (signIn === null || isOfAnother(signIn, request)) throw new Refusal({ code: 'not_signed_in' });
  if (who === 'administrator' && !signIn.user.isAdministrator) throw new Refusal({ code: 'not_allowed' });
}

/**
 * A page says which user it was loaded for (`Keyhouse-User`). If another user has signed in with this browser since, in another
 * tab, what was typed into the page must not be done for them. A page that does not know yet leaves the header out.
 */
function isOfAnother({ user }: SignedIn, { headers }: FastifyRequest): boolean {
  const pageUser = headers['keyhouse-user'];
  return pageUser !== undefined && pageUser !== String(user.id);
}

/** PostgreSQL has no text with a NUL in it, so no id contains one. */
function refuseUnstorable({ params }: FastifyRequest): void {
  const ids = Object.values(params as Record<string, string>);
  if (ids.some((id) => id.includes('\0'))) throw new Refusal({ code: 'not_found' });
}

function doerOf({ keyhouse, authenticator }: Ports, request: FastifyRequest, signIn: SignedIn | null): Doer {
  if (signIn === null) return authenticator.byStranger(request.raw, request.id);
  const person = authenticator.person(request.raw);
  // Not waited for: it is only shown in the list of sign-ins.
  if (keyhouse.clock.now() - signIn.lastSeenAtMs > SEEN_EVERY_MS) keyhouse.signIns.see(signIn.id, person);
  return { actor: `user:${signIn.user.id}`, requestId: request.id, person };
}

/** With what this door required, so that every act of the handler is judged by it again. */
function byOf(
  { keyhouse }: Ports,
  endpoint: Endpoint,
  request: FastifyRequest,
  { doer, signIn, account }: { doer: Doer; signIn: SignedIn | null; account: AccountWithRole | null },
): By {
  const { who, proof } = endpoint;
  if (signIn === null || who === 'anyone') return { ...doer, authority: IN_THE_ACT };
  return {
    ...{ actor: `user:${signIn.user.id}`, requestId: doer.requestId, person: doer.person },
    authority: {
      ...{ kind: 'sign-in', signInId: signIn.id, userId: signIn.user.id },
      asks: who === 'administrator' ? who : account !== null && isRole(who) ? { accountId: account.id, role: who } : null,
      changes: changedAccount(endpoint, request, signIn.user, account),
      provedSinceMs: proof ? keyhouse.clock.now() - PROOF_LASTS_MS : null,
    },
  };
}

const isRole = (who: Endpoint['who']): who is Role => (ROLES as readonly string[]).includes(who);

/** Not a member: the account is reported as missing. A member with a lesser role is told that a higher one is required. */
async function findAccount(
  { keyhouse }: Ports,
  { who }: Endpoint,
  request: FastifyRequest,
  signIn: SignedIn,
  by: Doer,
): Promise<AccountWithRole | null> {
  if (!isRole(who)) return null;
  const { account: text = '' } = request.params as { account?: string };
  const id = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
  const account = id === null ? null : await keyhouse.teams.findAccountOf(signIn.user, id);
  if (account === null) throw new Refusal({ code: 'not_found' });
  if (includesRole(account.role, who)) return account;
  keyhouse.audit.refusals.record({
    event: 'request.refused',
    reason: 'role',
    by,
    subject: { userId: signIn.user.id, accountId: account.id },
    details: { held: account.role, wanted: who },
  });
  throw new Refusal({ code: 'not_allowed' });
}

/** Members of a suspended account may read, and change nothing. */
async function refuseSuspended(
  { keyhouse }: Ports,
  endpoint: Endpoint,
  request: FastifyRequest,
  { user }: SignedIn,
  named: AccountWithRole | null,
): Promise<void> {
  const id = changedAccount(endpoint, request, user, named);
  if (id === null) return;
  const account = id === named?.id ? named : await keyhouse.teams.findAccountOf(user, id);
  if (account !== null && account.suspension !== null) throw new Refusal({ code: 'account_inactive', state: 'suspended' });
}

/** The account in which the endpoint changes something, which must not be suspended; null: it only reads, or ends access. */
function changedAccount(
  { personal, whileSuspended }: Endpoint,
  { method }: FastifyRequest,
  user: User,
  named: AccountWithRole | null,
): number | null {
  if (method === 'GET' || whileSuspended === true) return null;
  return personal === true ? user.accountId : (named?.id ?? null);
}

async function recheck(ports: Ports, endpoint: Endpoint, request: FastifyRequest): Promise<void> {
  const { dashboardCaller } = request;
  if (dashboardCaller === null || dashboardCaller.signIn === null) return;
  const signIn = await findSignIn(ports, request);
  refuseStranger(endpoint, signIn, request);
  const account = signIn === null ? null : await findAccount(ports, endpoint, request, signIn, dashboardCaller.by);
  if (signIn !== null) await refuseSuspended(ports, endpoint, request, signIn, account);
  request.dashboardCaller = { ...dashboardCaller, signIn, account };
}

/** A verified address stays verified, so the act need not check it again. */
function refuseUnverified({ keyhouse }: Ports, { dashboardCaller }: FastifyRequest): void {
  const user = dashboardCaller?.signIn?.user ?? null;
  if (user === null || keyhouse.users.mustVerifyEmail(user)) throw new Refusal({ code: 'email_unverified' });
}

function refuseOldProof({ keyhouse }: Ports, { dashboardCaller }: FastifyRequest): void {
  const provedAtMs = dashboardCaller?.signIn?.provedAtMs ?? Number.NEGATIVE_INFINITY;
  if (keyhouse.clock.now() - provedAtMs > PROOF_LASTS_MS) throw new Refusal({ code: 'proof_required' });
}
