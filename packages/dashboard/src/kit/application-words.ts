/** The names of an application's badges, and what it means that they were lost. */
import type { Api } from '../lib/ask.ts';

type Lost = NonNullable<Api['GET /accounts/:account/applications/:id']['answer']['application']['lost_badges']>;
type BadgeName = Lost['badges'][number];
type VouchedName = Lost['changed'][number];

export const BADGE_WORDS: Readonly<Record<BadgeName, string>> = { verified: 'verified', first_party: 'first-party' };
const VOUCHED_WORDS: Readonly<Record<VouchedName, string>> = {
  name: 'name',
  home_page: 'home page',
  logo: 'logo',
  redirect_uris: 'redirect URIs',
  post_logout_redirect_uris: 'pages after sign-out',
  allows_schemes_without_dot: 'schemes without a dot',
  permissions: 'permissions',
  optional_permissions: 'optional permissions',
  own_permissions: 'permissions of its own',
  jwks: 'public keys',
  owner: 'the account that owns it, or its owners',
};

export const listed = (names: readonly string[]): string => names.join(' and ');

export const applicationWords = {
  verified: 'Verified',
  firstParty: 'First-party',
  lostTitle: (badges: readonly BadgeName[]): string => `No longer ${listed(badges.map((badge) => BADGE_WORDS[badge]))}`,
  lost: (changed: readonly VouchedName[]): string =>
    `Changed since the operator reviewed it: ${changed.map((what) => VOUCHED_WORDS[what]).join(', ')}.`,
} as const;
