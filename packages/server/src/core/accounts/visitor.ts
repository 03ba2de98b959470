/** What a browser asks for before, and while, somebody is signed in with it: the verbs bound to their ports. */

import type { By } from '../audit/event.ts';
import { IN_THE_ACT } from '../authority.ts';
import type { Log } from '../lib/log.ts';
import type { User } from './account.ts';
import { findFirstProof } from './adopt.ts';
import { type CameIn, type ComeInInput, type ComeInPorts, comeIn, makeSetupTicket, setUp } from './come-in.ts';
import { emailKey } from './email.ts';
import type { Ending } from './ending.ts';
import { type EnterPorts, enterWithCode, enterWithPassword, findStep, finish, type SecondFactor, secondStepOf } from './enter.ts';
import { listSignIns, type OpenedSignIn } from './open-sign-in.ts';
import { type OwnPorts, ownVerbs } from './own.ts';
import { checkPasskey, newPasskeyOptions, passkeyOptions } from './passkeys.ts';
import { noteFailure, type ProofFailure, provePassword } from './prove-password.ts';
import { endTrip, enterWithFirstProof, startTrip } from './provider.ts';
import type { Provider } from './provider-port.ts';
import type { ProofMethod } from './sign-in.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import { fateOfLink, hashTicket, type LinkFate, type LinkPurpose } from './ticket.ts';

export interface VisitorPorts extends EnterPorts, OwnPorts, Omit<ComeInPorts, 'sendVerification' | 'accounts'> {
  readonly accounts: EnterPorts['accounts'] & OwnPorts['accounts'];
  readonly signIns: OwnPorts['signIns'];
  readonly limits: SignInLimits;
  readonly providers: readonly Provider[];
  readonly log: Log;
}

export interface WaitingFirstProof {
  readonly email: string;
  /** As people call it. */
  readonly provider: string;
  readonly ending: Ending;
  /** It ends too. */
  readonly hasPassword: boolean;
}

