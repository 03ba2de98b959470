/** Opens a sign-in for a user who has proved who they are, and finds it again by its cookie. */

import { no, type Outcome, ok } from '@keyhouse/protocol';
import { type By, happened } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import type { Clock } from '../lib/clock.ts';
import type { User } from '../users/account.ts';
import { circumstancesOf } from '../users/circumstances.ts';
import { hashTicket, makeTicketText } from '../users/ticket.ts';
import type { SignInsPorts } from './ports.ts';
import { liveSince, type ProofMethod, type SignIn, type SignInsStore, type Through } from './sign-in.ts';

export type OpenSignInPorts = Pick<SignInsPorts, 'signIns' | 'compose' | 'clock'>;

export interface OpenSignInInput {
  readonly user: Pick<User, 'id' | 'email'>;
  readonly methods: readonly ProofMethod[];
  /** The hash that the password was verified against; null if it was another proof. */
  readonly passwordHash: string | null;
  /** The passkey or the identity that was used; nothing that is opened with it may outlive it. */
  readonly through?: Through | null;
  /** The hash of the network, as the sign-in limits know it; null if it is not to be remembered. */
  readonly addressHash: string | null;
  /** The browser's long-lived mark, from its cookie; null if it has none. */
  readonly browser: string | null;
  readonly by: By;
}

export interface OpenedSignIn {
  readonly signIn: SignIn;
  /** For the cookie of the sign-in, and for nothing else. */
  readonly secret: string;
  /** For the cookie that marks the browser. */
  readonly browser: string;
}

/**
 * The user is notified if they have never signed in with this browser before. `gone`: disabled, or what was verified is not valid
 * any more.
 */
export async function openSignIn(
  { signIns, compose, clock }: OpenSignInPorts,
  { user, methods, passwordHash, through = null, addressHash, browser: mark, by }: OpenSignInInput,
): Promise<Outcome<OpenedSignIn, 'gone'>> {
  const nowMs = clock.now();
  const { text, hash } = makeTicketText();
  const browser = mark ?? makeTicketText().text;
  const { known, first } = await signIns.knowsBrowser(user.id, hashTicket(browser));
  const isNews = !known && !first;
  const mail = compose('new-sign-in', { email: user.email, userId: user.id }, circumstancesOf(by, nowMs));
  const signIn = await signIns.openSignIn({
    signIn: {
      userId: user.id,
      hash,
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      provedAtMs: nowMs,
      methods,
      address: by.person.address ?? null,
      userAgent: by.person.userAgent ?? null,
    },
    passwordHash,
    through,
    browserHash: hashTicket(browser),
    addressHash,
    event: happened({ ...by, actor: `user:${user.id}`, authority: IN_THE_ACT }, nowMs, 'user.signed_in', {
      userId: user.id,
      details: { methods },
      mails: isNews ? [mail] : [],
    }),
  });
  return signIn === null ? no('gone') : ok({ signIn, secret: text, browser });
}

/** The sign-in of a cookie, with its user; null if it has ended for any reason. */
export function findSignIn(
  { signIns, clock }: { readonly signIns: Pick<SignInsStore, 'findSignIn'>; readonly clock: Clock },
  secret: string,
): Promise<{ signIn: SignIn; user: User } | null> {
  return signIns.findSignIn(hashTicket(secret), liveSince(clock.now()));
}

/** This many are listed; the ceiling of new ones is the same, but there may be more from before the ceiling existed. */
export const MAX_LISTED_SIGN_INS = 100;

/** The newest sign-ins of a user, and whether there are more. */
export async function listSignIns(
  { signIns, clock }: { readonly signIns: Pick<SignInsStore, 'listSignIns'>; readonly clock: Clock },
  userId: number,
): Promise<{ readonly signIns: readonly SignIn[]; readonly hasMore: boolean }> {
  const found = await signIns.listSignIns(userId, liveSince(clock.now()), MAX_LISTED_SIGN_INS + 1);
  return { signIns: found.slice(0, MAX_LISTED_SIGN_INS), hasMore: found.length > MAX_LISTED_SIGN_INS };
}
