/** The hub: an authorization request is checked, and then decided from the current state, each time the browser comes here. */

import { matchesRedirectUri } from '../applications/redirect-uri.ts';
import { type By, type EventDraft, happened } from '../audit/event.ts';
import type { MasterSecret } from '../lib/master-secret.ts';
import type { ConnectedFacts } from '../mail/letters.ts';
import type { MailDraft } from '../mail/mail.ts';
import type { PermissionIndex } from '../permissions/permission-set.ts';
import { PROOF_LASTS_MS } from '../sign-ins/sign-in.ts';
import type { AccountWithRole, MembersRead } from '../teams/member.ts';
import type { User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import { type ChecksPorts, type Client, checkRequest, type PageProblem, type Parameters } from './checks.ts';
import { CODE_LASTS_MS, makeCode } from './code.ts';
import { answerUri, destinationOf, isLoopbackOrPrivate } from './destination.ts';
import type { Allowance, GivenCode, Grant, GrantsStore } from './grant.ts';
import { isAssured, isProved, nextStep, type Present } from './next-step.ts';
import { type AuthorizationRequest, openRequest, sealRequest } from './request.ts';
import { mayAsk } from './scope.ts';

export interface AuthorizePorts extends ChecksPorts {
  readonly members: MembersRead;
  readonly grants: GrantsStore;
  readonly index: () => PermissionIndex;
  readonly issuer: string;
  readonly secret: MasterSecret;
  readonly secrets: readonly MasterSecret[];
  readonly composeConnected: (user: User, facts: ConnectedFacts) => MailDraft;
}

/** The user who is signed in with the browser that asks. */
export interface SignedInPerson {
  readonly id: number;
  readonly user: User;
  readonly provedAtMs: number;
}

/** Where the browser goes. `page`: one of ours, with the sealed request; `back`: to the application. */
export type Authorized =
  | {
      readonly go: 'page';
      readonly page: 'log-in' | 'register' | 'consent';
      readonly request: string;
      readonly loginHint: string | null;
    }
  | { readonly go: 'back'; readonly location: string }
  | { readonly go: 'nowhere'; readonly problem: PageProblem | 'request_over' };

export interface ConsentAsked {
  readonly client: Client;
  readonly destination: string;
  readonly isLocal: boolean;
  readonly accounts: readonly AccountWithRole[];
  readonly permissions: readonly {
    readonly name: string;
    readonly sentence: string;
    readonly isOptional: boolean;
    readonly isSensitive: boolean;
    /** The user left it out the last time. */
    readonly isDeclined: boolean;
  }[];
  readonly scopes: readonly string[];
  /** They allowed this application something before, and are asked again because other programs could pose as it. */
  readonly isAskedAgain: boolean;
}

export interface ConsentAnswer {
  readonly request: string;
  readonly isAllowed: boolean;
  readonly accountId: number | null;
  /** Null: all that were asked for. */
  readonly permissions: readonly string[] | null;
}

/** `GET /auth`. `person`: the user who is signed in with this browser. */
export async function authorize(
  ports: AuthorizePorts,
  parameters: Parameters,
  person: SignedInPerson | null,
  by: By,
): Promise<Authorized> {
  const checked = await checkRequest(ports, parameters);
  return checked.ok ? await decide(ports, checked.request, checked.client, person, by) : refusedBy(ports, checked);
}

/**
 * A form sent to `/auth` from elsewhere comes without the browser's cookies: it is checked and parked, and decided when the
 * browser comes by itself.
 */
export async function park(ports: AuthorizePorts, parameters: Parameters): Promise<{ readonly request: string } | Authorized> {
  const checked = await checkRequest(ports, parameters);
  return checked.ok ? { request: sealRequest(ports.secret, checked.request) } : refusedBy(ports, checked);
}

/** Decides a request that was parked. */
export async function resume(ports: AuthorizePorts, text: string, person: SignedInPerson | null, by: By): Promise<Authorized> {
  const parked = await reopen(ports, text);
  if (parked === null) return { go: 'nowhere', problem: 'request_over' };
  return await decide(ports, parked.request, parked.client, person, by);
}

/** What the consent page shows. `log_in`: it is about another user, or the user must give a proof again first. */
export async function askConsent(
  ports: AuthorizePorts,
  text: string,
  person: SignedInPerson,
): Promise<ConsentAsked | 'request_over' | 'log_in'> {
  const parked = await reopen(ports, text);
  if (parked === null) return 'request_over';
  const { request, client } = parked;
  if (!isProved(request, presentOf(person))) return 'log_in';
  const index = ports.index();
  const [newest] = await ports.grants.grantsOf({ userId: person.user.id, applicationId: client.id });
  return {
    client,
    destination: destinationOf(request.redirectUri),
    isLocal: isLoopbackOrPrivate(request.redirectUri),
    accounts: await accountsInOrder(ports, person, client),
    permissions: request.permissions.map((name) => ({
      name,
      sentence: index.sentenceOf(name),
      isOptional: client.optionalPermissions.includes(name),
      isSensitive: index.isSensitive(name),
      isDeclined: hasDeclined(newest ?? null, client, name),
    })),
    scopes: request.scopes,
    isAskedAgain: newest !== undefined && !isAssured(request, client),
  };
}

/**
 * Where the browser goes with the user's answer. `request_over`: it has waited too long, or the sign-in has ended. `beyond`: more
 * than was asked for, less than is possible, or for an account that is not theirs. `log_in`: as above; going directly to the page
 * does not bypass it. `proof_required`: it would grant something new, and the last proof is older than ten minutes.
 */
export async function answerConsent(
  ports: AuthorizePorts,
  { request: text, isAllowed, accountId, permissions }: ConsentAnswer,
  person: SignedInPerson,
  by: By,
): Promise<{ readonly location: string } | 'request_over' | 'log_in' | 'beyond' | 'proof_required'> {
  const parked = await reopen(ports, text);
  if (parked === null) return 'request_over';
  const { request, client } = parked;
  if (!isAllowed) return back(ports, request, { error: 'access_denied' });
  if (!isProved(request, presentOf(person))) return 'log_in';
  const accounts = await accountsInOrder(ports, person, client);
  const account = accountId === null ? accounts[0] : accounts.find(({ id }) => id === accountId);
  const allowed = [...new Set(permissions ?? request.permissions)];
  if (account === undefined || !isFit(allowed, request, client)) return 'beyond';
  // What it may ask for may have changed while the page was open.
  const stillAllowed = allowed.filter((name) => mayAsk(ports.index(), client, name));
  const given = await giveCode(ports, { request, client, person, by }, account, stillAllowed, 'asked');
  if (typeof given !== 'string') return given;
  return given === 'proof_required' ? given : 'request_over';
}

/** A parked request and its application, in their current state. */
async function reopen(ports: AuthorizePorts, text: string): Promise<{ request: AuthorizationRequest; client: Client } | null> {
  const request = openRequest(ports.secrets, text, ports.clock.now());
  const client = request === null ? null : await ports.applications.findClient(request.clientId);
  if (request === null || client === null) return null;
  // An address that was removed from the list in the meantime may belong to somebody else by now.
  return matchesRedirectUri(client.redirectUris, request.redirectUri) ? { request, client } : null;
}

async function decide(
  ports: AuthorizePorts,
  request: AuthorizationRequest,
  client: Client,
  person: SignedInPerson | null,
  by: By,
): Promise<Authorized> {
  const accounts = person === null ? [] : await activeAccountsOf(ports, person);
  const places = new Set(accounts.map(({ id }) => id));
  const all = person === null ? [] : await ports.grants.grantsOf({ userId: person.user.id, applicationId: client.id });
  const grants = all.filter(({ accountId }) => places.has(accountId));
  // All their accounts are suspended: nothing can be granted.
  if (person !== null && accounts.length === 0) return back(ports, request, { error: 'access_denied' });
  const next = nextStep({
    ...{ request, client, grants },
    present: person === null ? null : presentOf(person),
    accountIds: [...places],
  });
  switch (next.step) {
    case 'refuse':
      return back(ports, request, { error: next.error });
    case 'issue': {
      if (person === null) throw new Error('A code needs a user.');
      const grant = grants.find(({ accountId }) => accountId === next.accountId) ?? null;
      const allowed = request.permissions.filter((name) =>
        next.isAllowedAnew ? !hasDeclined(grant, client, name) && mayAsk(ports.index(), client, name) : holds(grant, name),
      );
      const account = accounts.find(({ id }) => id === next.accountId);
      if (account === undefined) throw new Error('A code needs an account of its user.');
      const how = next.isAllowedAnew ? 'unasked' : 'before';
      const given = await giveCode(ports, { request, client, person, by }, account, allowed, how);
      return typeof given === 'string' ? instead(ports, given, request) : given;
    }
    default:
      return pageOf(ports, next.step, request);
  }
}

const pageOf = (
  ports: AuthorizePorts,
  page: Extract<Authorized, { go: 'page' }>['page'],
  request: AuthorizationRequest,
): Authorized => ({
  ...{ go: 'page', page },
  request: sealRequest(ports.secret, request),
  loginHint: request.loginHint,
});

/** Where the browser goes if the act refused to write the code that was decided on. */
function instead(ports: AuthorizePorts, refused: Exclude<GivenCode, 'given'>, request: AuthorizationRequest): Authorized {
  const isSilent = request.prompt.includes('none');
  switch (refused) {
    case 'gone':
      return back(ports, request, { error: 'access_denied' });
    case 'proof_required':
      return isSilent ? back(ports, request, { error: 'login_required' }) : pageOf(ports, 'log-in', request);
    case 'changed':
      return isSilent ? { go: 'nowhere', problem: 'request_over' } : pageOf(ports, 'consent', request);
  }
}

interface Asking {
  readonly request: AuthorizationRequest;
  readonly client: Client;
  readonly person: SignedInPerson;
  readonly by: By;
}

/** `how`: allowed `before`; `unasked`, because the application is first-party; or `asked` on the consent page now. */
async function giveCode(
  ports: AuthorizePorts,
  { request, client, person, by }: Asking,
  account: AccountWithRole,
  permissions: readonly string[],
  how: 'before' | 'unasked' | 'asked',
): Promise<Extract<Authorized, { go: 'back' }> | Exclude<GivenCode, 'given'>> {
  const nowMs = ports.clock.now();
  const { text, hash } = makeCode();
  const { scopes, redirectUri, isRedirectUriNamed, challenge, nonce } = request;
  const { isSensitive } = ports.index();
  const given = await ports.grants.giveCode({
    ...{ userId: person.user.id, applicationId: client.id, accountId: account.id, signInId: person.id, nowMs },
    expects: { redirectUri, isVerified: permissions.some(isSensitive), isFirstParty: how === 'unasked' },
    allow: how === 'before' ? null : allowanceOf(ports, { request, client, person, by }, account, permissions),
    code: {
      hash,
      data: {
        ...{ applicationId: client.id, redirectUri, isRedirectUriNamed, challenge, permissions, scopes, nonce },
        ...{ signedInAtMs: person.provedAtMs, signInId: person.id },
      },
      endsAtMs: nowMs + CODE_LASTS_MS,
    },
  });
  return given === 'given' ? back(ports, request, { code: text }) : given;
}

function allowanceOf(
  ports: AuthorizePorts,
  { request, client, person, by }: Asking,
  account: AccountWithRole,
  permissions: readonly string[],
): Allowance {
  const atMs = ports.clock.now();
  const declined = request.permissions.filter((name) => !permissions.includes(name));
  const details = { application: client.name, client_id: client.clientId, permissions: [...permissions], declined };
  const eventOf = (event: 'grant.made' | 'grant.widened', mails: readonly MailDraft[]): EventDraft =>
    happened(by, atMs, event, { details, mails });
  const mailOf = (isWidened: boolean): MailDraft =>
    ports.composeConnected(person.user, {
      ...{ isWidened, application: client.name, owner: client.isFirstParty ? null : client.accountName },
      ...{ account: account.name, permissions, ...circumstancesOf(by, atMs) },
    });
  return {
    ...{ permissions, declined, scopes: request.scopes, provedSinceMs: atMs - PROOF_LASTS_MS },
    events: {
      granted: eventOf('grant.made', [mailOf(false)]),
      widened: eventOf('grant.widened', [mailOf(true)]),
      repeated: eventOf('grant.made', []),
    },
  };
}

/** Nothing can be granted in a suspended account; what was granted works again once it is resumed. */
async function activeAccountsOf(
  ports: AuthorizePorts,
  { user }: Pick<SignedInPerson, 'user'>,
): Promise<readonly AccountWithRole[]> {
  return (await ports.members.accountsOf(user)).filter(({ suspension }) => suspension === null);
}

/** The account that was granted last comes first. */
async function accountsInOrder(
  ports: AuthorizePorts,
  { user }: SignedInPerson,
  client: Client,
): Promise<readonly AccountWithRole[]> {
  const accounts = await activeAccountsOf(ports, { user });
  const [newest] = await ports.grants.grantsOf({ userId: user.id, applicationId: client.id });
  return [...accounts].sort((a, b) => Number(b.id === newest?.accountId) - Number(a.id === newest?.accountId));
}

/** Back to the application, with `state` and `iss` (RFC 9207). */
const back = (
  { issuer }: AuthorizePorts,
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  rest: Readonly<Record<string, string>>,
) => ({ go: 'back', location: answerUri(redirectUri, { ...rest, state, iss: issuer }) }) as const;

const refusedBy = (
  ports: AuthorizePorts,
  refused: Exclude<Awaited<ReturnType<typeof checkRequest>>, { ok: true }>,
): Authorized =>
  'show' in refused
    ? { go: 'nowhere', problem: refused.show }
    : back(ports, refused.back, { error: refused.error, error_description: refused.description });

const presentOf = ({ user, provedAtMs }: SignedInPerson): Present => ({ userId: user.id, provedAtMs });

const holds = (grant: Grant | null, name: string): boolean => grant?.permissions.includes(name) ?? false;

/** What a user left out stays out until they are asked again, even if the application is the operator's own. */
const hasDeclined = (grant: Grant | null, { optionalPermissions }: Client, name: string): boolean =>
  (grant?.declined.includes(name) ?? false) && optionalPermissions.includes(name);

/** Everything that was asked for, except what may be left out, and nothing else. */
const isFit = (allowed: readonly string[], request: AuthorizationRequest, client: Client): boolean =>
  allowed.every((name) => request.permissions.includes(name)) &&
  request.permissions.every((name) => allowed.includes(name) || client.optionalPermissions.includes(name));