export function visitorVerbs(ports: VisitorPorts) {
  const own = ownVerbs(ports);
  /** With a registration, which stands whether or not the mail could be written: the page offers to send it again. */
  const sendFirstVerification = (user: User, by: By): Promise<void> =>
    own
      .sendVerification(user, { ...by, actor: `user:${user.id}`, authority: IN_THE_ACT })
      .then(() => {})
      .catch((error: unknown) => ports.log.error({ err: error }, 'The mail that proves an address could not be written.'));
  const comeInPorts: ComeInPorts = { ...ports, sendVerification: sendFirstVerification };
  const providerPorts = { ...ports, sendFirstVerification };
  const { clock, tickets } = ports;

  /**
   * Records that the person has proved again who they are. The act checks what it was proved with: a password that was changed in between, or a
   * passkey that was removed, proves nothing. False: that, or the sign-in has ended.
   */
  const prove = (
    user: User,
    signInId: number,
    shown: { readonly passwordHash: string } | { readonly passkey: string },
    by: By,
  ): Promise<boolean> => {
    const method: ProofMethod = 'passkey' in shown ? 'passkey' : 'password';
    return ports.signIns.proveSignIn({
      id: signInId,
      userId: user.id,
      passwordHash: 'passkey' in shown ? null : shown.passwordHash,
      through: 'passkey' in shown ? shown : null,
      nowMs: clock.now(),
      event: { event: 'user.proved_again', atMs: clock.now(), by, userId: user.id, details: { method } },
    });
  };

  /** What is no address has no key; by its own text it is still limited like any other. */
  const limitMails = (to: string, by: By) => ports.limits.admitMail(emailKey(to) || to, by.person.address ?? null);

  return {
    ...own,
    sendFirstVerification,
    signup: ports.signup,
    /** Other OpenID providers that people may sign in with. */
    providers: ports.providers,

    comeIn: (input: ComeInInput & { invitation: string | null }): Promise<CameIn> => comeIn(comeInPorts, input),
    setUp: (input: ComeInInput & { ticket: string }): Promise<CameIn> => setUp(comeInPorts, input),
    makeSetupTicket: (): Promise<string | null> => makeSetupTicket(ports),
    /** Whether the server has an administrator, and so no setup link any more. */
    isSetUp: async (): Promise<boolean> => (await ports.accounts.countAdministrators()) > 0,
    fateOfLink: (purpose: LinkPurpose, ticket: string): Promise<LinkFate> => fateOfLink(ports, purpose, ticket),
    isSetupTicket: async (ticket: string): Promise<boolean> =>
      (await tickets.findTicket('setup', hashTicket(ticket), clock.now())) !== null,

    enterWithPassword: (input: Parameters<typeof enterWithPassword>[1]) => enterWithPassword(ports, input),
    enterWithCode: (input: Parameters<typeof enterWithCode>[1]) => enterWithCode(ports, input),

    startTrip: (input: Parameters<typeof startTrip>[1]) => startTrip(providerPorts, input),
    endTrip: (input: Parameters<typeof endTrip>[1]) => endTrip(providerPorts, input),
    /** Ends a first step that waits for its second, or for its confirmation. */
    async forgetStep(step: string): Promise<void> {
      for (const purpose of ['second-factor', 'first-proof'] as const)
        await tickets.redeemTicket({ purpose, hash: hashTicket(step), nowMs: clock.now() });
    },
    /** The first proof that waits to be confirmed, and what it would end; null if none waits. */
    async waitingFirstProof(step: string | null): Promise<WaitingFirstProof | null> {
      const found = step === null ? null : await findFirstProof(ports, step);
      if (found === null) return null;
      const { user, provider } = found;
      const [ending, passwordHash] = await Promise.all([
        ports.profile.readEnding({ userId: user.id, all: true, nowMs: clock.now() }),
        ports.profile.findPasswordHash(user.id),
      ]);
      return { email: user.email, provider: provider.name, ending, hasPassword: passwordHash !== null };
    },
    enterWithFirstProof: (input: Parameters<typeof enterWithFirstProof>[1]) => enterWithFirstProof(providerPorts, input),
    /** What the second step can be, where one waits; null where none does. */
    async waitingStep(step: string | null): Promise<readonly SecondFactor[] | null> {
      const waiting = step === null ? null : await findStep(ports, step);
      return waiting === null ? null : await secondStepOf(ports.factors, waiting.user);
    },
    /** `step`: the one whose second step it is; null or over: whoever has a passkey. */
    async passkeyStepOptions(step: string | null) {
      const waiting = step === null ? null : await findStep(ports, step);
      return await passkeyOptions(ports, 'log-in', waiting?.user.id ?? null);
    },
    /** A passkey proves possession and the person: it is both steps at once. Null for everything that does not hold. */
    async enterWithPasskey(input: {
      step: string | null;
      response: unknown;
      browser: string | null;
      by: By;
    }): Promise<OpenedSignIn | null> {
      const waiting = input.step === null ? null : await findStep(ports, input.step);
      const passkey = await checkPasskey(ports, 'log-in', waiting?.user.id ?? null, input.response);
      const user = passkey === null ? null : await ports.accounts.findUser(passkey.userId);
      if (passkey === null || user === null) {
        noteFailure(ports, waiting?.user ?? null, input.by, 'wrong-passkey');
        return null;
      }
      if (waiting !== null && input.step !== null) {
        const redeemed = await tickets.redeemTicket({
          purpose: 'second-factor',
          hash: hashTicket(input.step),
          nowMs: clock.now(),
        });
        if (redeemed === null) return null;
      }
      const methods: ProofMethod[] =
        waiting === null ? ['passkey'] : [waiting.passwordHash === null ? 'provider' : 'password', 'passkey'];
      const through = { passkey: passkey.id };
      const proved = { user, passwordHash: waiting?.passwordHash ?? null, through, addressHash: null };
      const { result } = await finish(ports, proved, methods, input);
      return result.ok && result.next === 'done' ? result.opened : null;
    },

    /** True when it is the user's password; counted and limited like a log-in. */
    async proveAgain(user: User, signInId: number, password: string, by: By): Promise<true | ProofFailure> {
      return await provePassword<true | ProofFailure>(ports, { email: user.email, password, by }, async (proved) => {
        const isTheirs = proved.user.id === user.id && (await prove(user, signInId, proved, by));
        return isTheirs ? { failed: false, result: true } : { failed: true, result: { ok: false, reason: 'no-match' } };
      });
    },
    newPasskeyOptions: (user: User) => newPasskeyOptions(ports, user),
    passkeyProofOptions: (user: User) => passkeyOptions(ports, 'proof', user.id),
    async proveWithPasskey(user: User, signInId: number, response: unknown, by: By): Promise<boolean> {
      const passkey = await checkPasskey(ports, 'proof', user.id, response);
      return passkey !== null && (await prove(user, signInId, { passkey: passkey.id }, by));
    },
    async proofMethods(user: User): Promise<readonly ('password' | 'passkey' | 'provider')[]> {
      const [hash, passkeys, identities] = await Promise.all([
        ports.profile.findPasswordHash(user.id),
        ports.factors.listPasskeys(user.id),
        ports.factors.listIdentities(user.id),
      ]);
      return [
        ...(hash === null ? [] : (['password'] as const)),
        ...(passkeys.length === 0 ? [] : (['passkey'] as const)),
        // One that the operator took out of the settings proves nothing any more.
        ...(identities.some(({ provider }) => ports.providers.some(({ id }) => id === provider)) ? (['provider'] as const) : []),
      ];
    },

    listSignIns: (userId: number) => listSignIns(ports, userId),

    limitMails,
    /** Answers alike, and as fast, whether there is such a user or not: the mail is written behind the answer. */
    async forgot(email: string, by: By): ReturnType<SignInLimits['admitMail']> {
      const admission = await limitMails(email, by);
      if (!admission.ok) return admission;
      const user = await ports.accounts.findUserByEmail(emailKey(email));
      if (user !== null && user.disabledAtMs === null) {
        // Composing and sealing take time too: not before the answer has left.
        setImmediate(() =>
          own
            .askForReset(user, by)
            .catch((error: unknown) => ports.log.error({ err: error }, 'A reset mail could not be written.')),
        );
      }
      return { ok: true };
    },
  };
}
