/**
 * Badges say that the operator has looked at an application and vouches for it. What the operator looked at is listed here. A
 * change of any of it takes the badges away, in the same act, until the operator looks again.
 */
export const BADGES = ['verified', 'first_party'] as const;
export type Badge = (typeof BADGES)[number];

/**
 * What a badge vouches for. Not the limits on sessions, the client secret and the algorithm of ID tokens: users never see them,
 * and they send nobody elsewhere. The kind never changes.
 */
export const VOUCHED = [
  'name',
  'homePage',
  'logo',
  'redirectUris',
  'postLogoutRedirectUris',
  'allowsSchemesWithoutDot',
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
