/**
 * What an authorization request needs now: decided again from the current state, each time the browser comes here. Steps never
 * lead to each other; all of them lead back here.
 */
import type { Client } from './checks.ts';
import { isLoopbackOrPrivate } from './destination.ts';
import type { Grant } from './grant.ts';
import type { AuthorizationRequest } from './request.ts';

/** Who is signed in with this browser. */
export interface Present {
  readonly userId: number;
  readonly provedAtMs: number;
}

export interface Situation {
  readonly request: AuthorizationRequest;
  readonly client: Pick<Client, 'isFirstParty' | 'kind' | 'optionalPermissions'>;
  readonly present: Present | null;
  /** The user's grants to this application in accounts where they are still a member, newest first. */
  readonly grants: readonly Grant[];
  /** Accounts that the user could grant for. */
  readonly accountIds: readonly number[];
}

export type NextStep =
  | { readonly step: 'log-in' | 'register' | 'consent' }
  /** `isAllowedAnew`: the user is not asked, because the application is the operator's own. */
  | { readonly step: 'issue'; readonly accountId: number; readonly isAllowedAnew: boolean }
  | { readonly step: 'refuse'; readonly error: 'login_required' | 'consent_required' };

export function nextStep({ request, client, present, grants, accountIds }: Situation): NextStep {
  const isSilent = request.prompt.includes('none');
  if (!isProved(request, present)) {
    if (isSilent) return { step: 'refuse', error: 'login_required' };
    return { step: request.prompt.includes('create') && present === null ? 'register' : 'log-in' };
  }
  const mustAsk = request.prompt.includes('consent') || request.prompt.includes('select_account') || !isAssured(request, client);
  const grant = grants.find((each) => covers(each, request, client));
  if (grant !== undefined && !mustAsk) return { step: 'issue', accountId: grant.accountId, isAllowedAnew: false };
  const accountId = grants[0]?.accountId ?? (accountIds.length === 1 ? accountIds[0] : undefined);
  if (accountId !== undefined && !mustAsk && client.isFirstParty) return { step: 'issue', accountId, isAllowedAnew: true };
  return isSilent ? { step: 'refuse', error: 'consent_required' } : { step: 'consent' };
}

/**
 * A user is signed in, the intended one, and recently enough. A proof that was given since the request came is always recent
 * enough.
 */
export function isProved({ prompt, maxAgeSeconds, hintedUserId, atMs }: AuthorizationRequest, present: Present | null): boolean {
  if (present === null) return false;
  if (hintedUserId !== null && hintedUserId !== present.userId) return false;
  if (prompt.includes('login') && present.provedAtMs < atMs) return false;
  return maxAgeSeconds === null || present.provedAtMs >= atMs - maxAgeSeconds * 1000;
}

/** What was left out once is not asked for again; it is not granted either. */
const covers = (grant: Grant, request: AuthorizationRequest, { optionalPermissions }: Situation['client']): boolean =>
  request.scopes.every((scope) => scope === 'offline_access' || grant.scopes.includes(scope)) &&
  request.permissions.every(
    (name) => grant.permissions.includes(name) || (grant.declined.includes(name) && optionalPermissions.includes(name)),
  );

/**
 * Whether only the application itself can use the answer. Any program on the machine can pose as a public application that uses a
 * loopback address or a private scheme, so users are asked each time as if they had allowed nothing before (RFC 8252 §8.6). A
 * claimed https address is safe, and so is a confidential application: a code is useless without its client secret or key.
 */
export const isAssured = ({ redirectUri }: Pick<AuthorizationRequest, 'redirectUri'>, { kind }: Pick<Client, 'kind'>): boolean =>
  kind === 'confidential' || !isLoopbackOrPrivate(redirectUri);
