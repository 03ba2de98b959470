/**
 * Badges are the operator's word on an application, given after a look at it. What they looked at is listed here; a change of any of it takes the
 * badges away in the act that changes it, until they look again.
 */
export const BADGES = ['verified', 'first_party'] as const;
export type Badge = (typeof BADGES)[number];

/**
 * What a badge vouches for. The limits on sessions and the client secret are none of it: nobody is shown them, and they lead nobody elsewhere. The kind
 * never changes.
 */
export const VOUCHED = [
  'name',
  'homePage',
  'logo',
  'redirectUris',
  'postLogoutRedirectUris',
  'permissions',
  'optionalPermissions',
  'ownPermissions',
  'jwks',
  'owner',
] as const;
export type Vouched = (typeof VOUCHED)[number];

/** What a change took away, and what has changed since the operator looked. */
export interface LostBadges {
  readonly badges: readonly Badge[];
  readonly changed: readonly Vouched[];
  /** When the first of them was lost. */
  readonly atMs: number;
}
