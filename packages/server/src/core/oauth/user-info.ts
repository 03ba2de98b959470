/**
 * What an application learns about a user, from userinfo and from ID tokens: the claims of the scopes that were granted (OpenID
 * Connect Core §5.3, §5.4), and no more.
 */

import { userClaim } from '@keyhouse/protocol';
import { SECOND_MS } from '../lib/clock.ts';
import type { User } from '../users/account.ts';

export interface UserInfo {
  readonly sub: string;
  readonly name?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly updated_at?: number;
  readonly email?: string;
  readonly email_verified?: boolean;
}

/** Whether these scopes reveal more of a user than `sub`. */
export const asksForUserInfo = (scopes: readonly string[]): boolean => scopes.includes('profile') || scopes.includes('email');

/** Names that are not set are left out (§5.3.2). */
export function userInfoOf(user: User, scopes: readonly string[]): UserInfo {
  return {
    sub: userClaim(user.id),
    ...(scopes.includes('profile') ? profileOf(user) : {}),
    ...(scopes.includes('email') ? { email: user.email, email_verified: user.emailVerifiedAtMs !== null } : {}),
  };
}

const profileOf = ({ displayName, firstName, lastName, updatedAtMs }: User) => ({
  ...(displayName === '' ? {} : { name: displayName }),
  ...(firstName === '' ? {} : { given_name: firstName }),
  ...(lastName === '' ? {} : { family_name: lastName }),
  updated_at: Math.floor(updatedAtMs / SECOND_MS),
});
