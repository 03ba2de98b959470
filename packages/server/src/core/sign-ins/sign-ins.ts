/**
 * Signing in and up: a browser that is signed in to the dashboard, and every way to get there. Password, second step, passkey,
 * registration, the first administrator's setup link, reset by mail, and the proof that it is still the same person.
 *
 * Owns: sign-ins (the cookie's row), limits on attempts (`sign-in-limits.ts`), passwords of users. Hashing belongs to
 * `passwords`, passkeys and codes to `factors`, other OpenID providers to `providers`. Tokens that a log-in by API gives are
 * `credentials`.
 * Used by: `/dashboard/api/{state,register,log-in,…}`, `/dashboard/api/me`, `keyhouse user`.
 */
import type { By, PersonalData } from '../audit/event.ts';
import { passkeyOptions } from '../factors/passkeys.ts';
import { emailKey } from '../lib/email.ts';
import type { User } from '../users/account.ts';
import { profileEvent } from '../users/profile-event.ts';
import { fateOfLink, hashTicket, type LinkFate, type LinkPurpose } from '../users/ticket.ts';
import { askForReset, changePassword, findReset, readReset, resetWithTicket } from './change-password.ts';
import type { Ending } from './ending.ts';
import { findSignIn, listSignIns, type OpenSignInInput, openSignIn } from './open-sign-in.ts';
import type { SignInsPorts } from './ports.ts';
import { proofMethodsOf, proveWithPasskey, proveWithPassword } from './prove-again.ts';
import { resetPassword } from './reset-password.ts';
import {
  forgetStep,
  passkeyStepOptions,
  signInWithCode,
  signInWithPasskey,
  signInWithPassword,
  waitingStep,
} from './sign-in-browser.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import { createSetupTicket, setUp, signUp } from './sign-up.ts';

export type SignIns = ReturnType<typeof bindSignIns>;

export function bindSignIns(ports: SignInsPorts) {
  const { clock, signIns, tickets, log } = ports;
  /** An invalid address has no key, so it is limited by the raw text. */
  const admitMail = (to: string, by: By): ReturnType<SignInLimits['admitMail']> =>
    ports.limits.admitMail(emailKey(to) || to, by.person.address ?? null);

  return {
    /** Who may register. */
    signup: ports.signup,
    signUp: (input: Parameters<typeof signUp>[1]) => signUp(ports, input),
    setUp: (input: Parameters<typeof setUp>[1]) => setUp(ports, input),
    createSetupTicket: (): Promise<string | null> => createSetupTicket(ports),
    /** Whether the server has an administrator, and so no setup link any more. */
    isSetUp: async (): Promise<boolean> => (await ports.accounts.countAdministrators()) > 0,
    isSetupTicket: async (ticket: string): Promise<boolean> =>
      (await tickets.findTicket('setup', hashTicket(ticket), clock.now())) !== null,
    fateOfLink: (purpose: LinkPurpose, ticket: string): Promise<LinkFate> => fateOfLink(ports, purpose, ticket),

    signInWithPassword: (input: Parameters<typeof signInWithPassword>[1]) => signInWithPassword(ports, input),
    signInWithCode: (input: Parameters<typeof signInWithCode>[1]) => signInWithCode(ports, input),
    signInWithPasskey: (input: Parameters<typeof signInWithPasskey>[1]) => signInWithPasskey(ports, input),
    waitingStep: (step: string | null) => waitingStep(ports, step),
    passkeyStepOptions: (step: string | null) => passkeyStepOptions(ports, step),
    forgetStep: (step: string) => forgetStep(ports, step),

    proveWithPassword: (user: User, signInId: number, password: string, by: By) =>
      proveWithPassword(ports, user, signInId, password, by),
    proveWithPasskey: (user: User, signInId: number, response: unknown, by: By) =>
      proveWithPasskey(ports, user, signInId, response, by),
    passkeyProofOptions: (user: User) => passkeyOptions(ports, 'proof', user.id),
    proofMethods: (user: User) => proofMethodsOf(ports, user),

    open: (input: OpenSignInInput) => openSignIn(ports, input),
    find: (secret: string) => findSignIn(ports, secret),
    list: (userId: number) => listSignIns(ports, userId),
    /** The caller does not wait for it: it is only shown in the list of sign-ins. */
    see: (id: number, person: PersonalData): void => {
      const { address, userAgent } = { address: null, userAgent: null, ...person };
      signIns
        .seeSignIn({ id, nowMs: clock.now(), address, userAgent })
        .catch((error: unknown) => log.warn({ err: error }, 'The time of the last use of a sign-in could not be stored.'));
    },
    /** One of them, or all except the one that asks. Returns how many ended. */
    end: (user: User, which: ({ id: number } | { exceptId: number }) & { withSessions: boolean }, by: By): Promise<number> => {
      const nowMs = clock.now();
      const event = profileEvent(by, nowMs, 'user.sign_ins_ended', user);
      return signIns.endSignIns({ userId: user.id, ...which, nowMs, event });
    },
    signOut: (user: User, id: number, by: By): Promise<number> => {
      const nowMs = clock.now();
      const event = profileEvent(by, nowMs, 'user.signed_out', user);
      return signIns.endSignIns({ userId: user.id, id, nowMs, event });
    },

    changePassword: (user: User, signInId: number, password: string, by: By) =>
      changePassword(ports, user, signInId, password, by),
    /** What a new password of this user would end. */
    readEnding: (userId: number): Promise<Ending> => ports.profile.readEnding({ userId, all: false, nowMs: clock.now() }),
    /** On the operator's order. */
    resetPassword: (input: Parameters<typeof resetPassword>[1]) => resetPassword(ports, input),
    admitMail,
    /** Gives the same answer in the same time whether the user exists or not: the mail is written after the answer. */
    requestReset: async (email: string, by: By): ReturnType<SignInLimits['admitMail']> => {
      const admission = await admitMail(email, by);
      if (!admission.ok) return admission;
      const user = await ports.accounts.findUserByEmail(emailKey(email));
      if (user !== null && user.disabledAtMs === null) {
        // Composing and sealing take time too: not before the answer was sent.
        setImmediate(() =>
          askForReset(ports, user, by).catch((error: unknown) =>
            log.error({ err: error }, 'An email with a password reset link could not be created.'),
          ),
        );
      }
      return { ok: true };
    },
    findReset: (ticket: string) => findReset(ports, ticket),
    readReset: (user: User) => readReset(ports, user),
    resetWithTicket: (ticket: string, password: string, by: By) => resetWithTicket(ports, ticket, password, by),
  };
}
