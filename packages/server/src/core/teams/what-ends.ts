/**
 * What ends with something that is about to be deleted, in addition to the thing itself: counted before a person confirms, in its
 * state at that moment.
 */

/** Counted up to this many; more are reported as this many. */
export const MAX_COUNTED = 10_000;

export interface WhatEnds {
  /** Active ones that have not expired. */
  readonly keys: number;
  readonly tokens: number;
  readonly jwts: number;
  readonly applications: number;
  /** Sessions of these applications, of any user. */
  readonly applicationSessions: number;
  /** Sessions that its users granted to applications of other accounts. */
  readonly sessions: number;
  /** Users who lose their membership of the team. */
  readonly members: number;
  /** Open ones: to the account, or sent by the user. */
  readonly invitations: number;
  /** Teams that the user leaves. */
  readonly teams: number;
  /** Browsers that the user is signed in with, this one included. */
  readonly signIns: number;
}

/** What is about to be deleted. */
export type ToBeDeleted =
  | { readonly what: 'account'; readonly accountId: number }
  | { readonly what: 'user'; readonly userId: number; readonly accountId: number }
  /** A membership. The invitations that they sent are listed by address elsewhere. */
  | { readonly what: 'member'; readonly userId: number; readonly accountId: number }
  | { readonly what: 'application'; readonly applicationId: number }
  | { readonly what: 'key'; readonly keyId: number };

/** Why a user cannot be deleted in the current state; the act decides. */
export interface InTheWay {
  /** The names of teams without another owner who could act; at most `MAX_TEAMS_NAMED`. */
  readonly onlyOwnerOf: readonly string[];
  readonly isLastAdministrator: boolean;
}

export const MAX_TEAMS_NAMED = 20;

export interface WhatEndsStore {
  inTheWayOf(userId: number): Promise<InTheWay>;
  whatEnds(subject: ToBeDeleted, nowMs: number): Promise<WhatEnds>;
}

export const NOTHING_ENDS: WhatEnds = {
  keys: 0,
  tokens: 0,
  jwts: 0,
  applications: 0,
  applicationSessions: 0,
  sessions: 0,
  members: 0,
  invitations: 0,
  teams: 0,
  signIns: 0,
};
