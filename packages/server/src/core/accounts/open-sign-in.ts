/** Opens a sign-in for somebody who has proved who they are, and finds it again by its cookie. */
import type { By } from '../audit/event.ts';
import type { Clock } from '../lib/clock.ts';
import { no, type Outcome, ok } from '../lib/outcome.ts';
import type { User } from './account.ts';
import { type ProofMethod, SIGN_IN_IDLE_MS, SIGN_IN_MAX_MS, type SignIn, type SignInsStore } from './sign-in.ts';
import { hashTicket, makeTicketText } from './ticket.ts';

interface Ports {
  readonly signIns: Pick<SignInsStore, 'openSignIn' | 'findSignIn'>;
  readonly clock: Clock;
}

export interface OpenSignInInput {
  readonly user: Pick<User, 'id'>;
  readonly methods: readonly ProofMethod[];
  /** The hash that the password was verified against; null when it was another proof. */
  readonly passwordHash: string | null;
  /** The hash of the place, as the sign-in limits know it; null when it is not to be remembered. */
  readonly addressHash: string | null;
  /** The browser's long-lived mark, as its cookie holds it; null when it has none. */
  readonly browser: string | null;
  readonly by: By;
}

/** The secrets are for two cookies of the browser, and for nothing else. `gone`: disabled, or another password by now. */
export async function openSignIn(
  { signIns, clock }: Ports,
  input: OpenSignInInput,
): Promise<Outcome<{ signIn: SignIn; secret: string; browser: string }, 'gone'>> {
  const nowMs = clock.now();
  const { text, hash } = makeTicketText();
  const browser = input.browser ?? makeTicketText().text;
  const signIn = await signIns.openSignIn({
    signIn: {
      userId: input.user.id,
      hash,
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      provedAtMs: nowMs,
      methods: input.methods,
      address: input.by.person.address ?? null,
      userAgent: input.by.person.userAgent ?? null,
    },
    passwordHash: input.passwordHash,
    browserHash: hashTicket(browser),
    addressHash: input.addressHash,
    event: {
      event: 'user.signed_in',
      atMs: nowMs,
      by: { ...input.by, actor: `user:${input.user.id}` },
      userId: input.user.id,
      details: { methods: input.methods },
    },
  });
  return signIn === null ? no('gone') : ok({ signIn, secret: text, browser });
}

/** The sign-in that a cookie stands for, with its user; null when it has ended in whatever way. */
export function findSignIn({ signIns, clock }: Ports, secret: string): Promise<{ signIn: SignIn; user: User } | null> {
  return signIns.findSignIn(hashTicket(secret), liveSince(clock.now()));
}

/** The idle and the absolute end, as the store asks for them. */
export const liveSince = (nowMs: number): { seenMs: number; createdMs: number } => ({
  seenMs: nowMs - SIGN_IN_IDLE_MS,
  createdMs: nowMs - SIGN_IN_MAX_MS,
});
